// SPDX-License-Identifier: AGPL-3.0-or-later
/** Which times a repeated appointment falls on. Pure: wall clock of the site, so that 9:40 stays 9:40 when clocks change. */
import type { LocalDate } from '../../wire/types';
import { addDays, dateAt, instantOf, localDay, wallOf } from './days';

/** Appointments beside the first one, at most. */
export const REPEATS_MAX = 25;
/** Other times proposed for one that is not free. */
export const NEIGHBOURS_MAX = 4;

export interface Rhythm {
  every: number;
  unit: 'day' | 'week';
  /** So many more, or as many as begin until this day, inclusive. */
  end: { count: number } | { until: LocalDate };
}

export interface Wished {
  date: LocalDate;
  /** Null where that day's clocks skip the hour. */
  start: number | null;
}

/** The times after `start`, REPEATS_MAX at most. An hour shown twice is taken the first time round. */
export function wishedTimes(zone: string, start: number, { every, unit, end }: Rhythm): Wished[] {
  const first = dateAt(zone, start);
  const { minute } = wallOf(localDay(zone, first), start);
  const step = Math.max(1, every) * (unit === 'week' ? 7 : 1);
  const times: Wished[] = [];
  for (let nth = 1; nth <= REPEATS_MAX; nth += 1) {
    const date = addDays(first, nth * step);
    if ('count' in end ? nth > end.count : date > end.until) break;
    times.push({ date, start: instantOf(localDay(zone, date), minute) });
  }
  return times;
}

export interface OfferDay {
  date: LocalDate;
  holiday: { fr: string; en: string } | null;
  starts: readonly number[];
}

export interface Planned extends Wished {
  /** own: booked in this very series. */
  state: 'free' | 'own' | 'taken' | 'closed' | 'holiday' | 'no_hour';
  holiday: { fr: string; en: string } | null;
  /** The free times nearest to the wished one, in order of time. */
  neighbours: number[];
}

/** What the offer says of a wished time. `near` days on either side are looked at for other times; `own`: starts that stand in this very series. */
export function planned(zone: string, wished: Wished, minute: number, days: readonly OfferDay[], near: number, own: ReadonlySet<number>): Planned {
  const day = days.find(({ date }) => date === wished.date);
  const holiday = day?.holiday ?? null;
  if (wished.start !== null && own.has(wished.start)) return { ...wished, state: 'own', holiday, neighbours: [] };
  const around = days.filter(({ date }) => date >= addDays(wished.date, -near) && date <= addDays(wished.date, near)).flatMap(({ starts }) => starts);
  const aim = wished.start ?? instantOf(localDay(zone, wished.date), minute + 60) ?? localDay(zone, wished.date).start;
  const state = wished.start === null ? 'no_hour'
    : day?.starts.includes(wished.start) === true ? 'free'
      : day?.holiday != null && day.starts.length === 0 ? 'holiday'
        : (day?.starts.length ?? 0) === 0 ? 'closed' : 'taken';
  const neighbours = state === 'free' ? [] : [...around].sort((a, b) => Math.abs(a - aim) - Math.abs(b - aim)).slice(0, NEIGHBOURS_MAX).sort((a, b) => a - b);
  return { ...wished, state, holiday, neighbours };
}
