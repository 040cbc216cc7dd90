// SPDX-License-Identifier: AGPL-3.0-or-later
/** Hours, dates and states in words. Hours are `9 h 40` in sentences and `9:40` in grids and buttons (look.md). */
import { dateAt, dayAt, repeated, wallOf } from '../../usecases/desk/days';
import { statesOf, type State, type Visit, type VisitType } from '../../usecases/desk/model';
import { language, t, type WordKey } from '../../words/index';

const two = (value: number) => String(value).padStart(2, '0');

function parts(zone: string, instant: number): { hour: number; minute: number; fold: 0 | 1 | null } {
  const day = dayAt(zone, instant);
  const wall = wallOf(day, instant);
  const twice = repeated(day);
  const minute = wall.minute % 1440;
  const doubled = twice !== null && wall.minute >= twice.start && wall.minute < twice.end;
  return { hour: Math.floor(minute / 60), minute: Math.round(minute % 60), fold: doubled ? wall.fold : null };
}

function withSeason(hour: string, fold: 0 | 1 | null): string {
  if (fold === null) return hour;
  return fold === 0 ? t('desk.summer', { hour }) : t('desk.winter', { hour });
}

/** "9 h 40" or "9:40"; the two 2:30 of October are named by their season. */
export function hourInWords(zone: string, instant: number): string {
  const { hour, minute, fold } = parts(zone, instant);
  const plain = language() === 'en' ? `${hour}:${two(minute)}` : minute === 0 ? `${hour}\u00a0h` : `${hour}\u00a0h\u00a0${two(minute)}`;
  return withSeason(plain, fold);
}

/** "9:40", for grids and buttons. */
export function hourInGrid(zone: string, instant: number): string {
  const { hour, minute, fold } = parts(zone, instant);
  return withSeason(`${hour}:${two(minute)}`, fold);
}

/** "20 min", "3 h 30", "4 h": how long so many seconds are. */
export function lengthInWords(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t('desk.minutes', { minutes });
  return minutes % 60 === 0 ? `${minutes / 60}\u00a0h` : `${Math.floor(minutes / 60)}\u00a0h\u00a0${two(minutes % 60)}`;
}

const dateFormats = new Map<string, Intl.DateTimeFormat>();

function formatted(date: string, name: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${language()} ${name}`;
  let format = dateFormats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(language() === 'en' ? 'en-GB' : 'fr-FR', { ...options, timeZone: 'UTC' });
    dateFormats.set(key, format);
  }
  const plain = format.format(new Date(`${date}T00:00:00Z`));
  const text = language() === 'fr' ? plain.replace(/(?<!\d)1(?!\d|er)/, '1er') : plain;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "Jeudi 18 mars" */
export const dayInWords = (date: string) => formatted(date, 'day', { weekday: 'long', day: 'numeric', month: 'long' });
/** "Jeudi 18" */
export const dayShort = (date: string) => formatted(date, 'short', { weekday: 'long', day: 'numeric' });
/** "jeudi", or "jeu." */
export const dayLetters = (date: string, length: 'long' | 'short') => formatted(date, `weekday ${length}`, { weekday: length });
/** "7 septembre 1988" */
export const dateInWords = (date: string) => formatted(date, 'date', { day: 'numeric', month: 'long', year: 'numeric' });

/** "15 – 19 mars 2027"; months and years are said once when they are the same. */
export function weekInWords(first: string, last: string): string {
  const sameYear = first.slice(0, 4) === last.slice(0, 4);
  const sameMonth = first.slice(0, 7) === last.slice(0, 7);
  const start = sameMonth
    ? formatted(first, 'number', { day: 'numeric' })
    : formatted(first, sameYear ? 'month' : 'date', { day: 'numeric', month: 'long', ...(sameYear ? {} : { year: 'numeric' as const }) });
  return `${start} – ${dateInWords(last)}`;
}

/** Within a sentence French writes days small, English does not. */
export const within = (text: string) => (language() === 'en' ? text : text.charAt(0).toLowerCase() + text.slice(1));

/** "jeudi 18 mars, 9 h 40", inside a sentence. */
export function whenInWords(zone: string, instant: number): string {
  return `${within(dayInWords(dateAt(zone, instant)))}, ${hourInWords(zone, instant)}`;
}

const STATE_WORDS: Record<State, WordKey> = {
  expected: 'state.expected', fresh: 'state.fresh', moved: 'state.moved', unverified: 'state.unverified', arrived: 'state.arrived',
  waiting: 'state.waiting', seen: 'state.seen', missed: 'state.missed', software: 'state.software', extra: 'state.extra',
  request: 'state.request', sealed: 'state.sealed', unreadable: 'state.unreadable', cancelled: 'state.cancelled',
};

export function stateInWords(visit: Visit, state: State): string {
  if (state === 'sealed' && visit.reading === 'foreign') return t('state.foreign');
  if (state === 'cancelled' && visit.status === 'refused') return t('state.refused');
  return t(STATE_WORDS[state]);
}

/** All of a visit's states, the one that draws it first. */
export function statesInWords(visit: Visit): string {
  return statesOf(visit).map((state) => stateInWords(visit, state)).join(', ');
}

export function typeName(type: VisitType | undefined): string {
  return type === undefined ? '' : language() === 'en' ? type.en : type.fr;
}

export function fullName(visit: Visit): string | null {
  return visit.identity === null ? null : `${visit.identity.firstName} ${visit.identity.surname}`.trim();
}

/** "homonyme ce jour, naissance le 4 mars 1961" */
export const namesakeInWords = (birthDate: string) => t('desk.namesake', { date: dateInWords(birthDate) });

/** What of a birth date tells two namesakes apart in a block: "1961", "04/03/1961", in a narrow lane "61". */
export function birthInGrid(birthDate: string, length: 'short' | 'year' | 'date'): string {
  const [year = '', month = '', day = ''] = birthDate.split('-');
  return length === 'date' ? `${day}/${month}/${year}` : length === 'year' ? year : year.slice(2);
}

/** What a screen reader is told of a visit, in this order: hours, name (or that it is sealed), whose namesake, type, state. */
export function visitName(visit: Visit, zone: string, type: string, namesake = false): string {
  const hours = t('desk.from_to', { from: hourInWords(zone, visit.start), to: hourInWords(zone, visit.end) });
  const name = fullName(visit);
  const apart = visit.identity !== null && namesake ? [namesakeInWords(visit.identity.birthDate)] : [];
  return (name === null ? [hours, statesInWords(visit), type] : [hours, name, ...apart, type, statesInWords(visit)]).join(', ');
}
