// SPDX-License-Identifier: AGPL-3.0-or-later
/** Absences and single dates as they are asked for. */
import type { Id, LocalDate } from '../../wire/types';
import { addDays } from '../desk/days';
import { clockOf, drawId, runsOn } from './openings';
import type { Quick } from './quick';
import type { AbsenceRow, ExceptionRow, HoursAsked, OpeningAsked, RuleRows, WallTime } from './routes';

const DAY_MINUTES = 1440;

/** A wall time of a date and a minute; minute 1440 is the next midnight. */
export function wallTime(date: LocalDate, minute: number): WallTime {
  const day = minute >= DAY_MINUTES ? addDays(date, Math.floor(minute / DAY_MINUTES)) : date;
  return `${day}T${clockOf(minute)}:00`;
}

export const dateOfWall = (wall: WallTime): LocalDate => wall.slice(0, 10);
export const minuteOfWall = (wall: WallTime): number => Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14, 16));

/** The absence's days and hours as a person says them: whole days end on the day before a midnight. */
export function spokenAbsence(row: AbsenceRow): Pick<Quick, 'from' | 'until' | 'start' | 'end'> {
  const [start, end] = [minuteOfWall(row.since), minuteOfWall(row.until)];
  const until = end === 0 ? addDays(dateOfWall(row.until), -1) : dateOfWall(row.until);
  if (start === 0 && end === 0) return { from: dateOfWall(row.since), until, start: null, end: null };
  return { from: dateOfWall(row.since), until, start, end: end === 0 ? DAY_MINUTES : end };
}

export function absenceOf(quick: Pick<Quick, 'from' | 'until' | 'start' | 'end'>, absence: Id, agenda: Id): AbsenceRow {
  return { absence, agenda, since: wallTime(quick.from, quick.start ?? 0), until: wallTime(quick.until, quick.end ?? DAY_MINUTES) };
}

/**
 * What one line asks for on one agenda: an absence, extra hours, or the only hours of that day. Of the openings that run
 * then the first gets these hours and the others are closed; where none runs, the hours are extra.
 * Hours between two dates at which one is open are asked for day by day.
 */
export function quickAsked(quick: Quick, agenda: Id, rows: RuleRows, id: () => Id = drawId): HoursAsked {
  if (quick.kind === 'absent') return { agenda, absences: [{ was: null, now: absenceOf(quick, id(), agenda) }] };
  const asked: Required<Pick<HoursAsked, 'openings' | 'exceptions'>> = { openings: [], exceptions: [] };
  for (let date = quick.from; date <= quick.until; date = addDays(date, 1)) {
    const running = quick.kind === 'only' ? rows.openings.filter((row) => row.agenda === agenda && runsOn(row, date) === true) : [];
    const [start, end] = [quick.start ?? 0, quick.end ?? DAY_MINUTES];
    running.forEach((was, nth) => asked.openings.push(onOneDay(was, date, nth === 0 ? { start, end } : null, rows.exceptions, id())));
    if (running.length === 0) {
      asked.exceptions.push({ was: null, now: { exception: id(), agenda, opening: null, on_date: date, kind: 'extra', start_minute: start, end_minute: end, visit_types: null } });
    }
  }
  return { agenda, ...asked };
}

function onOneDay(was: OpeningAsked['was'] & object, day: LocalDate, hours: { start: number; end: number } | null, exceptions: readonly ExceptionRow[], fresh: Id): OpeningAsked {
  const exception = exceptions.find((one) => one.opening === was.opening && one.on_date === day) ?? null;
  return { was, now: hours === null ? null : { ...was, start_minute: hours.start, end_minute: hours.end }, scope: 'day', day, exception, fresh };
}
