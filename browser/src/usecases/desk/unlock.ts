// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Sign-in and unlock in one gesture: the name and password give what the server checks and, with its share, the secret
 * that opens the member's seed here. Neither the password nor anything that opens a letter leaves this browser.
 */
import { base64, equal, fromBase64, hex, idFromUuid, uuidFromId, type Bytes } from '../../seal/bytes';
import { openEpochSeed, openPreviousSeed, type OpenEpoch } from '../../seal/epoch';
import { Altered, SealError } from '../../seal/errors';
import { userKeys, type UserKeys } from '../../seal/keys';
import { keyring, type Keyring } from '../../seal/record';
import type { Roster } from '../../seal/roster';
import { readEvent, type Epoch } from '../../seal/roster_events';
import { METHODS, openUnlock, passwordFind, StretchedPassword } from '../../seal/unlock';
import { readRoster } from '../../wire/patient';
import type { Base64, Id } from '../../wire/types';
import { readyToSeal } from '../sealing';
import { pin, trustPractice, WrongPractice, type Trusted } from '../trust';
import { postSignIn, readHouse, readSeeds, type House, type Membership, type Seeds } from './routes';

/** The account belongs to no practice. Nothing was opened; an owner can add it again. */
export class NoPractice extends Error {}

/** The member holds no key of this practice. Hours and types can be seen, nothing can be opened; an owner can give a key. */
export class NoKey extends Error {}

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

/** A removed or exchanged key is never used: the member's two public keys must be the verified roster's. */
function checkMember(roster: Roster, member: Id, user: UserKeys): void {
  const told = roster.member(idFromUuid(member));
  if (told === null) throw new NoKey();
  if (!equal(told.kemPk, user.kem.publicKey) || !equal(told.signPk, user.sign.publicKey)) throw new Altered('member keys');
}

async function pastEpochs(practice: Id): Promise<Map<string, Epoch>> {
  const { events } = await readRoster(practice);
  const epochs = new Map<string, Epoch>();
  for (const { event } of events) {
    const { payload } = readEvent(fromBase64(event));
    if (payload.kind === 'epoch') epochs.set(`${hex(payload.unit)} ${payload.e}`, payload);
  }
  return epochs;
}

/** A unit's epochs, newest first, each seed checked against event 4 before it is used. */
async function openUnit(trusted: Trusted, practice: Id, unit: Id, seeds: Seeds, user: UserKeys): Promise<OpenEpoch[]> {
  const { roster } = trusted;
  const place = { instance: roster.instance, practice: roster.practice, unit: idFromUuid(unit) };
  const present = roster.epoch(place.unit);
  const mine = seeds.seeds.find((seed) => seed.unit === unit && seed.epoch === present.e && equal(fromBase64(seed.kid), user.kem.kid));
  if (mine === undefined) return [];
  const open = [await openEpochSeed(place, present, fromBase64(mine.bytes), user.kem)];
  if (present.e === 1) return open;
  const past = await pastEpochs(practice);
  for (let newest = open[0]!; newest.epoch.e > 1; newest = open.at(-1)!) {
    const boxed = seeds.previous.find((one) => one.unit === unit && one.epoch === newest.epoch.e);
    const before = past.get(`${hex(place.unit)} ${newest.epoch.e - 1}`);
    if (boxed === undefined || before === undefined) break;
    open.push(await openPreviousSeed(place, newest, before, fromBase64(boxed.bytes)));
  }
  return open;
}

/** Opens the desk of one of the member's practices. Throws NoKey, WrongPractice, Refused, NoAnswer, NotNow. */
export async function openPractice({ user, practices }: Entered, practice: Membership): Promise<OpenDesk> {
  const [house, seeds] = await Promise.all([readHouse(practice.practice), readSeeds(practice.practice)]);
  const trusted = await trustPractice({ practice: practice.practice, slug: practice.slug, fingerprint: house.fingerprint }, null);
  try {
    const { roster } = trusted;
    checkMember(roster, practice.member, user);
    const units = new Map<Id, OpenEpoch[]>();
    for (const unit of roster.member(idFromUuid(practice.member))!.units.map(uuidFromId)) {
      const open = await openUnit(trusted, practice.practice, unit, seeds, user);
      if (open.length > 0) units.set(unit, open);
    }
    if (units.size === 0) throw new NoKey();
    const keys = [...units.values()].flat().flatMap(({ keys }) => [keys.record, keys.kem]);
    pin(practice.practice, trusted);
    return {
      practice, practices, instance: roster.instance, house, trusted, user, units, ring: keyring(...keys), kids: keys.map(({ kid }) => base64(kid)),
    };
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
