// SPDX-License-Identifier: AGPL-3.0-or-later
/** An opening as a form holds it, and as it travels. What the form cannot say (the last Thursday of a month) it keeps as it is. */
import { random, uuidFromId } from '../../seal/bytes';
import type { Id, LocalDate } from '../../wire/types';
import { addDays, weekday } from '../desk/days';
import type { ExceptionRow, HoursAsked, OpeningRow, Scope } from './routes';

export const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;
export type Weekday = (typeof WEEKDAYS)[number];
/** odd and even count ISO weeks; interval is every so many weeks from the first date on. */
export type Rhythm = 'weekly' | 'odd' | 'even' | 'interval' | 'once' | 'custom';

export const EVERY_WEEKS_MAX = 52;
const DAY_MINUTES = 1440;
/** How far ahead the next day of an opening is looked for. */
const NEXT_DAYS_MAX = 400;

export interface OpeningDraft {
  days: Weekday[];
  start: string;
  end: string;
  rhythm: Rhythm;
  every: number;
  first: LocalDate;
  last: LocalDate | '';
  /** null: all of them. */
  types: Id[] | null;
  /** The rule's own text where the form cannot say it. */
  custom: string;
}

export const drawId = (): Id => uuidFromId(random(16));

/** "09:30" of a minute of the day; over 1440 the hour on the next day. */
export function clockOf(minute: number): string {
  const within = minute % DAY_MINUTES;
  return `${String(Math.floor(within / 60)).padStart(2, '0')}:${String(within % 60).padStart(2, '0')}`;
}

/** Minutes of "09:30", or null. */
export function minuteOf(text: string): number | null {
  const found = /^(\d{1,2}):(\d{2})/.exec(text);
  if (found === null) return null;
  const minute = Number(found[1]) * 60 + Number(found[2]);
  return Number(found[2]) < 60 && minute <= DAY_MINUTES ? minute : null;
}

/** Start and end in minutes; an end at or before the start is on the next day. */
export function hoursOf(start: string, end: string): { start: number; end: number } | null {
  const [low, high] = [minuteOf(start), minuteOf(end)];
  if (low === null || high === null || low >= DAY_MINUTES) return null;
  return { start: low, end: high > low ? high : high + DAY_MINUTES };
}

interface Parsed {
  rhythm: Rhythm;
  every: number;
  days: Weekday[];
}

function parse(row: OpeningRow): Parsed {
  const own = WEEKDAYS[weekday(row.first_date) - 1]!;
  if (row.rrule === '') return { rhythm: row.week_parity === 'all' ? 'once' : 'custom', every: 1, days: [own] };
  const parts = new Map(row.rrule.toUpperCase().split(';').filter(Boolean).map((part) => part.split('=', 2) as [string, string]));
  const days = (parts.get('BYDAY') ?? own).split(',');
  const every = Number(parts.get('INTERVAL') ?? 1);
  const plain = parts.get('FREQ') === 'WEEKLY' && [...parts.keys()].every((name) => ['FREQ', 'BYDAY', 'INTERVAL'].includes(name))
    && days.every((day) => (WEEKDAYS as readonly string[]).includes(day)) && Number.isInteger(every) && every >= 1 && every <= EVERY_WEEKS_MAX;
  if (!plain || (every > 1 && row.week_parity !== 'all')) return { rhythm: 'custom', every: 1, days: [] };
  const rhythm = row.week_parity !== 'all' ? row.week_parity : every > 1 ? 'interval' : 'weekly';
  return { rhythm, every, days: WEEKDAYS.filter((day) => days.includes(day)) };
}

export function draftOf(row: OpeningRow): OpeningDraft {
  const { rhythm, every, days } = parse(row);
  return {
    days, rhythm, every: Math.max(2, every), start: clockOf(row.start_minute), end: clockOf(row.end_minute),
    first: row.first_date, last: row.last_date ?? '', types: row.visit_types, custom: row.rrule,
  };
}

export function emptyDraft(today: LocalDate, days: Weekday[] = []): OpeningDraft {
  return { days, start: '09:00', end: '12:00', rhythm: 'weekly', every: 2, first: today, last: '', types: null, custom: '' };
}

export type OpeningFault = 'days' | 'hours' | 'every' | 'first' | 'last' | 'types';

/** What is missing or wrong, by field. */
export function faultsOf(draft: OpeningDraft): Set<OpeningFault> {
  const faults = new Set<OpeningFault>();
  if (draft.days.length === 0 && draft.rhythm !== 'once' && draft.rhythm !== 'custom') faults.add('days');
  if (hoursOf(draft.start, draft.end) === null) faults.add('hours');
  if (draft.rhythm === 'interval' && !(Number.isInteger(draft.every) && draft.every >= 2 && draft.every <= EVERY_WEEKS_MAX)) faults.add('every');
  if (!/^\d{4}-\d{2}-\d{2}$/.test(draft.first)) faults.add('first');
  if (draft.last !== '' && draft.last < draft.first) faults.add('last');
  if (draft.types !== null && draft.types.length === 0) faults.add('types');
  return faults;
}

/** The row a draft makes. Call it only on a draft without faults. */
export function rowOf(draft: OpeningDraft, opening: Id, agenda: Id, parity: OpeningRow['week_parity'] = 'all'): OpeningRow {
  const { start, end } = hoursOf(draft.start, draft.end)!;
  const days = WEEKDAYS.filter((day) => draft.days.includes(day)).join(',');
  const rules: Record<Rhythm, string> = {
    weekly: `FREQ=WEEKLY;BYDAY=${days}`, odd: `FREQ=WEEKLY;BYDAY=${days}`, even: `FREQ=WEEKLY;BYDAY=${days}`,
    interval: `FREQ=WEEKLY;INTERVAL=${draft.every};BYDAY=${days}`, once: '', custom: draft.custom,
  };
  return {
    opening, agenda, first_date: draft.first, last_date: draft.last === '' ? null : draft.last, start_minute: start, end_minute: end,
    rrule: rules[draft.rhythm], week_parity: draft.rhythm === 'odd' || draft.rhythm === 'even' ? draft.rhythm : draft.rhythm === 'custom' ? parity : 'all',
    visit_types: draft.types === null ? null : [...draft.types].sort(),
  };
}

/** The number of the ISO week a date lies in. */
export function isoWeek(date: LocalDate): number {
  const thursday = addDays(date, 4 - weekday(date));
  return Math.floor((Date.parse(`${thursday}T00:00:00Z`) - Date.parse(`${thursday.slice(0, 4)}-01-01T00:00:00Z`)) / (7 * 86_400_000)) + 1;
}

/** Whether an opening's own rule runs on a date; null where only the server can tell. */
export function runsOn(row: OpeningRow, date: LocalDate): boolean | null {
  if (date < row.first_date || (row.last_date !== null && date > row.last_date)) return false;
  const { rhythm, every, days } = parse(row);
  if (rhythm === 'custom') return null;
  if (rhythm === 'once') return date === row.first_date;
  if (!days.includes(WEEKDAYS[weekday(date) - 1]!)) return false;
  if (rhythm === 'odd' || rhythm === 'even') return isoWeek(date) % 2 === (rhythm === 'odd' ? 1 : 0);
  const weeks = (addDaysBetween(row.first_date, date) + weekday(row.first_date) - weekday(date)) / 7;
  return weeks % every === 0;
}

function addDaysBetween(from: LocalDate, to: LocalDate): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

/** The next date from `from` on that an opening runs on, on one weekday if asked; null where none is near or only the server can tell. */
export function nextDate(row: OpeningRow, from: LocalDate, day: Weekday | null = null): LocalDate | null {
  for (let nth = 0; nth < NEXT_DAYS_MAX; nth += 1) {
    const date = addDays(from, nth);
    if ((day === null || WEEKDAYS[weekday(date) - 1] === day) && runsOn(row, date) === true) return date;
  }
  return null;
}

/** Which weekdays an opening is drawn under; none for what is no weekly rule. */
export function weekdaysOf(row: OpeningRow): Weekday[] {
  const { rhythm, days } = parse(row);
  return rhythm === 'custom' || rhythm === 'once' ? [] : days;
}

export function rhythmOf(row: OpeningRow): { rhythm: Rhythm; every: number } {
  return parse(row);
}

/** What is asked for when an opening is added, changed or deleted, in one of the three ways. `fresh` names what a split or a single day makes. */
export function openingAsked(
  was: OpeningRow | null, now: OpeningRow | null, scope: Scope, day: LocalDate, exceptions: readonly ExceptionRow[], fresh: Id, agenda: Id,
): HoursAsked {
  if (was === null || scope === 'all') return { agenda, openings: [{ was, now, scope: 'all' }] };
  if (scope === 'from') {
    return { agenda, openings: [{ was, now: now === null ? null : { ...now, opening: fresh, first_date: now.first_date > day ? now.first_date : day }, scope, day }] };
  }
  const exception = exceptions.find((one) => one.opening === was.opening && one.on_date === day) ?? null;
  const hours = now === null ? null : { ...was, start_minute: now.start_minute, end_minute: now.end_minute, visit_types: now.visit_types };
  return { agenda, openings: [{ was, now: hours, scope, day, exception, fresh }] };
}
