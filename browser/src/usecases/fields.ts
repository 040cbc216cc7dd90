/** What may be wrong with a field; the page has the sentence of the same name. */
export type Fault =
  | 'field.answer.missing' | 'field.birth_name.missing' | 'field.choice.missing' | 'field.date.day' | 'field.date.future'
  | 'field.date.missing' | 'field.date.month' | 'field.date.old' | 'field.date.unreadable' | 'field.date.year' | 'field.email.after'
  | 'field.email.at' | 'field.email.before' | 'field.email.dots' | 'field.email.comma' | 'field.email.long' | 'field.email.space' | 'field.email.two_at'
  | 'field.given_name.missing' | 'field.name.digits' | 'field.name.long' | 'field.phone.characters' | 'field.phone.extra_digits'
  | 'field.phone.foreign_long' | 'field.phone.foreign_short' | 'field.phone.foreign_zero' | 'field.phone.missing'
  | 'field.phone.missing_digits' | 'field.phone.no_zero' | 'field.phone.one_extra' | 'field.phone.one_missing' | 'field.phone.special'
  | 'field.phone.start' | 'field.phone.zeros' | 'field.relation.missing' | 'field.sex.missing' | 'field.text.long';

/** What a person typed cannot be taken as it is: `key` says why, by the name of the sentence that tells it. */
export class Mistyped extends Error {
  constructor(readonly key: Fault, readonly values: Record<string, string | number> = {}) {
    super(key);
  }
}

export const NAME_CHARACTERS_MAX = 80;
export const EMAIL_CHARACTERS_MAX = 254;
export const TEXT_CHARACTERS_MAX = 1000;
export const AGE_YEARS_MAX = 130;
/** E.164: at most 15 digits; the shortest numbers in use have 7 with their country code. */
const E164_DIGITS_MIN = 7;
const E164_DIGITS_MAX = 15;
const FRENCH_DIGITS = 10;

/** French numbers of overseas territories keep ten digits at home but have a country code of their own. */
const OVERSEAS: [RegExp, string][] = [
  [/^0(590|690|691)/, '590'],
  [/^0(594|694)/, '594'],
  [/^0(596|696|697)/, '596'],
  [/^0(262|263|269|639|692|693)/, '262'],
];
/** Saint-Pierre-et-Miquelon: dialled 0508 and six digits, +508 and the same six abroad. */
const SAINT_PIERRE = /^0508(\d{6})$/;

/** A name as typed, spaces tidied. Throws Mistyped. */
export function readName(typed: string, missing: Fault): string {
  const name = typed.normalize('NFC').replace(/\s+/g, ' ').trim();
  if (name === '') throw new Mistyped(missing);
  if (/[\d@<>]/.test(name)) throw new Mistyped('field.name.digits');
  if (name.length > NAME_CHARACTERS_MAX) throw new Mistyped('field.name.long', { most: NAME_CHARACTERS_MAX });
  return name;
}

/** A phone number in E.164 from the way people write it, French (overseas too) or foreign with + or 00. Throws Mistyped. */
export function readPhone(typed: string): string {
  if (typed.trim() === '') throw new Mistyped('field.phone.missing');
  if (/[^\d\s().\-/+\u00a0\u202f]/.test(typed)) throw new Mistyped('field.phone.characters');
  let digits = typed.replace(/[^\d+]/g, '');
  // Ten digits are a French number with a slip in front: abroad, 00 and a country's code make it longer.
  if (digits.startsWith('00') && digits.length === FRENCH_DIGITS) throw new Mistyped('field.phone.zeros');
  digits = digits.replace(/^00/, '+');
  if (digits.lastIndexOf('+') > 0) throw new Mistyped('field.phone.characters');
  // +33 (0)6 …: the bracketed zero is written, never dialled.
  if (digits.startsWith('+33')) digits = `0${digits.slice(3).replace(/^0/, '')}`;
  return digits.startsWith('+') ? foreignPhone(digits) : frenchPhone(digits);
}

function foreignPhone(digits: string): string {
  const count = digits.length - 1;
  if (count < E164_DIGITS_MIN) throw new Mistyped('field.phone.foreign_short');
  if (count > E164_DIGITS_MAX) throw new Mistyped('field.phone.foreign_long');
  if (digits[1] === '0') throw new Mistyped('field.phone.foreign_zero');
  return digits;
}

function frenchPhone(digits: string): string {
  if (!digits.startsWith('0')) {
    throw new Mistyped(digits.length === FRENCH_DIGITS - 1 ? 'field.phone.no_zero' : 'field.phone.start');
  }
  const short = FRENCH_DIGITS - digits.length;
  if (short === 1) throw new Mistyped('field.phone.one_missing');
  if (short > 1) throw new Mistyped('field.phone.missing_digits', { count: short });
  if (short === -1) throw new Mistyped('field.phone.one_extra');
  if (short < -1) throw new Mistyped('field.phone.extra_digits', { count: -short });
  const pierre = SAINT_PIERRE.exec(digits);
  if (pierre !== null) return `+508${pierre[1]}`;
  if (digits.startsWith('08')) throw new Mistyped('field.phone.special');
  if (digits.startsWith('00')) throw new Mistyped('field.phone.start');
  const country = OVERSEAS.find(([prefix]) => prefix.test(digits))?.[1] ?? '33';
  return `+${country}${digits.slice(1)}`;
}

/** An E.164 number as its readers write it: French ones in pairs, others as they are. */
export function showPhone(e164: string): string {
  const french = /^\+(33|590|594|596|262)(\d{9})$/.exec(e164);
  if (french === null) return e164;
  return `0${french[2]}`.replace(/(\d\d)(?=\d)/g, '$1\u00a0');
}

/** An e-mail address, or '' when none is given. Throws Mistyped. */
export function readEmail(typed: string): string {
  const email = typed.trim();
  if (email === '') return '';
  if (!email.includes('@')) throw new Mistyped('field.email.at');
  if (/\s/.test(email)) throw new Mistyped('field.email.space');
  if (email.split('@').length > 2) throw new Mistyped('field.email.two_at');
  if (/[,;]/.test(email)) throw new Mistyped('field.email.comma');
  if (email.includes('..')) throw new Mistyped('field.email.dots');
  const [name, host] = email.split('@') as [string, string];
  if (name === '') throw new Mistyped('field.email.before');
  if (!/^[^.].*\.[^.\d]{2,}$/.test(host) ) throw new Mistyped('field.email.after');
  if (email.length > EMAIL_CHARACTERS_MAX) throw new Mistyped('field.email.long');
  return email;
}

export const MONTHS = [
  ['janvier', 'january'], ['fevrier', 'february'], ['mars', 'march'], ['avril', 'april'], ['mai', 'may'], ['juin', 'june'],
  ['juillet', 'july'], ['aout', 'august'], ['septembre', 'september'], ['octobre', 'october'], ['novembre', 'november'], ['decembre', 'december'],
] as const;

function monthNamed(word: string): number {
  const plain = word.normalize('NFD').replace(/[\u0300-\u036f.]/g, '');
  const found = MONTHS.findIndex((names) => plain.length >= 3 && names.some((name) => name.startsWith(plain)));
  if (found < 0) throw new Mistyped('field.date.unreadable');
  // "jui" is June or July: no guess at a birth date.
  if (plain === 'jui') throw new Mistyped('field.date.unreadable');
  return found + 1;
}

function dateParts(typed: string): [year: string, month: string, day: string] {
  const text = typed.toLowerCase().replace(/^\s*le\s/, '').replace(/\b1\s?er\b/, '1').trim();
  const run = /^(\d{2})(\d{2})(\d{4}|\d{2})$/.exec(text);
  if (run !== null) return [run[3]!, run[2]!, run[1]!];
  const parts = text.split(/[\s/.\-,]+/).filter((part) => part !== '');
  if (parts.length !== 3) throw new Mistyped('field.date.unreadable');
  const [a, b, c] = parts as [string, string, string];
  if (/^\d{4}$/.test(a)) return [a, b, c];
  // "November 2, 2015"
  return /^\p{L}/u.test(a) ? [c, a, b] : [c, b, a];
}

/** 61 is 1961, since nobody is born in 2061 yet; 19 may be somebody of a hundred years or a child, and is not guessed. */
function wholeYear(typed: string, today: string): string {
  const thisYear = Number(today.slice(0, 4));
  if (/^\d\d$/.test(typed) && Number(`20${typed}`) > thisYear) return `19${typed}`;
  if (/^\d{1,3}$/.test(typed)) throw new Mistyped('field.date.year');
  return typed;
}

/** A birth date as YYYY-MM-DD from 2 11 2015, 02/11/2015, 2/11/61, 02112015, 2 novembre 2015 or 2015-11-02 (day first). Throws Mistyped. */
export function readBirthDate(typed: string, today: string): string {
  if (typed.trim() === '') throw new Mistyped('field.date.missing');
  const [shortYear, monthText, dayText] = dateParts(typed);
  const yearText = wholeYear(shortYear, today);
  const month = /^\d+$/.test(monthText) ? Number(monthText) : monthNamed(monthText);
  if (!/^\d{4}$/.test(yearText) || !/^\d{1,2}$/.test(dayText)) throw new Mistyped('field.date.unreadable');
  const [year, day] = [Number(yearText), Number(dayText)];
  if (month < 1 || month > 12) throw new Mistyped('field.date.month', { month });
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (day < 1 || day > lastDay) throw new Mistyped('field.date.day', { day });
  const date = `${yearText}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  if (date > today) throw new Mistyped('field.date.future');
  if (year < Number(today.slice(0, 4)) - AGE_YEARS_MAX) throw new Mistyped('field.date.old');
  return date;
}

/** Whole years from a birth date to `today`, both YYYY-MM-DD. */
export function ageYears(birth: string, today: string): number {
  return Number(today.slice(0, 4)) - Number(birth.slice(0, 4)) - (today.slice(5) < birth.slice(5) ? 1 : 0);
}
