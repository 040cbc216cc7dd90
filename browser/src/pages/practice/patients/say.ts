// SPDX-License-Identifier: AGPL-3.0-or-later
/** People in words. */
import { showPhone } from '../../../usecases/fields';
import type { Person } from '../../../usecases/patients/search';
import { dateInWords } from '../say';
import { t, tn } from '../../../words/index';

interface Names {
  givenName: string;
  birthName: string;
  usedName: string | null;
}

/** "Alice Fontbonne", "Alice Le Goff (Fontbonne)". */
export function fullNameOf({ givenName, birthName, usedName }: Names): string {
  return usedName === null || usedName === birthName ? `${givenName} ${birthName}` : `${givenName} ${usedName} (${birthName})`;
}

/** "14 mars 1961, 06 39 98 00 01, 2 absences". */
export function factsOf({ birthDate, phone, noShows, refused }: Person): string {
  const said = [t('patients.born', { date: dateInWords(birthDate) })];
  if (phone !== null) said.push(showPhone(phone));
  if (noShows > 0) said.push(tn('patients.no_shows', noShows));
  if (refused) said.push(t('patients.refused_tag'));
  return said.join(', ');
}
