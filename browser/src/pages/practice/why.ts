// SPDX-License-Identifier: AGPL-3.0-or-later
/** Reasons why a time is not offered, in a sentence each (domain/reason.py names them). */
import { language, t, type WordKey } from '../../words/index';
import { dateInWords, dayInWords, hourInWords, within } from './say';

type Told = { reason: string } & Record<string, unknown>;

const PLAIN: Readonly<Record<string, WordKey>> = {
  visit_type_not_here: 'why.visit_type_not_here', agenda_closed: 'why.agenda_closed', staff_only: 'why.staff_only',
  known_patients_only: 'why.known_patients_only', closed_this_date: 'why.closed_this_date',
  opening_keeps_other_types: 'why.opening_keeps_other_types', past: 'why.past',
};

/** What a sentence says beside its words; a reason told by its name alone gets a plainer one. */
const FACTS: Readonly<Record<string, readonly string[]>> = {
  no_such_wall_clock: ['gap_from', 'gap_until'], holiday: ['fr', 'en'], closed_hours: ['since', 'until'], absent: ['since', 'until'],
  not_on_step: ['step_minutes', 'opening_since'], too_soon: ['earliest'], too_far: ['last_day'], agenda_ended: ['last_day'], busy: ['since', 'until'], busy_elsewhere: ['since', 'until'],
  resource_busy: ['kind'], quota_reached: ['quota'],
};

/** A wall clock of the site ("2027-03-18T12:00:00") in words; its date only when it is another day's. */
function wall(value: unknown): string {
  const text = String(value ?? '');
  const [, hour, minute] = /T(\d\d):(\d\d)/.exec(text) ?? [];
  if (hour === undefined || minute === undefined) return text;
  const h = Number(hour);
  if (language() === 'en') return `${h}:${minute}`;
  return minute === '00' ? `${h}\u00a0h` : `${h}\u00a0h\u00a0${minute}`;
}

function wallWithDay(value: unknown): string {
  return `${within(dayInWords(String(value ?? '').slice(0, 10)))} ${wall(value)}`;
}

/** From and until; the day is named only where the span leaves it. */
function span(told: Told): { from: string; to: string } {
  const [since, until] = [String(told['since']), String(told['until'])];
  const say = since.slice(0, 10) === until.slice(0, 10) ? wall : wallWithDay;
  return { from: say(since), to: say(until) };
}

export function reasonInWords(told: Told, zone: string): string {
  const plain = PLAIN[told.reason];
  if (plain !== undefined) return t(plain);
  if ((FACTS[told.reason] ?? []).some((name) => told[name] === undefined)) return t('why.other');
  const instant = (name: string) => hourInWords(zone, Date.parse(String(told[name])) / 1000);
  switch (told.reason) {
    case 'no_such_wall_clock': return t('why.no_such_wall_clock', { from: wall(told['gap_from']), to: wall(told['gap_until']) });
    case 'holiday': return t('why.holiday', { name: String(told[language()] ?? '') });
    case 'closed_hours': return t('why.closed_hours', span(told));
    case 'absent': return t('why.absent', span(told));
    case 'not_on_step': return t('why.not_on_step', { minutes: String(told['step_minutes']), from: wall(told['opening_since']) });
    case 'too_soon': return t('why.too_soon', { from: instant('earliest') });
    case 'too_far': return t('why.too_far', { date: dateInWords(String(told['last_day'])) });
    case 'agenda_ended': return t('why.agenda_ended', { date: dateInWords(String(told['last_day'])) });
    case 'busy': return t('why.busy', { from: instant('since'), to: instant('until') });
    case 'busy_elsewhere': return t('why.busy_elsewhere', { from: instant('since'), to: instant('until') });
    case 'resource_busy': return t('why.resource_busy', { kind: String(told['kind']) });
    case 'quota_reached': return t('why.quota_reached', { quota: String(told['quota']) });
    default: return t('why.other');
  }
}
