/** Where a code may go, and when: what a page needs to know before the code that seals is there. */
import type { Contact } from '../seal/groups';
import type { Address } from '../seal/phone_check';
import type { AgendaView } from '../wire/types';

/** The addresses that may be checked, the phone first. */
export function addressesOf({ check }: Pick<AgendaView, 'check'>, { phone, email }: Pick<Contact, 'phone' | 'email'>): Address[] {
  const said: Address[] = [];
  if (check !== 'none' && phone !== null) said.push({ kind: 'phone', address: phone });
  if (check === 'any' && email !== null) said.push({ kind: 'mail', address: email });
  return said;
}

/** 01 to 05 and 09, and overseas their landlines: rung, since an SMS does not reach them, by their own clock (notifier/numbers.py). */
const LANDLINES = [
  [/^\+33[1-59]/, 'Europe/Paris'], [/^\+262262/, 'Indian/Reunion'], [/^\+262269/, 'Indian/Mayotte'], [/^\+590590/, 'America/Guadeloupe'],
  [/^\+594594/, 'America/Cayenne'], [/^\+596596/, 'America/Martinique'],
] as const;
/** A phone at home does not ring at night. */
const RINGS_FROM = 8;
const RINGS_UNTIL = 20;

const zoneOf = (phone: string): string | undefined => LANDLINES.find(([begins]) => begins.test(phone))?.[1];

export const isLandline = ({ kind, address }: Address): boolean => kind === 'phone' && zoneOf(address) !== undefined;

/** Whether a code may go there now (milliseconds since 1970): at a landline, not at night. */
export function mayReach({ kind, address }: Address, now: number): boolean {
  const zone = kind === 'phone' ? zoneOf(address) : undefined;
  if (zone === undefined) return true;
  const hour = Number(new Intl.DateTimeFormat('en', { timeZone: zone, hour: 'numeric', hourCycle: 'h23' }).format(now));
  return hour >= RINGS_FROM && hour < RINGS_UNTIL;
}
