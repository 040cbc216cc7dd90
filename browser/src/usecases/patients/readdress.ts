// SPDX-License-Identifier: AGPL-3.0-or-later
/** A card's number or e-mail changed, and appointments to come still bear another one: which of them, and what they would take over. */
import type { Contact } from '../../seal/groups';
import type { CardContent } from '../../seal/people';
import type { Visit } from '../desk/model';
import { readContact } from '../desk/reveal';
import type { OpenDesk } from '../desk/unlock';

export interface Address {
  phone: string;
  email: string;
}

/** What a card says now and did not say before; null: nothing. What was only taken off it changes no appointment. */
export function newAddress(before: Pick<CardContent, 'phone' | 'email'>, after: Pick<CardContent, 'phone' | 'email'>): Partial<Address> | null {
  const told: Partial<Address> = {};
  if (after.phone !== null && after.phone !== before.phone) told.phone = after.phone;
  if (after.email !== null && after.email !== before.email) told.email = after.email;
  return told.phone === undefined && told.email === undefined ? null : told;
}

/** What an appointment takes over of it; null: nothing. Who gave a number alone is not sent e-mails for it. */
export function takenOver({ phone, email }: Pick<Contact, 'phone' | 'email'>, told: Partial<Address>): Partial<Address> | null {
  const taken: Partial<Address> = {};
  if (told.phone !== undefined && told.phone !== phone) taken.phone = told.phone;
  if (told.email !== undefined && told.email !== email && (email !== null || phone === null)) taken.email = told.email;
  return taken.phone === undefined && taken.email === undefined ? null : taken;
}

/** An appointment to come that bears another address than the card. */
export interface Otherwise {
  visit: Visit;
  contact: Contact;
  taken: Partial<Address>;
}

/** Opens the contact of each of these appointments. Throws SealError, Refused, NoAnswer, NotNow. */
export async function otherwise(desk: OpenDesk, visits: readonly Visit[], told: Partial<Address>): Promise<Otherwise[]> {
  const found: Otherwise[] = [];
  for (const visit of visits) {
    const contact = await readContact(desk, visit.record, visit.rev);
    const taken = takenOver(contact, told);
    if (taken !== null) found.push({ visit, contact, taken });
  }
  return found;
}
