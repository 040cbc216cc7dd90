// SPDX-License-Identifier: AGPL-3.0-or-later
/** Two people of one name on one day: whoever notes an arrival or cancels must not take one for the other. */
import type { Visit } from './model';

/** What of the birth date tells a visit's person from the day's others of that name: its year, or all of it. */
export type ToldApart = 'year' | 'date';

/** So many letters of a first name, at the most, stand before a surname where the whole has no room. */
const LETTERS_MAX = 3;

const folded = (name: string) => name.normalize('NFD').replace(/\p{Diacritic}/gu, '').toLowerCase().trim();

interface One {
  record: string;
  first: string;
  firstName: string;
  born: string;
}

/** One day's visits by surname, where more than one person bears it. One person twice is nobody's namesake. */
function* bearersOf(visits: readonly Visit[]): Iterable<One[]> {
  const bearers = new Map<string, One[]>();
  for (const { record, identity } of visits) {
    if (identity === null) continue;
    const { surname, firstName, birthDate } = identity;
    const one = { record, first: folded(firstName), firstName: firstName.trim(), born: birthDate };
    bearers.set(folded(surname), [...(bearers.get(folded(surname)) ?? []), one]);
  }
  for (const group of bearers.values()) if (group.some(({ first, born }) => first !== group[0]!.first || born !== group[0]!.born)) yield group;
}

/** Of one day's visits, by record, those whose surname and first name another person of the day bears too. */
export function namesakesOf(visits: readonly Visit[]): ReadonlyMap<string, ToldApart> {
  const told = new Map<string, ToldApart>();
  for (const group of bearersOf(visits)) for (const one of group) {
    const others = group.filter(({ first, born }) => first === one.first && born !== one.born);
    if (others.length > 0) told.set(one.record, others.some(({ born }) => born.slice(0, 4) === one.born.slice(0, 4)) ? 'date' : 'year');
  }
  return told;
}

/** Of one day's visits, by record, those of one surname and several first names: the first letters that tell them apart, "R.". */
export function firstLettersOf(visits: readonly Visit[]): ReadonlyMap<string, string> {
  const letters = new Map<string, string>();
  for (const group of bearersOf(visits)) for (const { record, first, firstName } of group) {
    const others = group.filter((other) => other.first !== first);
    if (others.length === 0) continue;
    let length = 1;
    while (length < LETTERS_MAX && others.some((other) => other.first.startsWith(first.slice(0, length)))) length += 1;
    letters.set(record, length < firstName.length ? `${firstName.slice(0, length)}.` : firstName);
  }
  return letters;
}
