// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * An owner changes the roster: payloads are signed, units whose members leave get new keys, and every seat that opens gets its
 * sealed seed, in one request that stands whole or not at all (spec/roster.md, section 6).
 */
import { type Bytes, base64, equal, hex, idFromUuid, uuidFromId } from '../../seal/bytes';
import { boxPreviousSeed, sealEpochSeed } from '../../seal/epoch';
import { epochKeys, newSeed } from '../../seal/keys';
import { PublicKey, type SigningKey } from '../../seal/primitives';
import type { Roster } from '../../seal/roster';
import { kemKid, type Epoch, type Member, type NewRoot, type Notifier, type Removal, type SignedEvent } from '../../seal/roster_events';
import { Refused } from '../../wire/problem';
import type { Id } from '../../wire/types';
import type { OpenDesk } from '../desk/unlock';
import { renewDesk } from '../desk/units';
import { postRoster, type RosterBatch } from './routes';

export type Step = Member | Removal | NewRoot | Notifier;

/** What is wanted, judged anew on each roster it is tried on. Null: it is so already. */
export type Wanted = (roster: Roster) => { steps: readonly Step[]; names?: RosterBatch['units']; turn?: readonly Bytes[] } | null;

const ROUNDS_MAX = 3;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const has = (member: Member, unit: Bytes): boolean => member.units.some((one) => equal(one, unit));

/** The member with these units, in the order that events are written in. */
export function withUnits(member: Member, units: readonly Bytes[]): Member {
  const sorted = [...new Map(units.map((unit) => [hex(unit), unit]))].sort(([a], [b]) => compare(a, b));
  return { ...member, units: sorted.map(([, unit]) => unit) };
}

function membersAfter(roster: Roster, steps: readonly Step[]): Member[] {
  const members = new Map(roster.members.map((member) => [hex(member.id), member]));
  for (const step of steps) {
    if (step.kind === 'member') members.set(hex(step.id), step);
    else if (step.kind === 'removal') members.delete(hex(step.id));
  }
  return [...members.values()];
}

/** Seats that open: who is in a unit now and was not before. */
function joining(roster: Roster, after: readonly Member[], unit: Bytes): Member[] {
  return after.filter((member) => has(member, unit) && !roster.membersOf(unit).some((one) => equal(one.id, member.id)));
}

const leaving = (roster: Roster, after: readonly Member[], unit: Bytes): boolean =>
  roster.membersOf(unit).some((member) => !after.some((one) => equal(one.id, member.id) && has(one, unit)));

/** Who writes a batch: `sign` signs steps and epochs, `root` the steps instead where the paper does; `units` are the keys they hold. */
export interface Author {
  roster: Roster;
  units: OpenDesk['units'];
  sign: SigningKey;
  root?: SigningKey;
}

interface NewKeys {
  event: Epoch;
  seeds: RosterBatch['seeds'];
  previous: RosterBatch['previous'];
}

async function newKeys({ roster, units }: Author, unit: Bytes, members: readonly Member[]): Promise<NewKeys> {
  const place = { instance: roster.instance, practice: roster.practice, unit };
  const name = uuidFromId(unit);
  const e = (roster.units.find((one) => equal(one.unit, unit))?.e ?? 0) + 1;
  const seed = newSeed();
  const keys = await epochKeys(seed);
  const sorted = members.map((member) => ({ kid: kemKid(member), member })).sort((a, b) => compare(hex(a.kid), hex(b.kid)));
  const event: Epoch = { kind: 'epoch', unit, e, pk: keys.kem.publicKey, kidRec: keys.record.kid, members: sorted.map(({ kid }) => kid) };
  const seeds = await Promise.all(sorted.map(async ({ kid, member }) => (
    { unit: name, epoch: e, kid: base64(kid), bytes: base64(await sealEpochSeed(place, e, seed, new PublicKey(member.kemPk))) }
  )));
  const before = units.get(name)?.[0];
  const boxed = before !== undefined && before.epoch.e === e - 1 ? [{ unit: name, epoch: e, bytes: base64(await boxPreviousSeed(place, e, seed, before.seed)) }] : [];
  return { event, seeds, previous: boxed };
}

/** The batch for these steps on the desk's roster. A unit turns when somebody leaves it, when asked, and when its seed is not ours to give. */
export async function compose(author: Author, steps: readonly Step[], names: RosterBatch['units'] = [], turn: readonly Bytes[] = []): Promise<RosterBatch> {
  const { roster } = author;
  const after = membersAfter(roster, steps);
  const known = new Map(roster.units.map(({ unit }) => [hex(unit), unit]));
  const units = new Map(after.flatMap((member) => member.units).map((unit) => [hex(unit), unit]));
  const batch: RosterBatch = { events: [], seeds: [], previous: [], units: names };
  const epochs: Epoch[] = [];
  for (const [key, unit] of new Map([...known, ...units])) {
    const members = after.filter((member) => has(member, unit));
    if (members.length === 0) continue;
    const newcomers = joining(roster, after, unit);
    const mine = author.units.get(uuidFromId(unit))?.[0];
    const due = !known.has(key) || roster.membersOf(unit).length === 0 || leaving(roster, after, unit) || turn.some((one) => equal(one, unit)) || (newcomers.length > 0 && mine === undefined);
    if (due) {
      const made = await newKeys(author, unit, members);
      epochs.push(made.event);
      batch.seeds.push(...made.seeds);
      batch.previous.push(...made.previous);
    } else if (mine !== undefined) {
      const place = { instance: roster.instance, practice: roster.practice, unit };
      batch.seeds.push(...await Promise.all(newcomers.map(async (member) => ({
        unit: uuidFromId(unit), epoch: mine.epoch.e, kid: base64(kemKid(member)),
        bytes: base64(await sealEpochSeed(place, mine.epoch.e, mine.seed, new PublicKey(member.kemPk))),
      }))));
    }
  }
  batch.events = (await signAll(author, steps, epochs)).map(({ event, signature }) => ({ event: base64(event), sig: base64(signature) }));
  return batch;
}

async function signAll({ roster, sign, root }: Author, steps: readonly Step[], epochs: readonly Epoch[]): Promise<SignedEvent[]> {
  const events: SignedEvent[] = [];
  // Events that stand together are proved together: only the first follows the roster's own head.
  let { seq, head } = roster;
  const payloads = [...steps.map((payload) => [payload, root ?? sign] as const), ...epochs.map((payload) => [payload, sign] as const)];
  for (const [payload, key] of payloads) {
    const signed = await roster.signAfter(seq, head, payload, key);
    events.push(signed.event);
    seq += 1;
    head = signed.head;
  }
  await roster.extend(events);
  return events;
}

/**
 * Makes it so: signs on the present roster, sends, and on a roster that has moved on reads it and judges anew. The desk holds the new
 * keys afterwards. Answers false where nothing was to do. Throws Refused, WrongPractice, NoAnswer, NotNow.
 */
export async function changeRoster(desk: OpenDesk, wanted: Wanted): Promise<boolean> {
  for (let round = 0; ; round += 1) {
    const now = wanted(desk.trusted.roster);
    if (now === null) return false;
    const author = { roster: desk.trusted.roster, units: desk.units, sign: desk.user.sign };
    const batch = await compose(author, now.steps, now.names, now.turn);
    try {
      await postRoster(desk.practice.practice, batch);
      await renewDesk(desk);
      return true;
    } catch (error) {
      if (!(error instanceof Refused) || !error.is('stale_roster') || round >= ROUNDS_MAX) throw error;
      await renewDesk(desk);
    }
  }
}

const idOf = (member: Id): Bytes => idFromUuid(member);

/** Without this member, and with new keys of every unit they were in. */
export const remove = (member: Id): Wanted => (roster) =>
  roster.member(idOf(member)) === null ? null : { steps: [{ kind: 'removal', id: idOf(member) }] };

/** New keys of a unit, nobody leaving: what is done once a year. */
export const turnKeys = (unit: Id): Wanted => {
  let before: number | null = null;
  return (roster) => {
    const { e } = roster.epoch(idFromUuid(unit));
    before ??= e;
    return e > before ? null : { steps: [], turn: [idFromUuid(unit)] };
  };
};

/** What a member is here: their role, and the units they read. */
export interface Seat {
  role: Member['role'];
  units: readonly Id[];
}

/**
 * Another role, other units than `seen`, which the owner had before them. Where somebody changed it meanwhile theirs stands, and this one
 * is refused: Refused (stale_roster, or no_such_member).
 */
export const assign = (member: Id, seen: Seat, next: Seat): Wanted => (roster) => {
  const stands = roster.member(idOf(member));
  if (stands === null) throw new Refused('no_such_member', 404, {});
  const is = ({ role, units }: Seat) => {
    const wanted = withUnits({ ...stands, role }, units.map(idFromUuid));
    return role === stands.role && wanted.units.length === stands.units.length && wanted.units.every((unit) => has(stands, unit));
  };
  if (is(next)) return null;
  if (!is(seen)) throw new Refused('stale_roster', 409, {});
  return { steps: [withUnits({ ...stands, role: next.role }, next.units.map(idFromUuid))] };
};

/** A new unit, of these members. */
export const addUnit = (unit: Id, name: string, members: readonly Id[]): Wanted => (roster) => {
  if (roster.units.some((one) => equal(one.unit, idFromUuid(unit)))) return null;
  const steps = members.flatMap((id) => {
    const member = roster.member(idOf(id));
    return member === null ? [] : [withUnits(member, [...member.units, idFromUuid(unit)])];
  });
  return { steps, names: [{ unit, name }] };
};
