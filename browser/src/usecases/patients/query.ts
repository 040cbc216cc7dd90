// SPDX-License-Identifier: AGPL-3.0-or-later
/** What was typed into the search box: parts of names, a birth date in any usual spelling, part of a number. */
import { Mistyped, MONTHS, readBirthDate, readPhone, showPhone } from '../fields';
import { plain } from './folding';

export interface Query {
  /** Folded parts of names, in any order. */
  words: string[];
  /** Each run of digits may be any of these: beginnings or parts of YYYY-MM-DD, and parts of a phone number. */
  numbers: { dates: string[]; phone: string | null }[];
}

/** Fewer digits would be part of nearly every number. */
export const PHONE_DIGITS_MIN = 3;
const DIGITS = /\+?\d(?:[\d./\-()\s\u00a0\u202f]*\d)?/g;

const two = (text: string) => text.padStart(2, '0');

function isDate(month: string, day: string): boolean {
  return Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= 31;
}

/** Both centuries of a two-digit year that are not in the future. */
function years(text: string, thisYear: number): string[] {
  if (text.length === 4) return [text];
  return [`19${text}`, `20${text}`].filter((year) => Number(year) <= thisYear);
}

function datesOf(text: string, thisYear: number): string[] {
  const parts = text.split(/\D+/).filter((part) => part !== '');
  const dated = (year: string, month: string, day: string) =>
    isDate(month, day) ? years(year, thisYear).map((full) => `${full}-${two(month)}-${two(day)}`) : [];
  if (parts.length === 3) {
    const [a, b, c] = parts as [string, string, string];
    if (a.length === 4) return dated(a, b, c);
    return a.length <= 2 && b.length <= 2 && (c.length === 2 || c.length === 4) ? dated(c, b, a) : [];
  }
  if (parts.length === 2 && parts.every((part) => part.length <= 2) && isDate(parts[1]!, parts[0]!)) return [`-${two(parts[1]!)}-${two(parts[0]!)}`];
  if (parts.length !== 1) return [];
  const run = parts[0]!;
  const found: string[] = [];
  if (run.length === 8) found.push(...dated(run.slice(4), run.slice(2, 4), run.slice(0, 2)), ...dated(run.slice(0, 4), run.slice(4, 6), run.slice(6)));
  if (run.length === 6) found.push(...dated(run.slice(4), run.slice(2, 4), run.slice(0, 2)));
  if (run.length === 4 && /^(18|19|20)/.test(run) && Number(run) <= thisYear) found.push(`${run}-`);
  return [...new Set(found)];
}

/** The digits as a French number or a foreign one holds them: +33 6, 0033 6 and 06 are one. */
function phoneOf(text: string): string | null {
  const digits = text.replace(/[^\d+]/g, '').replace(/^(\+|00)33\(?0?/, '0').replace(/^\+|^00/, '');
  return digits.length >= PHONE_DIGITS_MIN ? digits : null;
}

const unmarked = (text: string) => text.normalize('NFD').replace(/[\u0300-\u036f]/g, '');
const MONTH_NAMES = [...MONTHS.flat(), 'février', 'août', 'décembre'].join('|');
/** "14 mars 1961", "1er mars 61", "mars 1961", "14 mars": a month's whole name beside a number is no part of anybody's name. */
const DATED = new RegExp(`(?:(?<!\\d)(\\d{1,2})(?:er)?\\s+)?(?<!\\p{L})(${MONTH_NAMES})(?!\\p{L})(?:\\s+(\\d{4}|\\d{2})(?!\\d))?`, 'giu');

/** A date with its month in letters, as far as it was typed: beginnings or ends of YYYY-MM-DD. */
function datesNamed(day: string | undefined, name: string, year: string | undefined, thisYear: number): string[] {
  const month = MONTHS.findIndex((names) => names.some((one) => one === unmarked(name.toLowerCase()))) + 1;
  const end = `-${two(String(month))}-${day === undefined ? '' : two(day)}`;
  return year === undefined ? [end] : years(year, thisYear).map((full) => `${full}${end}`);
}

export function readQuery(typed: string, thisYear: number): Query {
  const numbers: Query['numbers'] = [];
  const undated = typed.normalize('NFC').replace(DATED, (text, day: string | undefined, name: string, year: string | undefined) => {
    if (day === undefined && year === undefined) return text;
    numbers.push({ dates: datesNamed(day, name, year, thisYear), phone: null });
    return ' ';
  });
  const rest = undated.replace(DIGITS, (run) => {
    numbers.push({ dates: datesOf(run, thisYear), phone: phoneOf(run) });
    return ' ';
  });
  return { words: plain(rest).split(' ').filter((word) => word !== ''), numbers };
}

/** Whether nothing can be looked for yet: a digit or two, and no name. */
export const isTooShort = ({ words, numbers }: Query): boolean => words.length === 0 && numbers.every(({ dates, phone }) => dates.length === 0 && phone === null);

/** Whether part of a phone number is looked for: digits that are no date. Whoever booked online has no number on their card until somebody types one there. */
export const asksByNumber = ({ numbers }: Query): boolean => numbers.some(({ dates, phone }) => dates.length === 0 && phone !== null);

/** What was typed to find somebody who is not there yet, as the beginning of their card: surname first, as it is said on the phone. */
export interface Caller {
  birthName: string;
  givenName: string;
  /** As it was typed. */
  birthDate: string;
  phone: string;
}

function reads(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (!(error instanceof Mistyped)) throw error;
    return false;
  }
}

export function readCaller(typed: string, today: string): Caller {
  const caller: Caller = { birthName: '', givenName: '', birthDate: '', phone: '' };
  const names = typed.normalize('NFC').replace(DATED, (text) => {
    if (!reads(() => readBirthDate(text, today))) return text;
    caller.birthDate = text.trim();
    return ' ';
  }).replace(DIGITS, (run) => {
    if (reads(() => readPhone(run))) caller.phone = showPhone(readPhone(run));
    else if (reads(() => readBirthDate(run, today))) caller.birthDate = run;
    // A number with a slip, or a part of one, is not typed twice either.
    else if (phoneOf(run) !== null) caller.phone = run;
    return ' ';
  });
  const [surname = '', ...given] = names.replace(/[/.+()]+/g, ' ').trim().split(/\s+/);
  const capital = (word: string) => word.charAt(0).toLocaleUpperCase() + word.slice(1);
  return { ...caller, birthName: capital(surname), givenName: given.map(capital).join(' ') };
}
