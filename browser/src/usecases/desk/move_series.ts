// SPDX-License-Identifier: AGPL-3.0-or-later
/** Appointments of a series moved by one shift of the site's wall clock, each for itself: what cannot be moved stays where it is. */
import { SealError } from '../../seal/errors';
import { Refused, isOver } from '../../wire/problem';
import type { LocalDate } from '../../wire/types';
import type { PlannedMessage } from '../messages/plan';
import { addDays, dateAt, dayAt, instantOf, localDay, wallOf } from './days';
import { moveVisit } from './move';
import { isOutage } from './routes';
import type { OneOf } from './series';
import type { OpenDesk } from './unlock';

const DAY_MS = 86_400_000;

export interface Shift {
  days: number;
  minutes: number;
}

const minuteOf = (zone: string, start: number) => wallOf(dayAt(zone, start), start).minute;

/** From where one of them stands to this date and minute of the day. */
export function shiftTo(zone: string, start: number, date: LocalDate, minute: number): Shift {
  return { days: Math.round((Date.parse(date) - Date.parse(dateAt(zone, start))) / DAY_MS), minutes: minute - minuteOf(zone, start) };
}

/** Where it leads another one; null where that hour does not exist or is of another day. */
export function shifted(zone: string, start: number, { days, minutes }: Shift): number | null {
  const minute = minuteOf(zone, start) + minutes;
  return minute < 0 || minute >= 1440 ? null : instantOf(localDay(zone, addDays(dateAt(zone, start), days)), minute);
}

/** One of them, and where it is to go. */
export interface Going {
  one: OneOf;
  to: number | null;
}

export interface MovedAll {
  /** As they were, with their new revision. */
  done: { one: OneOf; to: number; rev: number; planned: readonly PlannedMessage[] | null }[];
  /** They stay: taken, closed to them, or otherwise meanwhile. */
  stay: { one: OneOf; why: 'taken' | 'refused' | 'otherwise' }[];
  /** Not tried, or not answered, after a line that broke. */
  left: OneOf[];
}

function whyNot(error: unknown): 'taken' | 'refused' | 'otherwise' {
  if (error instanceof Refused && (error.is('slot_taken') || error.is('hold_expired'))) return 'taken';
  return error instanceof Refused && error.is('not_offered') ? 'refused' : 'otherwise';
}

/**
 * Moves each in turn, those first that clear the way for the others; `unsaid`: back, before anybody was told. Throws Refused (signed_out,
 * no_such_practice).
 */
export async function moveAll(desk: OpenDesk, all: readonly Going[], unsaid: boolean, tell: (tried: number) => void = () => undefined): Promise<MovedAll> {
  const result: MovedAll = { done: [], stay: [], left: [] };
  const later = all.some(({ one, to }) => to !== null && to > one.start);
  const inTurn = [...all].sort((a, b) => (later ? b.one.start - a.one.start : a.one.start - b.one.start));
  for (const [nth, { one, to }] of inTurn.entries()) {
    if (to === null) result.stay.push({ one, why: 'refused' });
    else if (result.left.length > 0) result.left.push(one);
    else {
      try {
        const { rev, planned } = await moveVisit(desk, one, { agenda: one.agenda, start: to, unsaid });
        result.done.push({ one, to, rev, planned });
      } catch (error) {
        if (isOver(error)) throw error;
        if (isOutage(error)) result.left.push(one);
        else if (error instanceof Refused || error instanceof SealError) result.stay.push({ one, why: whyNot(error) });
        else throw error;
      }
    }
    tell(nth + 1);
  }
  for (const list of [result.done, result.stay]) list.sort((a, b) => a.one.start - b.one.start);
  return result;
}

/** What takes it back: each to where it stood. */
export function backFrom({ done }: MovedAll): Going[] {
  return done.map(({ one, to, rev }) => ({ one: { ...one, start: to, rev, acts: 0 }, to: one.start }));
}
