// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Sign-in and unlock in one gesture: the name and password give what the server checks and, with its share, the secret
 * that opens the member's seed here. Neither the password nor anything that opens a letter leaves this browser.
 */
import { idFromUuid } from '../../seal/bytes';
import type { OpenEpoch } from '../../seal/epoch';
import { SealError } from '../../seal/errors';
import type { UserKeys } from '../../seal/keys';
import type { Keyring } from '../../seal/record';
import type { Base64, Id } from '../../wire/types';
import { type Account, NoBox, openByPasskey, openByPassword } from '../account/account';
import { readPaper } from '../account/paper';
import { pin, trustPractice, WrongPractice, type Trusted } from '../trust';
import type { Away } from '../account/routes';
import { readHouse, type House, type Membership } from './routes';
import { NoKey, openUnits } from './units';

export { NoKey };

/** The account belongs to no practice. Nothing was opened; an owner can add it again. */
export class NoPractice extends Error {}

/** They stayed away too long from every practice they belong to: an owner brings them back. Nothing was opened. */
export class AwayTooLong extends Error {
  constructor(readonly from: readonly Away[]) {
    super('away');
  }
}

/** Somebody who has signed in: their own keys, in memory alone, and the practices they belong to. */
export interface Entered {
  user: UserKeys;
  practices: readonly Membership[];
  /** Where they were away too long. */
  dormant: readonly Away[];
}

/** What an unlocked desk holds, in memory alone: forgotten at lock, at reload, with the tab. */
export interface OpenDesk {
  practice: Membership;
  /** All of the member's practices, this one too. */
  practices: readonly Membership[];
  dormant: readonly Away[];
  instance: string;
  house: House;
  trusted: Trusted;
  user: UserKeys;
  /** Open epochs of each unit this member reads, the present one first; by the unit's UUID. */
  units: ReadonlyMap<Id, readonly OpenEpoch[]>;
  ring: Keyring;
  /** kids of all keys in `ring`: which stanzas to ask for. */
  kids: readonly Base64[];
  /** Hears that `renewDesk` has taken up another roster, whoever asked for it. */
  renewed?: () => void;
}

/** Opens the desk of one of the member's practices. Throws NoKey, WrongPractice, Refused, NoAnswer, NotNow. */
export async function openPractice({ user, practices, dormant }: Entered, practice: Membership): Promise<OpenDesk> {
  const house = await readHouse(practice.practice);
  const trusted = await trustPractice({ practice: practice.practice, slug: practice.slug, fingerprint: house.fingerprint }, null);
  try {
    const opened = await openUnits(trusted, practice.practice, practice.member, user);
    // An owner may belong to no unit: a centre's, who changes members and reads no patient.
    const { units } = trusted.roster.member(idFromUuid(practice.member))!;
    if (opened.units.size === 0 && units.length > 0) throw new NoKey();
    pin(practice.practice, trusted);
    return { practice, practices, dormant, instance: trusted.roster.instance, house, trusted, user, ...opened };
  } catch (error) {
    if (error instanceof SealError) throw new WrongPractice({ cause: error });
    throw error;
  }
}

/** An account that was opened, as one of a practice's. Throws NoPractice, AwayTooLong. */
export function asMember({ user, practices, dormant }: Account): Entered {
  if (practices.length === 0) throw dormant.length > 0 ? new AwayTooLong(dormant) : new NoPractice();
  return { user, practices, dormant };
}

async function entering(opening: Promise<Account>): Promise<Entered> {
  try {
    return asMember(await opening);
  } catch (error) {
    if (error instanceof NoBox) throw new NoKey();
    throw error;
  }
}

/**
 * Signs in and opens the member's own keys. About a second, most of it Argon2id beside the page. On a machine that is new to the account
 * `code`, the printed one as it was typed, is needed too.
 * Throws Refused (wrong_log_in, password_closed, new_device, no_such_code), NotThatPaper, NoPractice, AwayTooLong, NoKey, NoAnswer, NotNow.
 */
export async function enter(instance: string, name: string, password: string, code: string | null = null): Promise<Entered> {
  return await entering(openByPassword(instance, name, password, code === null ? null : readPaper('recovery', code)));
}

/** The same by a passkey. Throws PasskeyDeclined, PasskeyWithoutSecret, Refused (passkey_refused), NoPractice, AwayTooLong, NoKey. */
export async function enterByPasskey(instance: string): Promise<Entered> {
  return await entering(openByPasskey(instance));
}

/** The practice to open without asking: the only one, or the one that the page's address names; none if that one is closed to them. */
export function obviousPractice({ practices, dormant }: Entered, slug: string | null): Membership | null {
  if (dormant.some((one) => one.slug === slug)) return null;
  return practices.find((one) => one.slug === slug) ?? (practices.length === 1 ? practices[0]! : null);
}
