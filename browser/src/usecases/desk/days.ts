// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Days of a site's own time zone, as this browser's tz data knows them, and the axis an agenda is drawn on.
 * Instants are UTC seconds; wall minutes count from the day's midnight as clocks there show them, and run past 1440
 * for what ends after midnight. The hour an autumn night shows twice is two hours of the axis, told apart by `fold`;
 * the hour a spring night skips is a span that nothing can stand in.
 */

export const MINUTE = 60;
export const DAY_MINUTES = 1440;
/** No zone lies further than this from UTC, in hours, with a margin. */
const OFFSET_HOURS_MAX = 16;

const HALF_HOUR = 30;
/** Wall minutes drawn when nothing says otherwise: 8:00 to 18:30. */
const USUAL_HOURS: Span = { start: 480, end: 1110 };

export interface Span {
  start: number;
  end: number;
}

/** `at`: the first instant under the new offset; `before` and `after`: offsets in minutes. */
export interface ClockChange {
  at: number;
  before: number;
  after: number;
}

export interface LocalDay {
  date: string;
  zone: string;
  start: number;
  end: number;
  offset: number;
  change: ClockChange | null;
}

export interface Wall {
  minute: number;
  fold: 0 | 1;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string): Intl.DateTimeFormat {
  let known = formats.get(zone);
  if (known === undefined) {
    known = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit',
      hour: '2-digit', minute: '2-digit', second: '2-digit',
    });
    formats.set(zone, known);
  }
  return known;
}

/** Minutes east of UTC at an instant. */
export function offsetAt(zone: string, instant: number): number {
  const part: Record<string, number> = {};
  for (const { type, value } of format(zone).formatToParts(instant * 1000)) part[type] = Number(value);
  const wall = Date.UTC(part['year']!, part['month']! - 1, part['day']!, part['hour']!, part['minute']!, part['second']!);
  return Math.round((wall / 1000 - instant) / MINUTE);
}

function utcOf(date: string): number {
  const [year, month, day] = date.split('-').map(Number);
  return Date.UTC(year!, month! - 1, day!) / 1000;
}

/** An instant as the wire writes it: RFC 3339, UTC, whole seconds. */
export function instantText(instant: number): string {
  return new Date(instant * 1000).toISOString().replace('.000Z', 'Z');
}

/** `date` moved by whole days of the calendar. */
export function addDays(date: string, days: number): string {
  return new Date((utcOf(date) + days * 86_400) * 1000).toISOString().slice(0, 10);
}

/** The date clocks of `zone` show at an instant. */
export function dateAt(zone: string, instant: number): string {
  return new Date((instant + offsetAt(zone, instant) * MINUTE) * 1000).toISOString().slice(0, 10);
}

/** 1 is Monday, 7 Sunday (ISO 8601). */
export function weekday(date: string): number {
  return ((new Date(utcOf(date) * 1000).getUTCDay() + 6) % 7) + 1;
}

/** The Monday of the date's week. */
export function monday(date: string): string {
  return addDays(date, 1 - weekday(date));
}

function firstMinute(low: number, high: number, holds: (instant: number) => boolean): number {
  while (high - low > MINUTE) {
    const middle = low + Math.floor((high - low) / (2 * MINUTE)) * MINUTE;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function startOf(zone: string, date: string): number {
  const utc = utcOf(date);
  const reach = OFFSET_HOURS_MAX * 3600;
  return firstMinute(utc - reach, utc + reach, (instant) => dateAt(zone, instant) >= date);
}

const known = new Map<string, LocalDay>();

/** One day of a zone: 23 to 25 hours long, with its clock change if it has one. */
export function localDay(zone: string, date: string): LocalDay {
  const key = `${zone} ${date}`;
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const start = startOf(zone, date);
  const end = startOf(zone, addDays(date, 1));
  const before = offsetAt(zone, start);
  const after = offsetAt(zone, end - MINUTE);
  const change = before === after
    ? null
    : { at: firstMinute(start, end - MINUTE, (instant) => offsetAt(zone, instant) === after), before, after };
  const day: LocalDay = { date, zone, start, end, offset: before, change };
  known.set(key, day);
  return day;
}

/** The day an instant lies in. Whoever says the hours of one day asks for the same day each time. */
let lastDay: LocalDay | null = null;
export function dayAt(zone: string, instant: number): LocalDay {
  if (lastDay === null || lastDay.zone !== zone || instant < lastDay.start || instant >= lastDay.end) lastDay = localDay(zone, dateAt(zone, instant));
  return lastDay;
}

/** What a clock there shows at an instant of this day, or after it (minutes over 1440). */
export function wallOf(day: LocalDay, instant: number): Wall {
  if (instant >= day.end) return { minute: DAY_MINUTES + (instant - day.end) / MINUTE, fold: 0 };
  const changed = day.change !== null && instant >= day.change.at;
  const offset = changed ? day.change!.after : day.offset;
  const minute = (instant - utcOf(day.date)) / MINUTE + offset;
  const back = changed ? day.change!.before - day.change!.after : 0;
  const fold = back > 0 && instant < day.change!.at + back * MINUTE ? 1 : 0;
  return { minute, fold };
}

/** The instant of a wall time, or null for a time that day's clocks skip. */
export function instantOf(day: LocalDay, minute: number, fold: 0 | 1 = 0): number | null {
  if (minute >= DAY_MINUTES) return day.end + (minute - DAY_MINUTES) * MINUTE;
  const base = utcOf(day.date) + minute * MINUTE;
  const early = base - day.offset * MINUTE;
  if (day.change === null) return early;
  const late = base - day.change.after * MINUTE;
  const first = early < day.change.at ? early : null;
  const second = late >= day.change.at ? late : null;
  return fold === 1 ? (second ?? first) : (first ?? second);
}

/** Wall minutes shown twice that day ([120, 180) where 3:00 becomes 2:00), else null. */
export function repeated(day: LocalDay): Span | null {
  if (day.change === null || day.change.after >= day.change.before) return null;
  const start = wallOf(day, day.change.at).minute;
  return { start, end: start + day.change.before - day.change.after };
}

/** Wall minutes no clock shows that day ([120, 180) where 2:00 becomes 3:00), else null. */
export function skipped(day: LocalDay): Span | null {
  if (day.change === null || day.change.after <= day.change.before) return null;
  const end = wallOf(day, day.change.at).minute;
  return { start: end - (day.change.after - day.change.before), end };
}

/** Wall minutes from `from` to `to`, plus the repeated hour where one of the days drawn has it. */
export interface Axis {
  from: number;
  to: number;
  twice: Span | null;
  length: number;
}

/** The axis that shows these spans of these days, whole half hours, never less than the usual day. */
export function axisOf(days: readonly LocalDay[], spans: readonly { day: LocalDay; span: Span }[]): Axis {
  let { start, end } = spans.length === 0 ? USUAL_HOURS : { start: Infinity, end: 0 };
  for (const { day, span } of spans) {
    const low = wallOf(day, span.start);
    const high = wallOf(day, span.end);
    start = Math.min(start, low.minute, low.fold === 1 ? (repeated(day)?.start ?? low.minute) : low.minute);
    end = Math.max(end, high.minute, high.fold === 1 ? (repeated(day)?.end ?? high.minute) : high.minute);
  }
  const from = Math.floor(start / 60) * 60;
  const to = Math.ceil(end / HALF_HOUR) * HALF_HOUR;
  const twice = days.map(repeated).find((span) => span !== null && span.start < to && span.end > from) ?? null;
  const shown = twice === null ? null : { start: Math.max(twice.start, from), end: Math.min(twice.end, to) };
  return { from, to, twice: shown, length: to - from + (shown === null ? 0 : shown.end - shown.start) };
}

/** Minutes from the axis' top, kept within it. */
export function place(axis: Axis, wall: Wall): number {
  const minute = Math.min(Math.max(wall.minute, axis.from), axis.to);
  const shift = axis.twice !== null && (wall.fold === 1 || minute >= axis.twice.end) ? axis.twice.end - axis.twice.start : 0;
  return minute - axis.from + shift;
}

/** Top and height of a span of a day, in minutes of the axis. A span that ends where a night's repeat begins ends before it. */
export function placeSpan(axis: Axis, day: LocalDay, span: Span): { at: number; length: number } {
  const at = place(axis, wallOf(day, span.start));
  const last = place(axis, wallOf(day, Math.max(span.start, span.end - MINUTE))) + 1;
  return { at, length: Math.max(0, Math.min(last, axis.length) - at) };
}

/** The whole hours to write beside the axis; `fold` is null for an hour shown once. */
export function hoursOf(axis: Axis): { at: number; hour: number; fold: 0 | 1 | null }[] {
  const rows: { at: number; hour: number; fold: 0 | 1 | null }[] = [];
  for (let minute = axis.from; minute <= axis.to; minute += 60) {
    const hour = Math.floor(minute / 60) % 24;
    const doubled = axis.twice !== null && minute >= axis.twice.start && minute < axis.twice.end;
    rows.push({ at: place(axis, { minute, fold: 0 }), hour, fold: doubled ? 0 : null });
    if (doubled) rows.push({ at: place(axis, { minute, fold: 1 }), hour, fold: 1 });
  }
  return rows.sort((a, b) => a.at - b.at);
}

/** The parts of the axis that a day does not have: the hour its clocks skip, or a repeat that is another day's. */
export function missing(axis: Axis, day: LocalDay): { at: number; length: number }[] {
  const holes: { at: number; length: number }[] = [];
  const gap = skipped(day);
  if (gap !== null && gap.start < axis.to && gap.end > axis.from) {
    const at = place(axis, { minute: gap.start, fold: 0 });
    holes.push({ at, length: place(axis, { minute: gap.end, fold: 0 }) - at });
  }
  if (axis.twice !== null && repeated(day) === null) {
    holes.push({ at: axis.twice.end - axis.from, length: axis.twice.end - axis.twice.start });
  }
  return holes;
}
