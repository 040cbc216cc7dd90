// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Messages follow what is decided at the desk: those not sent yet are replaced on the capsule that stands, by whoever opens the identity,
 * and nobody opens a contact for it. Which appointments are still to be steered is noted in this browser before they are cancelled: a
 * tab that closes between the two leaves its notices to the desk that opens here next. The note says record ids, and which were accepted.
 */
import { type Bytes, base64, fromBase64 } from '../../seal/bytes';
import { SealError } from '../../seal/errors';
import { carriedLetterId, fromT, openMessage, type Message } from '../../seal/messages';
import type { Replacement } from '../../wire/messages';
import { NoAnswer, Refused } from '../../wire/problem';
import type { Id, Status } from '../../wire/types';
import { now } from '../clock';
import { MINUTE } from './days';
import { sealMessages, type Telling } from '../messages/place';
import { GRACE_MINUTES, type Heard, type PlannedMessage, noticeGoes, planBooked, planCancelled, planLetter, planRestored } from '../messages/plan';
import type { Identity } from './model';
import { identityOf } from './open_records';
import { readGroups } from './reveal';
import { type MessageTold, REPLACED_MAX, postMessagesRead, postReplacements } from './message_routes';
import { isOutage } from './routes';
import { tellingOf } from './telling';
import type { OpenDesk } from './unlock';

const ROUNDS_MAX = 4;
const STORED = 'serment.untold.';
/** Behind the id of a request that was accepted. */
const ACCEPTED = ' accepted';
const NOTED_MAX = 500;
/** A notice that goes within so many seconds may go although it is replaced: the notifier holds it, or has not looked yet. */
const UNSTOPPED_SECONDS = 60;

/** An appointment whose messages are to follow what it is now. */
export interface Steered {
  record: Id;
  identity: Identity | null;
  agenda: Id;
  visitType: Id;
  start: number;
  status: Status;
  /** Of one that stands: a request that was just accepted, told at once. */
  accepted?: boolean;
}

/** What is planned now, by record; null where the appointment has no messages, none is wanted, or it does not open here. */
export type Told = ReadonlyMap<Id, readonly PlannedMessage[] | null>;

// ------------------------------------------------------------------ what is still to be done

const nameOf = (practice: Id) => `${STORED}${practice}`;

/** Whose messages are still to follow; `accepted` as in Steered. */
export interface Owed {
  record: Id;
  accepted: boolean;
}

function noted(practice: Id): Owed[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(nameOf(practice)) ?? '[]');
    return Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string').map((one) => ({ record: one.replace(ACCEPTED, ''), accepted: one.endsWith(ACCEPTED) })) : [];
  } catch {
    return [];
  }
}

function note(practice: Id, all: readonly Owed[]): void {
  try {
    if (all.length === 0) localStorage.removeItem(nameOf(practice));
    else localStorage.setItem(nameOf(practice), JSON.stringify(all.slice(-NOTED_MAX).map(({ record, accepted }) => (accepted ? record + ACCEPTED : record))));
  } catch {
    // Storage full or forbidden: it lasts as long as the request that follows.
  }
}

/** Before these are cancelled, or whatever else their patients are told of. An acceptance that was owed before stays owed. */
export function oweTo({ practice: { practice } }: OpenDesk, records: readonly Id[], accepted = false): void {
  const all = new Map(noted(practice).map((one) => [one.record, one]));
  for (const record of records) all.set(record, { record, accepted: accepted || all.get(record)?.accepted === true });
  note(practice, [...all.values()]);
}

/** They are told, or there was nothing to tell. */
export function owedNoMore({ practice: { practice } }: OpenDesk, records: readonly Id[]): void {
  const done = new Set(records);
  note(practice, noted(practice).filter(({ record }) => !done.has(record)));
}

/** Appointments whose patients an earlier tab, or a broken line, left untold. */
export function owed({ practice: { practice } }: OpenDesk): readonly Owed[] {
  return noted(practice);
}

/** One of them as it is now; null where it is gone or does not open here. Throws NoAnswer, NotNow, Refused (signed_out). */
export async function readSteered(desk: OpenDesk, record: Id, accepted = false): Promise<(Steered & { rev: number }) | null> {
  try {
    const { row, groups } = await readGroups(desk, record, null, ['id'], 'messages');
    const { slot, status, rev } = row;
    return { record, rev, identity: identityOf(groups), agenda: slot.agenda, visitType: slot.visit_type, start: Date.parse(slot.start) / 1000, status, accepted };
  } catch (error) {
    if (error instanceof SealError || (error instanceof Refused && error.is('no_such_appointment'))) return null;
    throw error;
  }
}

// ------------------------------------------------------------------ steering

type Read = Pick<MessageTold, 'set' | 'result'> & PlannedMessage;

/** Of a letter the id is kept: whoever plans it on plans the same message. */
const withId = (message: Message, mid: Bytes): Pick<PlannedMessage, 'message' | 'mid'> => (message.kind === 'letter' ? { message, mid } : { message });

export function readAll(desk: OpenDesk, { t, h }: Identity['steering'], messages: readonly MessageTold[]): Promise<Read[]> {
  return Promise.all(messages.map(async (one) => {
    const place = { instance: desk.instance, h, mid: fromBase64(one.mid), sendDay: one.send_day, set: one.set };
    return { set: one.set, result: one.result, sendDay: one.send_day, ...withId(await openMessage(place, fromT(t).messageKey, fromBase64(one.message)), place.mid) };
  }));
}

/**
 * What somebody may have been told. What is about to go counts where it would tell other than what is so now (`over`: that the visit is
 * cancelled), since it may be past stopping; it is no proof that anybody was told the truth.
 */
function heardOf(all: readonly Read[], over: boolean, at: number): Heard & { confirmed: boolean } {
  const said = all.filter(({ message }) => message.kind !== 'letter').filter(({ result, message }) => (result === 'planned'
    ? (message.kind === 'cancelled') !== over && noticeGoes(message) <= at + UNSTOPPED_SECONDS
    : result !== 'dropped'));
  // The last word holds: a cancellation that was taken back, and told so, may be told again.
  const last = Math.max(...said.map(({ set }) => set));
  const cancelled = said.some(({ set, message }) => set === last && message.kind === 'cancelled');
  return {
    cancelled,
    confirmed: !cancelled && said.some(({ message }) => message.kind === 'booked'),
    reminded: said.filter(({ message }) => message.kind === 'reminder').map(({ sendDay }) => sendDay),
  };
}

/** What fits it as it is now; null where that is planned already, and is not to go twice. */
function planOf(desk: OpenDesk, one: Steered, all: readonly Read[], standing: readonly Read[]): PlannedMessage[] | null {
  if (one.status === 'requested') return [];
  const over = one.status === 'cancelled' || one.status === 'refused';
  if (standing.some(({ message: { kind } }) => kind === (over ? 'cancelled' : 'booked'))) return null;
  const { zone, silent, reminds } = tellingOf(desk, one, () => []);
  const visit = { start: one.start, zone, silent, reminds };
  const at = now();
  const heard = heardOf(all, over, at);
  if (over) return heard.cancelled ? [] : planCancelled(visit, at);
  if (one.accepted !== true) return planRestored(visit, at, heard);
  return planBooked(visit, at, { confirm: true }).filter(({ message }) => message.kind !== 'booked' || !heard.confirmed);
}

/** Sent once more when no answer came: the same bytes get the same answer. */
export async function send(desk: OpenDesk, replacements: readonly Replacement[]): Promise<void> {
  try {
    await postReplacements(desk.practice.practice, replacements);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    await postReplacements(desk.practice.practice, replacements);
  }
}

interface Openable extends Steered {
  identity: Identity;
}

async function steerSome(desk: OpenDesk, some: readonly Openable[]): Promise<Map<Id, PlannedMessage[] | null>> {
  for (let round = 0; ; round += 1) {
    const { handles } = await postMessagesRead(desk.practice.practice, some.map(({ identity }) => base64(identity.steering.h)));
    const planned = new Map<Id, PlannedMessage[] | null>();
    const replacements: Replacement[] = [];
    for (const [nth, one] of some.entries()) {
      const told = handles[nth];
      planned.set(one.record, null);
      if (told === undefined || told.set === null) continue;
      const { steering: { t, h } } = one.identity;
      const all = await readAll(desk, one.identity.steering, told.messages);
      const standing = all.filter(({ result, set }) => result === 'planned' && set === told.set);
      const plan = planOf(desk, one, all, standing);
      planned.set(one.record, one.identity.quiet ? null : (plan ?? standing));
      if (plan === null) continue;
      const set = told.set + 1;
      const letters = standing.filter(({ message }) => message.kind === 'letter');
      replacements.push({ h: told.h, write: base64(fromT(t).write), set, messages: await sealMessages(desk.instance, h, t, set, [...plan, ...letters]) });
    }
    if (replacements.length === 0) return planned;
    try {
      await send(desk, replacements);
      return planned;
    } catch (error) {
      // Somebody else steered one of them, or took it away, since they were read.
      const changed = error instanceof Refused && (error.is('stale_set') || error.is('no_such_messages'));
      if (!changed || round >= ROUNDS_MAX) throw error;
    }
  }
}

/** What goes on with an appointment that is sealed anew. */
export interface Carried {
  /** What is planned and not sent, as it was planned; no letter's message. */
  planned: PlannedMessage[];
  /** When a letter's message was to go that has not gone, or did not arrive and nobody saw to it: UTC seconds. Null: there is none. */
  letter: number | null;
}

/** Read before the appointment's messages go with its old revision. Throws Altered, Refused, NoAnswer, NotNow. */
export async function readCarried(desk: OpenDesk, steering: Identity['steering']): Promise<Carried> {
  const [told] = (await postMessagesRead(desk.practice.practice, [base64(steering.h)])).handles;
  const owing = (told?.messages ?? []).filter(({ result, set, seen_to: seenTo }) => (result === 'planned' ? set === told?.set : !seenTo && (result === 'undelivered' || result === 'dropped')));
  const all = await readAll(desk, steering, owing);
  const letters = all.filter(({ message }) => message.kind === 'letter').map(({ message }) => message.notBefore);
  return { planned: all.filter(({ result, message }) => result === 'planned' && message.kind !== 'letter'), letter: letters.length === 0 ? null : Math.max(...letters) };
}

/** The plan, and beside it the letter's message that goes on; `t` is the new revision's. Several letters are told of by one message. */
export function withLetter(plan: Telling['plan'], { letter }: Carried, t: Bytes): Telling['plan'] {
  return (visit, at) => {
    const again = letter === null ? null : planLetter(visit, Math.max(at, letter - GRACE_MINUTES * MINUTE), carriedLetterId(fromT(t).messageKey));
    return again === null ? plan(visit, at) : [...plan(visit, at), again];
  };
}

/** What is said of a plan to who made it: the letter is an owner's matter. */
export const withoutLetter = (planned: readonly PlannedMessage[] | null) => planned?.filter(({ message }) => message.kind !== 'letter') ?? null;

const opens = (one: Steered): one is Openable => one.identity !== null;

/**
 * Puts in place of every message that was not sent what fits the appointments as they are now, fifty at a time. Answers what is
 * planned for each. Throws Refused, NoAnswer, NotNow; what was owed stays owed then.
 */
export async function steer(desk: OpenDesk, all: readonly Steered[]): Promise<Told> {
  const told = new Map<Id, readonly PlannedMessage[] | null>(all.map(({ record }) => [record, null]));
  const openable = all.filter(opens);
  for (let from = 0; from < openable.length; from += REPLACED_MAX) {
    const some = openable.slice(from, from + REPLACED_MAX);
    for (const [record, planned] of await steerSome(desk, some)) told.set(record, planned);
    owedNoMore(desk, some.map(({ record }) => record));
  }
  owedNoMore(desk, all.filter((one) => !opens(one)).map(({ record }) => record));
  return told;
}

/** The same, where an outage keeps nobody from going on: null, and it is done when the line stands again. */
export async function steerOrOwe(desk: OpenDesk, all: readonly Steered[]): Promise<Told | null> {
  try {
    return await steer(desk, all);
  } catch (error) {
    if (isOutage(error)) return null;
    throw error;
  }
}
