// SPDX-License-Identifier: AGPL-3.0-or-later
/** Two people of one surname on one day: whoever notes an arrival or cancels must not take one for the other. */
import type { Visit } from './model';

/** What of the birth date tells a visit's person from the day's others of that surname: its year, or all of it. */
export type ToldApart = 'year' | 'date';

const folded = (name: string) => name.normalize('NFD').replace(/\p{Diacritic}/gu, '').toLowerCase().trim();

/** Of one day's visits, by record, those whose surname another person of the day bears too. One person twice is nobody's namesake. */
export function namesakesOf(visits: readonly Visit[]): ReadonlyMap<string, ToldApart> {
  const bearers = new Map<string, { record: string; person: string; year: string }[]>();
  for (const { record, identity } of visits) {
    if (identity === null) continue;
    const { surname, firstName, birthDate } = identity;
    const one = { record, person: `${folded(firstName)}/${birthDate}`, year: birthDate.slice(0, 4) };
    bearers.set(folded(surname), [...(bearers.get(folded(surname)) ?? []), one]);
  }
  const told = new Map<string, ToldApart>();
  for (const group of bearers.values()) {
    if (group.every(({ person }) => person === group[0]!.person)) continue;
    for (const one of group) told.set(one.record, group.some(({ person, year }) => person !== one.person && year === one.year) ? 'date' : 'year');
  }
  return told;
}
