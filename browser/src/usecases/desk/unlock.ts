// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Sign-in and unlock in one gesture: the name and password give what the server checks and, with its share, the secret
 * that opens the member's seed here. Neither the password nor anything that opens a letter leaves this browser.
 */
import { base64, fromBase64, idFromUuid, type Bytes } from '../../seal/bytes';
import type { OpenEpoch } from '../../seal/epoch';
import { SealError } from '../../seal/errors';
import { userKeys, type UserKeys } from '../../seal/keys';
import type { Keyring } from '../../seal/record';
import { METHODS, openUnlock, passwordFind, StretchedPassword } from '../../seal/unlock';
import type { Base64, Id } from '../../wire/types';
import { readyToSeal } from '../sealing';
import { pin, trustPractice, WrongPractice, type Trusted } from '../trust';
import { postSignIn, readHouse, type House, type Membership } from './routes';
import { NoKey, openUnits } from './units';

export { NoKey };

/** The account belongs to no practice. Nothing was opened; an owner can add it again. */
export class NoPractice extends Error {}

/** Somebody who has signed in: their own keys, in memory alone, and the practices they belong to. */
export interface Entered {
  user: UserKeys;
  practices: readonly Membership[];
}

/** What an unlocked desk holds, in memory alone: forgotten at lock, at reload, with the tab. */
export interface OpenDesk {
  practice: Membership;
  /** All of the member's practices, this one too. */
  practices: readonly Membership[];
  instance: string;
  house: House;
  trusted: Trusted;
  user: UserKeys;
  /** Open epochs of each unit this member reads, the present one first; by the unit's UUID. */
  units: ReadonlyMap<Id, readonly OpenEpoch[]>;
  ring: Keyring;
  /** kids of all keys in `ring`: which stanzas to ask for. */
  kids: readonly Base64[];
}

async function memberSeed(instance: string, name: string, password: string): Promise<{ seed: Bytes; practices: Membership[] }> {
  const [find, stretched] = await Promise.all([passwordFind(instance, name), StretchedPassword.of(instance, name, password)]);
  const answer = await postSignIn(base64(find), base64(stretched.auth));
  const box = answer.unlocks.find(({ method }) => method === METHODS.password);
  if (box === undefined) throw new NoKey();
  const place = {
    instance, user: idFromUuid(answer.account), method: 'password' as const, credential: fromBase64(box.credential), version: box.version,
  };
  const seed = await openUnlock(place, stretched.secret(fromBase64(answer.share)), fromBase64(box.bytes));
  return { seed, practices: answer.practices };
}

/** Opens the desk of one of the member's practices. Throws NoKey, WrongPractice, Refused, NoAnswer, NotNow. */
export async function openPractice({ user, practices }: Entered, practice: Membership): Promise<OpenDesk> {
  const house = await readHouse(practice.practice);
  const trusted = await trustPractice({ practice: practice.practice, slug: practice.slug, fingerprint: house.fingerprint }, null);
  try {
    const opened = await openUnits(trusted, practice.practice, practice.member, user);
    // An owner may belong to no unit: a centre's, who changes members and reads no patient.
    const { units } = trusted.roster.member(idFromUuid(practice.member))!;
    if (opened.units.size === 0 && units.length > 0) throw new NoKey();
    pin(practice.practice, trusted);
    return { practice, practices, instance: trusted.roster.instance, house, trusted, user, ...opened };
  } catch (error) {
    if (error instanceof SealError) throw new WrongPractice({ cause: error });
    throw error;
  }
}

/**
 * Signs in and opens the member's own keys. About a second, most of it Argon2id beside the page.
 * Throws Refused (wrong_log_in, password_closed), NoPractice, NoKey, NoAnswer, NotNow.
 */
export async function enter(instance: string, name: string, password: string): Promise<Entered> {
  await readyToSeal();
  const { seed, practices } = await memberSeed(instance, name, password);
  if (practices.length === 0) throw new NoPractice();
  return { user: await userKeys(seed), practices };
}

/** The practice to open without asking: the only one, or the one that the page's address names. */
export function obviousPractice({ practices }: Entered, slug: string | null): Membership | null {
  return practices.find((one) => one.slug === slug) ?? (practices.length === 1 ? practices[0]! : null);
}
