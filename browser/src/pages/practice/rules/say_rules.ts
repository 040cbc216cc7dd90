// SPDX-License-Identifier: AGPL-3.0-or-later
/** Rules in words: days, hours, rhythms, absences. */
import { WEEKDAYS, clockOf, rhythmOf, weekdaysOf, type Weekday } from '../../../usecases/rules/openings';
import { spokenAbsence } from '../../../usecases/rules/dates';
import type { Quick } from '../../../usecases/rules/quick';
import type { AbsenceRow, OpeningRow, VisitTypeRow } from '../../../usecases/rules/routes';
import type { LocalDate } from '../../../wire/types';
import { language, t } from '../../../words/index';
import { listed } from '../../../words/when';
import { dateInWords, dayInWords, within } from '../say';

/** "Lundi" */
export function weekdayName(day: Weekday): string {
  // 5 January 2026 was a Monday.
  const date = new Date(Date.UTC(2026, 0, 5 + WEEKDAYS.indexOf(day)));
  const name = new Intl.DateTimeFormat(language(), { weekday: 'long', timeZone: 'UTC' }).format(date);
  return name.charAt(0).toUpperCase() + name.slice(1);
}

export const weekdayWithin = (day: Weekday): string => within(weekdayName(day));

/** "8:30 – 12:00"; the next day's end says so. */
export function hoursShort(start: number, end: number): string {
  const plain = (minute: number) => clockOf(minute).replace(/^0/, '');
  const text = `${plain(start)} – ${end === 1440 ? '24:00' : plain(end)}`;
  return end > 1440 ? t('rules.next_day', { hours: text }) : text;
}

/** "9 h 30" or "9:30" of a minute of the day. */
export function minuteInWords(minute: number): string {
  const [hour, rest] = [Math.floor(minute / 60), minute % 60];
  if (language() === 'en') return `${hour}:${String(rest).padStart(2, '0')}`;
  return rest === 0 ? `${hour}\u00a0h` : `${hour}\u00a0h\u00a0${String(rest).padStart(2, '0')}`;
}

/** "jeudi 18 mars", with the year when it is another one than `today`'s. */
export function dateWords(date: LocalDate, today: LocalDate): string {
  const day = within(dayInWords(date));
  return date.slice(0, 4) === today.slice(0, 4) ? day : `${day} ${date.slice(0, 4)}`;
}

/** "semaines impaires, jusqu’au 3 juin 2027"; empty for every week without end. */
export function rhythmInWords(row: OpeningRow, today: LocalDate): string {
  const { rhythm, every } = rhythmOf(row);
  const parts: string[] = [];
  if (rhythm === 'odd') parts.push(t('rules.odd'));
  else if (rhythm === 'even') parts.push(t('rules.even'));
  else if (rhythm === 'interval') parts.push(t('rules.every_weeks', { count: every }));
  else if (rhythm === 'custom') parts.push(t('rules.custom', { rule: row.rrule }));
  if (rhythm === 'once') parts.push(dateWords(row.first_date, today));
  else {
    if (row.first_date > today) parts.push(t('rules.from_date', { date: dateInWords(row.first_date) }));
    if (row.last_date !== null) parts.push(t('rules.until_date', { date: dateInWords(row.last_date) }));
  }
  return parts.join(', ');
}

/** "Lundi et jeudi, 9:00 – 12:00, semaines impaires" */
export function openingInWords(row: OpeningRow, today: LocalDate): string {
  const days = weekdaysOf(row).map((day, nth) => (nth === 0 ? weekdayName(day) : weekdayWithin(day)));
  return [days.length > 0 ? listed(days) : '', hoursShort(row.start_minute, row.end_minute), rhythmInWords(row, today)].filter(Boolean).join(', ');
}

/** "du jeudi 12 août au jeudi 19 août, journées entières"; "jeudi 18 mars, de 14 h à 16 h". */
export function spellInWords(quick: Pick<Quick, 'from' | 'until' | 'start' | 'end'>, today: LocalDate): string {
  const [from, until] = [dateWords(quick.from, today), dateWords(quick.until, today)];
  const single = quick.from === quick.until;
  if (quick.start === null || quick.end === null) return single ? t('rules.spell_day', { day: from }) : t('rules.spell_days', { from, until });
  const [start, end] = [minuteInWords(quick.start), minuteInWords(quick.end)];
  return single ? t('rules.spell_hours', { day: from, start, end }) : t('rules.spell_span', { from, start, until, end });
}

export function absenceInWords(row: AbsenceRow, today: LocalDate): string {
  return spellInWords(spokenAbsence(row), today);
}

export const typeNameOf = (type: VisitTypeRow): string => (language() === 'en' ? type.name_en : type.name_fr);
