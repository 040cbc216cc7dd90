// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Messages follow what is decided at the desk: those not sent yet are replaced on the capsule that stands, by whoever opens the identity,
 * and nobody opens a contact for it. Which appointments are still to be steered is noted in this browser before they are cancelled: a
 * tab that closes between the two leaves its notices to the desk that opens here next. The note says record ids alone.
 */
import { type Bytes, base64, fromBase64 } from '../../seal/bytes';
import { SealError } from '../../seal/errors';
import { fromT, openMessage } from '../../seal/messages';
import type { Replacement } from '../../wire/messages';
import { NoAnswer, Refused } from '../../wire/problem';
import type { Id, Status } from '../../wire/types';
import { now } from '../clock';
import { sealMessages } from '../messages/place';
import { type Heard, type PlannedMessage, planBooked, planCancelled, planRestored } from '../messages/plan';
import type { Identity } from './model';
import { identityOf } from './open_records';
import { readGroups } from './reveal';
import { type HandleTold, type MessageTold, REPLACED_MAX, postMessagesRead, postReplacements } from './message_routes';
import { isOutage } from './routes';
import { tellingOf } from './telling';
import type { OpenDesk } from './unlock';

const ROUNDS_MAX = 4;
const STORED = 'serment.untold.';
const NOTED_MAX = 500;

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

/** What is planned now, by record; null where the appointment has no messages, or does not open here. */
export type Told = ReadonlyMap<Id, readonly PlannedMessage[] | null>;

// ------------------------------------------------------------------ what is still to be done

const nameOf = (practice: Id) => `${STORED}${practice}`;

function noted(practice: Id): Id[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(nameOf(practice)) ?? '[]');
    return Array.isArray(list) ? list.filter((one): one is Id => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

function note(practice: Id, records: readonly Id[]): void {
  try {
    if (records.length === 0) localStorage.removeItem(nameOf(practice));
    else localStorage.setItem(nameOf(practice), JSON.stringify(records.slice(-NOTED_MAX)));
  } catch {
    // Storage full or forbidden: it lasts as long as the request that follows.
  }
}

/** Before these are cancelled, or whatever else their patients are told of. */
export function oweTo({ practice: { practice } }: OpenDesk, records: readonly Id[]): void {
  note(practice, [...new Set([...noted(practice), ...records])]);
}

/** They are told, or there was nothing to tell. */
export function owedNoMore({ practice: { practice } }: OpenDesk, records: readonly Id[]): void {
  const done = new Set(records);
  note(practice, noted(practice).filter((record) => !done.has(record)));
}

/** Appointments whose patients an earlier tab, or a broken line, left untold. */
export function owed({ practice: { practice } }: OpenDesk): readonly Id[] {
  return noted(practice);
}

/** One of them as it is now; null where it is gone or does not open here. Throws NoAnswer, NotNow, Refused (signed_out). */
export async function readSteered(desk: OpenDesk, record: Id): Promise<(Steered & { rev: number }) | null> {
  try {
    const { row, groups } = await readGroups(desk, record, null, ['id'], 'messages');
    const { slot, status, rev } = row;
    return { record, rev, identity: identityOf(groups), agenda: slot.agenda, visitType: slot.visit_type, start: Date.parse(slot.start) / 1000, status };
  } catch (error) {
    if (error instanceof SealError || (error instanceof Refused && error.is('no_such_appointment'))) return null;
    throw error;
  }
}

// ------------------------------------------------------------------ steering

/** What somebody may have been told. */
async function heardOf(desk: OpenDesk, h: Bytes, t: Bytes, messages: readonly MessageTold[]): Promise<Heard> {
  const gone = messages.filter(({ result }) => result === 'sent' || result === 'delivered' || result === 'undelivered');
  const said = await Promise.all(gone.map(async ({ mid, send_day: sendDay, set, message }) => {
    const place = { instance: desk.instance, h, mid: fromBase64(mid), sendDay, set };
    return { sendDay, ...(await openMessage(place, fromT(t).messageKey, fromBase64(message))) };
  }));
  return { cancelled: said.some(({ kind }) => kind === 'cancelled'), reminded: said.filter(({ kind }) => kind === 'reminder').map(({ sendDay }) => sendDay) };
}

async function planOf(desk: OpenDesk, one: Steered, { t, h }: Identity['steering'], told: HandleTold): Promise<PlannedMessage[]> {
  const { zone, silent, reminds } = tellingOf(desk, one, () => []);
  const visit = { start: one.start, zone, silent, reminds };
  const at = now();
  switch (one.status) {
    case 'cancelled':
    case 'refused':
      return planCancelled(visit, at);
    case 'requested':
      return [];
    default:
      if (one.accepted === true) return planBooked(visit, at, { confirm: true });
      return planRestored(visit, at, await heardOf(desk, h, t, told.messages));
  }
}

/** Sent once more when no answer came: the same bytes get the same answer. */
async function send(desk: OpenDesk, replacements: readonly Replacement[]): Promise<void> {
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
      const plan = await planOf(desk, one, one.identity.steering, told);
      const set = told.set + 1;
      replacements.push({ h: told.h, write: base64(fromT(t).write), set, messages: await sealMessages(desk.instance, h, t, set, plan) });
      planned.set(one.record, plan);
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

/** What is planned for an appointment and not sent, as it was planned. Throws Altered, Refused, NoAnswer, NotNow. */
export async function readPlanned(desk: OpenDesk, { t, h }: Identity['steering']): Promise<PlannedMessage[]> {
  const [told] = (await postMessagesRead(desk.practice.practice, [base64(h)])).handles;
  const waiting = (told?.messages ?? []).filter(({ result, set }) => result === 'planned' && set === told?.set);
  return await Promise.all(waiting.map(async ({ mid, send_day: sendDay, set, message }) => {
    const place = { instance: desk.instance, h, mid: fromBase64(mid), sendDay, set };
    return { sendDay, message: await openMessage(place, fromT(t).messageKey, fromBase64(message)) };
  }));
}

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
