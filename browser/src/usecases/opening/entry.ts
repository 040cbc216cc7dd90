// SPDX-License-Identifier: AGPL-3.0-or-later
/** An activity of the register, as a practice takes it over: names as they are written, not in capitals. */
import { Mistyped, readPhone, showPhone } from '../fields';
import type { Entry } from './routes';

export interface Person {
  title: string;
  given_name: string;
  family_name: string;
  specialty: string;
}

export interface Place {
  address: string;
  postcode: string;
  town_code: string;
}

const titled = (text: string) => text.toLowerCase().replace(/(^|[\s'’-])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());

export function personOf(entry: Entry): Person {
  const doctor = entry.specialties.some((code) => code.startsWith('SM'));
  return { title: doctor ? 'Dr' : '', given_name: entry.given_name, family_name: titled(entry.family_name), specialty: entry.specialties[0] ?? '' };
}

/** Somebody whom the register did not show, as they were typed to be found: the surname last, a number of the register no name. */
export function personTyped(typed: string): Person {
  const [, title = '', rest = ''] = /^\s*(dr|pr)?\.?\s+(.*)$/iu.exec(` ${typed.replace(/[\d@<>]/g, '')}`) ?? [];
  const words = titled(rest).trim().split(/\s+/);
  return { title: titled(title), given_name: words.slice(0, -1).join(' '), family_name: words.at(-1) ?? '', specialty: '' };
}

export const placeOf = ({ address, postcode, town_code }: Entry): Place => ({ address, postcode, town_code });

export const POSTCODE = /^\d{5}$/;

/** A practice's number as its page shows it, in pairs when it is French; '' when none is given, null for one that nobody can dial. */
export function sitePhone(typed: string): string | null {
  if (typed.trim() === '') return '';
  try {
    return showPhone(readPhone(typed)).replace(/\u00a0/g, ' ');
  } catch (error) {
    if (!(error instanceof Mistyped)) throw error;
    // A patient cannot be reached at 08, a practice can.
    return error.key === 'field.phone.special' ? `0${typed.replace(/\D/g, '').slice(-9)}`.replace(/(\d\d)(?=\d)/g, '$1 ') : null;
  }
}

export type PersonFault = 'given' | 'family' | 'specialty';
export type PlaceFault = 'address' | 'postcode' | 'town';

/** What is missing of a person, in the order of the fields. */
export function personFaults({ given_name: given, family_name: family, specialty }: Person): PersonFault[] {
  return [...(given.trim() === '' ? ['given' as const] : []), ...(family.trim() === '' ? ['family' as const] : []), ...(specialty === '' ? ['specialty' as const] : [])];
}

/** What is missing of a place, in the order of the fields. */
export function placeFaults({ address, postcode, town_code: town }: Place): PlaceFault[] {
  return [...(address.trim() === '' ? ['address' as const] : []), ...(POSTCODE.test(postcode) ? [] : ['postcode' as const]), ...(town === '' ? ['town' as const] : [])];
}
