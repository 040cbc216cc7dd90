// SPDX-License-Identifier: AGPL-3.0-or-later
/** People in words. */
import { showPhone } from '../../../usecases/fields';
import type { CardContent } from '../../../seal/people';
import type { Person } from '../../../usecases/patients/search';
import { spokenPhone } from '../../parts/phone';
import { dateInWords } from '../say';
import { t, tn } from '../../../words/index';

export const SEX_WORDS = { unknown: 'patients.sex_unknown', female: 'patients.sex_female', male: 'patients.sex_male', other: 'patients.sex_other' } as const;
export const LANGUAGE_WORDS = { fr: 'patients.language_fr', en: 'patients.language_en' } as const;
export const FIELD_WORDS = {
  birthName: 'field.birth_name', givenName: 'field.given_name', usedName: 'patients.used_name', birthDate: 'field.birth_date', sex: 'field.sex',
  phone: 'panel.phone', email: 'field.email', language: 'patients.language', note: 'patients.note', refuse: 'patients.refuse_message',
} as const;

/** One field of a card as somebody reads it. */
export function fieldInWords(of: CardContent, field: keyof typeof FIELD_WORDS): string {
  if (field === 'sex') return t(SEX_WORDS[of.sex]);
  if (field === 'language') return t(LANGUAGE_WORDS[of.language ?? 'fr']);
  if (field === 'birthDate') return dateInWords(of.birthDate);
  if (field === 'phone') return of.phone === null ? t('none') : spokenPhone(of.phone);
  return of[field] ?? t('none');
}

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
