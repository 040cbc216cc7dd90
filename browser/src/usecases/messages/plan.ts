// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Which messages an appointment gets, and when: decided where it is booked, moved or cancelled, since the server knows no address and
 * the notifier no appointment. Whether there is an address for a message is the notifier's to see: the rows of somebody without
 * e-mail look like everybody's. Source: spec/rdv1.md section 4, docs/decisions/0042. Instants are UTC seconds.
 */
import type { Bytes } from '../../seal/bytes';
import type { Message, MessageKind } from '../../seal/messages';
import { DAY_MINUTES, MINUTE, addDays, dateAt, instantOf, localDay, wallOf } from '../desk/days';

/** Nine in the morning on the site's wall; the notifier spreads what goes then (domain/reminder.py, REMINDERS_FROM). */
const REMINDERS_FROM_MINUTE = 540;
const WEEK_DAYS = 7;
/** Staff can take a change back for so long, and who has just booked is not reminded at once. */
export const GRACE_MINUTES = 10;
/** A later reminder reaches somebody who is on the way (domain/reminder.py, REMINDER_AHEAD_MINUTES). */
const REMINDER_AHEAD_MINUTES = 30;

/** Which reminders a site sends: all that it has a say in. When they go is not its own, or the rows would tell whose they are. */
export interface Reminds {
  readonly week: boolean;
  readonly eve: boolean;
}

export interface Visit {
  readonly start: number;
  /** The site's, an IANA name. */
  readonly zone: string;
  /** Of a type of visit about which no message is sent. */
  readonly silent: boolean;
  readonly reminds: Reminds;
}

/** One message to seal: the day its row names, local to the site, and what lies inside. */
export interface PlannedMessage {
  readonly sendDay: string;
  readonly message: Message;
  /** Where it is one that was planned before, or that goes once whoever plans it: its id. */
  readonly mid?: Bytes;
}

/** The day whose key a capsule is sealed to: the one after the appointment, at the site. */
export function keyDayOf(visit: Pick<Visit, 'zone' | 'start'>): string {
  return addDays(dateAt(visit.zone, visit.start), 1);
}

const DECENT_FROM_MINUTE = 480;
const DECENT_UNTIL_MINUTE = 1200;
/** Who learns of a change later than this may be on the way (domain/reminder.py, NOTICE_AHEAD_MINUTES). */
const NOTICE_AHEAD_MINUTES = 180;

/**
 * When a notice will go at the earliest: nobody's phone rings at night, but for what was asked for or must be known by morning. The notifier
 * decides, and waits for the number's day too, which nobody knows here.
 */
export function noticeGoes({ kind, notBefore, zone, start }: Message): number {
  if (kind === 'booked') return notBefore;
  const today = localDay(zone, dateAt(zone, notBefore));
  const { minute } = wallOf(today, notBefore);
  if (minute >= DECENT_FROM_MINUTE && minute < DECENT_UNTIL_MINUTE) return notBefore;
  const day = minute < DECENT_FROM_MINUTE ? today : localDay(zone, addDays(dateAt(zone, notBefore), 1));
  const morning = instantOf(day, DECENT_FROM_MINUTE) ?? day.end - (DAY_MINUTES - DECENT_FROM_MINUTE) * MINUTE;
  return kind !== 'letter' && start - morning < NOTICE_AHEAD_MINUTES * MINUTE ? notBefore : morning;
}

export type Channel = 'sms' | 'mail';

/** The channels a message goes by, as the notifier will decide: the reminder of the week before is an e-mail (domain/reminder.py, channels_of). */
export function channelsOf({ sendDay, message }: PlannedMessage, { sms, mail }: { sms: boolean; mail: boolean }): Channel[] {
  const weekAhead = message.kind === 'reminder' && sendDay < addDays(keyDayOf(message), -WEEK_DAYS);
  const byMail: Channel[] = mail ? ['mail'] : [];
  const bySms: Channel[] = sms ? ['sms'] : [];
  if (weekAhead) return byMail;
  if (message.kind === 'booked') return mail ? byMail : bySms;
  return [...bySms, ...byMail];
}

/** `confirm`: the patient asked to be told at once. The confirmation then stands for a reminder that would go the same hour. */
export function planBooked(visit: Visit, now: number, { confirm }: { confirm: boolean }): PlannedMessage[] {
  return confirm ? [...one(visit, 'booked', now), ...reminders(visit, now)] : [...reminders(visit, now), ...lateReminder(visit, now)];
}

/** For the new capsule of a moved appointment; `visit` is the new one. */
export function planMoved(visit: Visit, now: number): PlannedMessage[] {
  return [...notice(visit, 'moved', now), ...reminders(visit, now)];
}

/** Replaces what was planned. */
export function planCancelled(visit: Visit, now: number): PlannedMessage[] {
  return notice(visit, 'cancelled', now);
}

/** What went out about an appointment before its cancellation was taken back. */
export interface Heard {
  /** That it is cancelled, or nobody knows. */
  cancelled: boolean;
  /** The day of each reminder. */
  reminded: readonly string[];
}

/** Replaces a cancellation's notice after the cancellation was taken back. Who may have been told of it, is told that the visit stands; who heard nothing is not reminded twice. */
export function planRestored(visit: Visit, now: number, { cancelled, reminded }: Heard): PlannedMessage[] {
  const eve = dateAt(visit.zone, morningBefore(visit, 1));
  return !cancelled && reminded.some((day) => day >= eve) ? reminders(visit, now) : planBooked(visit, now, { confirm: cancelled });
}

/** Of a breach's letter: the day is over when the key that opens the address is, and it wakes nobody. Null: too late for a message. */
export function planLetter({ zone, start }: Pick<Visit, 'zone' | 'start'>, now: number, mid: Bytes): PlannedMessage | null {
  const message: Message = { kind: 'letter', notBefore: now + GRACE_MINUTES * MINUTE, zone, start };
  const sendDay = dateAt(zone, message.notBefore);
  return dateAt(zone, noticeGoes(message)) >= keyDayOf({ zone, start }) ? null : { sendDay, message, mid };
}

function one(visit: Visit, kind: MessageKind, notBefore: number, sendDay = dateAt(visit.zone, notBefore)): PlannedMessage[] {
  if (visit.silent || notBefore >= visit.start) return [];
  return [{ sendDay, message: { kind, notBefore, zone: visit.zone, start: visit.start } }];
}

function notice(visit: Visit, kind: 'moved' | 'cancelled', now: number): PlannedMessage[] {
  return one(visit, kind, now + GRACE_MINUTES * MINUTE);
}

/** Nine o'clock on the site's wall, `days` before the appointment's day. */
function morningBefore(visit: Visit, days: number): number {
  const day = localDay(visit.zone, addDays(dateAt(visit.zone, visit.start), -days));
  // No zone skips nine in the morning at present; in one that did, it is as long before the day's end.
  return instantOf(day, REMINDERS_FROM_MINUTE) ?? day.end - (DAY_MINUTES - REMINDERS_FROM_MINUTE) * MINUTE;
}

function reminders(visit: Visit, now: number): PlannedMessage[] {
  const soonest = now + GRACE_MINUTES * MINUTE;
  const days = [...(visit.reminds.week ? [WEEK_DAYS] : []), ...(visit.reminds.eve ? [1] : [])];
  return days.map((before) => morningBefore(visit, before)).filter((at) => at >= soonest).flatMap((at) => one(visit, 'reminder', at));
}

/** The reminder of an appointment that was booked after the eve's went out. */
function lateReminder(visit: Visit, now: number): PlannedMessage[] {
  const at = now + GRACE_MINUTES * MINUTE;
  const late = visit.reminds.eve && at > morningBefore(visit, 1) && at < visit.start - REMINDER_AHEAD_MINUTES * MINUTE;
  return late ? one(visit, 'reminder', at) : [];
}
