// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * One line typed with a phone at one's ear, read as dates and hours: "12-19 août", "jeudi 14-16", "demain matin",
 * "from 12 to 19 August", "this Thursday only 14-16". Both languages are always understood; what is not gives null.
 */
import type { LocalDate } from '../../wire/types';
import { addDays, monday, weekday } from '../desk/days';

/** absent: away; extra: open besides; only: open then and at no other hour of that day. */
export type QuickKind = 'absent' | 'extra' | 'only';

export interface Quick {
  kind: QuickKind;
  from: LocalDate;
  /** The last day, included. */
  until: LocalDate;
  /** Minutes of the day; null: whole days. */
  start: number | null;
  end: number | null;
}

const MONTHS = [
  ['janvier', 'janv', 'january', 'jan'], ['fevrier', 'fevr', 'fev', 'february', 'feb'], ['mars', 'march', 'mar'], ['avril', 'avr', 'april', 'apr'],
  ['mai', 'may'], ['juin', 'june', 'jun'], ['juillet', 'juil', 'july', 'jul'], ['aout', 'august', 'aug'],
  ['septembre', 'sept', 'september', 'sep'], ['octobre', 'october', 'oct'], ['novembre', 'november', 'nov'], ['decembre', 'december', 'dec'],
];
const DAYS = [
  ['lundi', 'lun', 'monday', 'mon'], ['mardi', 'tuesday', 'tue'], ['mercredi', 'mer', 'wednesday', 'wed'], ['jeudi', 'jeu', 'thursday', 'thu'],
  ['vendredi', 'ven', 'friday', 'fri'], ['samedi', 'sam', 'saturday', 'sat'], ['dimanche', 'dim', 'sunday', 'sun'],
];
const ONLY = ['seulement', 'uniquement', 'only'];
const EXTRA = ['ouvert', 'ouverte', 'open', 'extra', 'plus'];
const NOON = 13 * 60;
const EVENING = 18 * 60;
const DAY_MINUTES = 1440;
/** Morning, afternoon, evening: minutes of the day. An afternoon of which nobody says the end lasts until the day's. */
const PARTS = [[0, NOON], [NOON, DAY_MINUTES], [EVENING, DAY_MINUTES]] as const;
const PART_WORDS = [['matin', 'matinee', 'morning'], ['aprem', 'aprm', 'apm', 'afternoon'], ['soir', 'soiree', 'evening']];

type Token =
  | { kind: 'number'; value: number }
  | { kind: 'clock'; value: number }
  | { kind: 'date'; value: LocalDate }
  | { kind: 'month'; value: number }
  | { kind: 'weekday'; value: number }
  | { kind: 'part'; value: number }
  | { kind: 'week'; value: LocalDate }
  | { kind: 'dash' };

function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{Diacritic}/gu, '').toLowerCase().replace(/[’']/g, ' ').replace(/[–—]/g, '-');
}

function indexIn(lists: readonly string[][], word: string): number {
  return lists.findIndex((list) => list.includes(word));
}

function real(year: number, month: number, day: number): LocalDate | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.toISOString().slice(0, 10) : null;
}

/** The date in the year named, else the next one from today on. */
function dateOf(day: number, month: number, year: number | null, today: LocalDate): LocalDate | null {
  if (year !== null) return real(year < 100 ? 2000 + year : year, month, day);
  const this_ = real(Number(today.slice(0, 4)), month, day);
  return this_ !== null && this_ >= today ? this_ : real(Number(today.slice(0, 4)) + 1, month, day);
}

const CLOCK = /^(\d{1,2}) ?(?:h|:)(?: ?(\d{2}))?(?= |-|$)/;
const CLOCK_PM = /^(\d{1,2})(?::(\d{2}))? ?(am|pm)(?= |-|$)/;
const SLASHED = /^(\d{1,2})[/.](\d{1,2})(?:[/.](\d{4}|\d{2}))?(?= |-|$)/;
const ISO = /^(\d{4})-(\d{2})-(\d{2})(?= |$)/;

function clock(hours: number, minutes: number): Token | null {
  const value = hours * 60 + minutes;
  return minutes < 60 && value <= DAY_MINUTES ? { kind: 'clock', value } : null;
}

interface Read {
  tokens: Token[];
  /** "ce matin", "this afternoon", "tonight": of today where no date is said. */
  now: boolean;
  /** "from 2pm", "dès 14h": an hour with nothing else is of today; `must`: without an hour nobody knows until when. */
  since: 'not said' | 'may' | 'must';
  kind: QuickKind;
}

function read(text: string, today: LocalDate): Read | null {
  let rest = ` ${fold(text)} `.replace(/,/g, ' ');
  const tokens: Token[] = [];
  let kind: QuickKind = 'absent';
  let next = false;
  let now = false;
  let since: Read['since'] = 'not said';
  while ((rest = rest.trimStart()) !== '') {
    const match = (pattern: RegExp): RegExpExecArray | null => {
      const found = pattern.exec(rest.trimEnd());
      if (found !== null) rest = rest.slice(found[0].length);
      return found;
    };
    let found: RegExpExecArray | null;
    let token: Token | null = null;
    if ((found = match(ISO)) !== null) {
      const date = real(Number(found[1]), Number(found[2]), Number(found[3]));
      token = date === null ? null : { kind: 'date', value: date };
    } else if ((found = match(CLOCK_PM)) !== null) {
      token = clock((Number(found[1]) % 12) + (found[3] === 'pm' ? 12 : 0), Number(found[2] ?? 0));
    } else if ((found = match(CLOCK)) !== null) {
      token = clock(Number(found[1]), Number(found[2] ?? 0));
    } else if ((found = match(SLASHED)) !== null) {
      const date = dateOf(Number(found[1]), Number(found[2]), found[3] === undefined ? null : Number(found[3]), today);
      token = date === null ? null : { kind: 'date', value: date };
    } else if ((found = match(/^(\d{1,4})(?:er|st|nd|rd|th)?(?= |-|$)/)) !== null) token = { kind: 'number', value: Number(found[1]) };
    else if (match(/^-/) !== null) token = { kind: 'dash' };
    else if (match(/^(a partir|a compter|as of|as from|starting)\b|^(des|depuis|since)(?= )/) !== null) { since = 'must'; continue; }
    else if (match(/^(apres|after) ?-? ?midi\b/) !== null) token = { kind: 'part', value: 1 };
    else if (match(/^(apres|day after) ?-? ?(demain|tomorrow)\b/) !== null) token = { kind: 'date', value: addDays(today, 2) };
    else if (match(/^(semaine prochaine|next week)\b/) !== null) token = { kind: 'week', value: addDays(monday(today), 7) };
    else if (match(/^(cette semaine|this week)\b/) !== null) token = { kind: 'week', value: monday(today) };
    else if ((found = match(/^[a-z]+/)) !== null) {
      const word = found[0];
      if (['au', 'a', 'to', 'until', 'jusqu', 'till'].includes(word)) token = { kind: 'dash' };
      else if (['ce', 'cet', 'cette', 'this'].includes(word)) { now = true; continue; }
      else if (word === 'tonight') {
        now = true;
        token = { kind: 'part', value: 2 };
      } else if (word === 'from') {
        if (since === 'not said') since = 'may';
        continue;
      } else if (['du', 'de', 'le', 'la', 'les', 'the', 'of', 'on', 'et', 'en', 'absent', 'absente', 'malade', 'souffrant', 'souffrante', 'sick', 'ill', 'away', 'off', 'in', 'conge', 'conges', 'h', 'journee', 'journees', 'entiere', 'entieres', 'whole', 'day', 'days', 'all'].includes(word)) continue;
      else if (word === 'prochain' || word === 'next') { next = true; continue; }
      else if (ONLY.includes(word)) { kind = 'only'; continue; }
      else if (EXTRA.includes(word)) { if (kind === 'absent') kind = 'extra'; continue; }
      else if (word === 'aujourd' || word === 'today') token = { kind: 'date', value: today };
      else if (word === 'hui') continue;
      else if (word === 'demain' || word === 'tomorrow') token = { kind: 'date', value: addDays(today, 1) };
      else if (indexIn(PART_WORDS, word) >= 0) token = { kind: 'part', value: indexIn(PART_WORDS, word) };
      else if (indexIn(DAYS, word) >= 0) token = { kind: 'weekday', value: indexIn(DAYS, word) + 1 };
      else if (indexIn(MONTHS, word) >= 0) token = { kind: 'month', value: indexIn(MONTHS, word) + 1 };
      else return null;
    } else return null;
    if (token === null) return null;
    // "jusqu’au" and "to the" are one dash.
    if (token.kind !== 'dash' || tokens.at(-1)?.kind !== 'dash') tokens.push(token);
  }
  return { tokens: dated(tokens, today, next), kind, now, since };
}

/** Numbers with their months, and weekdays, become dates; "12-19 août" lends its month to the first. */
function dated(tokens: readonly Token[], today: LocalDate, next: boolean): Token[] {
  const out: Token[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const [one, two, three, four] = [tokens[at]!, tokens[at + 1], tokens[at + 2], tokens[at + 3]];
    const year = (token: Token | undefined) => (token?.kind === 'number' && token.value >= 2000 ? token.value : null);
    const put = (date: LocalDate | null) => { if (date !== null) out.push({ kind: 'date', value: date }); };
    if (one.kind === 'number' && two?.kind === 'month') {
      put(dateOf(one.value, two.value, year(three), today));
      at += year(three) === null ? 1 : 2;
    } else if (one.kind === 'number' && two?.kind === 'dash' && three?.kind === 'number' && four?.kind === 'month') {
      const named = year(tokens[at + 4]);
      const last = dateOf(three.value, four.value, named, today);
      // Both are of one month of one year, also where the first is past: what has begun ends in days, not next year.
      put(last === null ? null : real(Number(last.slice(0, 4)), four.value, one.value));
      out.push(two);
      put(last);
      at += named === null ? 3 : 4;
    } else if (one.kind === 'month' && two?.kind === 'number' && two.value <= 31) {
      put(dateOf(two.value, one.value, year(three), today));
      at += year(three) === null ? 1 : 2;
    } else if (one.kind === 'weekday') {
      // "jeudi 12 août" names its date itself.
      const named = two?.kind === 'date' || two?.kind === 'month' || (two?.kind === 'number' && (three?.kind === 'month' || (three?.kind === 'dash' && tokens[at + 4]?.kind === 'month')));
      const ahead = (one.value - weekday(today) + 7) % 7;
      if (!named) put(addDays(today, ahead + (next && ahead === 0 ? 7 : 0)));
    } else out.push(one);
  }
  return out;
}

const WEEKLY = /\b(tous|toutes|chaque|every|each)\b|\b(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|monday|tuesday|wednesday|thursday|friday|saturday|sunday)s\b/;

/** Why a line that was not read cannot be: it comes back every week, or it ends before it begins. Null: it is not finished, or not understood. */
export function faultOf(text: string, today: LocalDate): 'weekly' | 'backwards' | null {
  if (WEEKLY.test(fold(text))) return 'weekly';
  const [from, until, ...more] = (read(text, today)?.tokens ?? []).flatMap((token) => (token.kind === 'date' ? [token.value] : []));
  return from !== undefined && until !== undefined && more.length === 0 && until < from ? 'backwards' : null;
}

/** What a line means on a day `today` of the site, or null. */
export function readQuick(text: string, today: LocalDate): Quick | null {
  const found = read(text, today);
  if (found === null) return null;
  const { tokens, kind, now, since } = found;
  const dates = tokens.flatMap((token) => (token.kind === 'date' ? [token.value] : []));
  const week = tokens.find((token) => token.kind === 'week');
  if (week !== undefined && dates.length === 0) dates.push(week.value, addDays(week.value, 6));
  const parts = tokens.flatMap((token) => (token.kind === 'part' ? [PARTS[token.value]!] : []));
  if (dates.length === 0 && now && parts.length > 0) dates.push(today);
  if (dates.length === 0 && since !== 'not said' && tokens.length === 1 && tokens[0]!.kind === 'clock') dates.push(today);
  if (dates.length === 0 || dates.length > 2) return null;
  const clocks = tokens.flatMap((token, at) => {
    if (token.kind === 'clock') return [token.value];
    // A bare number beside a dash is an hour, once the date is said.
    if (token.kind === 'number' && token.value <= 24 && (tokens[at - 1]?.kind === 'dash' || tokens[at + 1]?.kind === 'dash')) return [token.value * 60];
    return token.kind === 'number' ? [NaN] : [];
  });
  const [from, until] = [dates[0]!, dates[1] ?? dates[0]!];
  if (until < from || clocks.some(Number.isNaN) || clocks.length > 2 || parts.length > dates.length || (parts.length > 0 && clocks.length > 0)) return null;
  if (parts.length > 0) return { kind, from, until, start: parts[0]![0], end: parts.at(-1)![1] };
  if (clocks.length === 0 && since === 'must') return null;
  if (clocks.length === 0) return kind === 'absent' ? { kind, from, until, start: null, end: null } : null;
  if (clocks.length === 1) return kind === 'absent' ? { kind, from, until, start: clocks[0]!, end: DAY_MINUTES } : null;
  const [start, end] = [clocks[0]!, clocks[1]!];
  if (from === until && end <= start) return null;
  return { kind, from, until, start, end };
}
