// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * What became of appointments' messages, as whoever opens the appointments may know it. The server is asked about many handles at once, in an
 * order of their own: it learns that this desk looked at these messages, and not which appointment has which.
 */
import { base64, fromBase64 } from '../../seal/bytes';
import { SealError } from '../../seal/errors';
import { fromT, openMessage, type Message, type MessageKind } from '../../seal/messages';
import type { Base64, Id } from '../../wire/types';
import { channelsOf, noticeGoes, type Channel } from '../messages/plan';
import { HANDLES_READ_MAX, postMessagesRead, postSeen, type HandleTold, type MessageTold } from './message_routes';
import type { Visit } from './model';
import type { OpenDesk } from './unlock';

/** What became of a message on one channel; null where it never came to one. */
export interface Outcome {
  channel: Channel | null;
  result: Exclude<MessageTold['result'], 'planned'>;
  reason: string | null;
}

/** One message of an appointment. `waiting`: it is still to go, on some channel at least. */
export interface Line {
  mid: Base64;
  kind: MessageKind;
  /** The reminder of the week before, an e-mail. */
  weekAhead: boolean;
  /** When it is to go. */
  at: number;
  zone: string;
  waiting: boolean;
  outcomes: readonly Outcome[];
  seenTo: boolean;
}

type Opened = Visit & { identity: NonNullable<Visit['identity']> };

const opens = (visit: Visit): visit is Opened => visit.identity !== null;
const isLive = ({ status }: Pick<Visit, 'status'>) => status !== 'cancelled' && status !== 'refused';

async function opened(desk: OpenDesk, { t, h }: Opened['identity']['steering'], told: MessageTold): Promise<Message | null> {
  try {
    const place = { instance: desk.instance, h, mid: fromBase64(told.mid), sendDay: told.send_day, set: told.set };
    return await openMessage(place, fromT(t).messageKey, fromBase64(told.message));
  } catch (error) {
    // What was not sealed for this appointment says nothing about it.
    if (error instanceof SealError) return null;
    throw error;
  }
}

async function linesOf(desk: OpenDesk, visit: Opened, { set, messages }: HandleTold): Promise<Line[]> {
  const byId = new Map<Base64, MessageTold[]>();
  // Planned ones of an earlier set are void.
  for (const one of messages) if (one.result !== 'planned' || one.set === set) byId.set(one.mid, [...(byId.get(one.mid) ?? []), one]);
  const lines = await Promise.all([...byId.values()].map(async (rows): Promise<Line[]> => {
    const message = await opened(desk, visit.identity.steering, rows[0]!);
    if (message === null) return [];
    const { kind, zone, notBefore } = message;
    const outcomes = rows.flatMap(({ result, channel, reason }): Outcome[] =>
      (result === 'planned' ? [] : [{ channel: channel === 'sms' || channel === 'mail' ? channel : null, result, reason }]));
    return [{
      mid: rows[0]!.mid, kind, zone, outcomes, weekAhead: channelsOf({ sendDay: rows[0]!.send_day, message }, { sms: true, mail: false }).length === 0,
      at: kind === 'moved' || kind === 'cancelled' || kind === 'letter' ? noticeGoes(message) : notBefore,
      waiting: outcomes.length < rows.length, seenTo: rows.some(({ seen_to: seenTo }) => seenTo),
    }];
  }));
  return lines.flat().sort((a, b) => a.at - b.at);
}

/** The messages of each appointment that opens here. Throws Refused, NoAnswer, NotNow. */
export async function readLines(desk: OpenDesk, visits: readonly Visit[]): Promise<Map<Id, Line[]>> {
  const byHandle = new Map(visits.filter(opens).map((visit) => [base64(visit.identity.steering.h), visit]));
  const handles = [...byHandle.keys()].sort();
  const lines = new Map<Id, Line[]>();
  for (let from = 0; from < handles.length; from += HANDLES_READ_MAX) {
    const { handles: told } = await postMessagesRead(desk.practice.practice, handles.slice(from, from + HANDLES_READ_MAX));
    for (const one of told) {
      const visit = byHandle.get(one.h);
      if (visit !== undefined) lines.set(visit.record, await linesOf(desk, visit, one));
    }
  }
  return lines;
}

const among = (visits: readonly Visit[], others: readonly Visit[]) => [...visits, ...others.filter((one) => !visits.includes(one))].filter(opens).slice(0, HANDLES_READ_MAX);

/**
 * Whether a message about one of `theirs` was kept back since its address wants none; asked among `others`, so that the question does not say
 * which are one person's. Throws Refused, NoAnswer, NotNow.
 */
export async function hasObjected(desk: OpenDesk, theirs: readonly Visit[], others: readonly Visit[]): Promise<boolean> {
  if (theirs.length === 0) return false;
  const read = await readLines(desk, among(theirs, others));
  return theirs.some(({ record }) => read.get(record)?.some(({ outcomes }) => outcomes.some(({ reason }) => reason === 'objected')) === true);
}

/** The same of one appointment, asked among others of its day so that the question does not say which one. */
export async function readLinesAmong(desk: OpenDesk, visit: Visit, others: readonly Visit[]): Promise<Line[]> {
  const near = others.filter(({ record }) => record !== visit.record).sort((a, b) => Math.abs(a.start - visit.start) - Math.abs(b.start - visit.start));
  return (await readLines(desk, among([visit], near))).get(visit.record) ?? [];
}

/** Whether a message did not reach whom it was for. Nobody to send it to is no failure; nor is a reminder that nobody wanted. */
function hasFailed(kind: MessageKind, { result, reason }: Outcome, byPatient: boolean): boolean {
  if (result === 'undelivered') return true;
  if (result !== 'dropped' || reason === 'no_address') return false;
  const told = kind === 'cancelled' || (kind === 'moved' && !byPatient);
  return told || (reason !== 'objected' && reason !== 'too_late');
}

/** Whether somebody has to call: a number that takes no SMS, or a message that arrived nowhere, about what still holds. */
export function owesCall({ kind, outcomes, seenTo }: Line, visit: Pick<Visit, 'status' | 'writer'>): boolean {
  if (seenTo || (kind === 'cancelled') === isLive(visit)) return false;
  const failed = outcomes.filter((one) => hasFailed(kind, one, visit.writer === 'patient'));
  const reached = outcomes.some(({ result }) => result === 'sent' || result === 'delivered');
  return failed.some(({ channel }) => channel === 'sms') || (failed.length > 0 && !reached);
}

/** Somebody called about these messages, or did not after all: told to every desk. Throws Refused, NoAnswer, NotNow. */
export async function seeTo(desk: OpenDesk, { identity }: Visit, mids: readonly Base64[], seen: boolean): Promise<void> {
  if (identity === null) return;
  const { t, h } = identity.steering;
  await postSeen(desk.practice.practice, { h: base64(h), write: base64(fromT(t).write), mids, seen });
}
