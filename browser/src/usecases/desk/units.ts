// SPDX-License-Identifier: AGPL-3.0-or-later
/** A member's units, opened by their own keys, and opened anew when the practice's roster has moved on. */
import { base64, equal, fromBase64, hex, idFromUuid, uuidFromId } from '../../seal/bytes';
import { boxPreviousSeed, openEpochSeed, openPreviousSeed, type OpenEpoch } from '../../seal/epoch';
import { Altered, SealError, Unaddressed } from '../../seal/errors';
import type { UserKeys } from '../../seal/keys';
import { keyring, type Keyring } from '../../seal/record';
import type { Roster } from '../../seal/roster';
import { readEvent, type Epoch } from '../../seal/roster_events';
import type { Base64, Id } from '../../wire/types';
import { pin, readChain, renewTrust, WrongPractice, type Trusted } from '../trust';
import { postPrevious, readSeeds, type Seeds } from './routes';
import type { OpenDesk } from './unlock';

/** The member holds no key of this practice. Hours and types can be seen, nothing can be opened; an owner can give a key. */
export class NoKey extends Error {}

/** Each unit's open epochs, the present one first, and the keys they make. */
export interface OpenUnits {
  units: ReadonlyMap<Id, readonly OpenEpoch[]>;
  ring: Keyring;
  kids: readonly Base64[];
}

/** A removed or exchanged key is never used: the member's two public keys must be the verified roster's. */
function checkMember(roster: Roster, member: Id, user: UserKeys): void {
  const told = roster.member(idFromUuid(member));
  if (told === null) throw new NoKey();
  if (!equal(told.kemPk, user.kem.publicKey) || !equal(told.signPk, user.sign.publicKey)) throw new Altered('member keys');
}

const epochKey = (unit: Id, e: number): string => `${unit} ${e}`;

/** Every event 4 there ever was: a seed is used only if it fits its own. */
async function allEpochs(practice: Id): Promise<Map<string, Epoch>> {
  const epochs = new Map<string, Epoch>();
  for (const { event } of await readChain(practice)) {
    const { payload } = readEvent(event);
    if (payload.kind === 'epoch') epochs.set(epochKey(uuidFromId(payload.unit), payload.e), payload);
  }
  return epochs;
}

/** The first of these that opens to what the roster names; null if none does. */
async function firstThatFits(tries: readonly (() => Promise<OpenEpoch>)[]): Promise<OpenEpoch | null> {
  for (const attempt of tries) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
    }
  }
  return null;
}

/**
 * A unit's epochs, newest first, each seed checked against event 4 before it is used. Where no box of an earlier seed opens (the keys
 * were turned by an owner outside the unit, or a member stored what is none) the member's own copy does, and is boxed for those who
 * come later. Where that fails too the way back ends there: what is older stays sealed, and the desk opens.
 */
async function openUnit(trusted: Trusted, practice: Id, unit: Id, seeds: Seeds, user: UserKeys): Promise<OpenEpoch[]> {
  const { roster } = trusted;
  const place = { instance: roster.instance, practice: roster.practice, unit: idFromUuid(unit) };
  const present = roster.epoch(place.unit);
  const mine = (e: number) => seeds.seeds.find((seed) => seed.unit === unit && seed.epoch === e && equal(fromBase64(seed.kid), user.kem.kid));
  const own = mine(present.e);
  if (own === undefined) return [];
  const open = [await openEpochSeed(place, present, fromBase64(own.bytes), user.kem)];
  if (present.e === 1) return open;
  const epochs = await allEpochs(practice);
  for (let newest = open[0]!; newest.epoch.e > 1; newest = open.at(-1)!) {
    const { e } = newest.epoch;
    const before = epochs.get(epochKey(unit, e - 1));
    if (before === undefined) break;
    const boxes = seeds.previous.filter((one) => one.unit === unit && one.epoch === e);
    const boxed = await firstThatFits(boxes.map(({ bytes }) => () => openPreviousSeed(place, newest, before, fromBase64(bytes))));
    if (boxed !== null) open.push(boxed);
    else {
      const copy = mine(e - 1);
      const found = copy === undefined ? null : await firstThatFits([() => openEpochSeed(place, before, fromBase64(copy.bytes), user.kem)]);
      if (found === null) break;
      open.push(found);
      const box = await boxPreviousSeed(place, e, newest.seed, found.seed);
      // Whoever opens the desk next tries again: nothing here waits for it.
      await postPrevious(practice, [{ unit, epoch: e, bytes: base64(box) }]).catch(() => undefined);
    }
  }
  return open;
}

/** Opens all of a member's units. Throws NoKey, Altered and what the wire throws. */
export async function openUnits(trusted: Trusted, practice: Id, member: Id, user: UserKeys): Promise<OpenUnits> {
  const { roster } = trusted;
  checkMember(roster, member, user);
  const seeds = await readSeeds(practice);
  const held = new Set(roster.units.map(({ unit }) => hex(unit)));
  const units = new Map<Id, OpenEpoch[]>();
  for (const unit of roster.member(idFromUuid(member))!.units) {
    const open = held.has(hex(unit)) ? await openUnit(trusted, practice, uuidFromId(unit), seeds, user) : [];
    if (open.length > 0) units.set(uuidFromId(unit), open);
  }
  const keys = [...units.values()].flat().flatMap(({ keys: each }) => [each.record, each.kem]);
  return { units, ring: keyring(...keys), kids: keys.map(({ kid }) => base64(kid)) };
}

/**
 * Takes the roster as it is now into an open desk, which must extend the one it had, and opens the units' present keys; the desk's
 * `renewed` hears of it. Answers whether another stands than that of `seen`, the event under which the asker began: where it was taken up
 * meanwhile, nothing is asked. Throws WrongPractice, NoKey, Refused, NoAnswer, NotNow.
 */
export async function renewDesk(desk: OpenDesk, seen = desk.trusted.roster.seq): Promise<boolean> {
  if (desk.trusted.roster.seq === seen) await takeUp(desk);
  return desk.trusted.roster.seq !== seen;
}

async function takeUp(desk: OpenDesk): Promise<void> {
  const trusted = await renewTrust(desk.trusted);
  const isNewer = () => trusted.roster.seq > desk.trusted.roster.seq;
  if (!isNewer()) return;
  try {
    const opened = await openUnits(trusted, desk.practice.practice, desk.practice.member, desk.user);
    // Whoever asked at the same time may have been quicker, with an answer as new or newer.
    if (!isNewer()) return;
    pin(desk.practice.practice, trusted);
    desk.trusted = trusted;
    Object.assign(desk, opened);
  } catch (error) {
    if (error instanceof SealError) throw new WrongPractice({ cause: error });
    throw error;
  }
  desk.renewed?.();
}

/**
 * Does what opens a record; once more under the present keys where none of ours opens it: a colleague's desk may have wrapped it anew
 * since this one read the roster. Throws what `deed` throws.
 */
export async function underPresentKeys<Answer>(desk: OpenDesk, deed: () => Promise<Answer>): Promise<Answer> {
  const { seq } = desk.trusted.roster;
  try {
    return await deed();
  } catch (error) {
    if (!(error instanceof Unaddressed) || !(await renewDesk(desk, seq))) throw error;
    return await deed();
  }
}
