// SPDX-License-Identifier: AGPL-3.0-or-later
/** Names as they are compared: without accents, case, hyphens; and what makes two of them one person's. */
import { ID_BYTES, text, type Bytes } from '../../seal/bytes';
import { D, hmac } from '../../seal/conventions';

const MARKS = /[\u0300-\u036f]/g;
const LIGATURES: Readonly<Record<string, string>> = { œ: 'oe', æ: 'ae', ß: 'ss', ø: 'o', ł: 'l', đ: 'd' };

/** Lower case without marks; what is no letter or digit becomes a space. */
export function plain(name: string): string {
  if (/^[A-Za-z0-9]*$/.test(name)) return name.toLowerCase();
  return name.normalize('NFKD').replace(MARKS, '').toLowerCase().replace(/[œæßøłđ]/g, (letter) => LIGATURES[letter]!).replace(/[^a-z0-9]+/g, ' ').trim();
}

/** The same without any space: "Jean-Pierre", "Jean Pierre" and "JEANPIERRE" are one. */
export function fold(name: string): string {
  return plain(name).replace(/ /g, '');
}

export interface Named {
  givenName: string;
  birthName: string;
  usedName: string | null;
  birthDate: string;
}

/** Under each of these a person is looked for: same first name, birth or used name, birth date. */
export function keysOf({ givenName, birthName, usedName, birthDate }: Named): string[] {
  const names = usedName === null ? [birthName] : [birthName, usedName];
  return [...new Set(names.map((name) => `${fold(name)}\u001f${fold(givenName)}\u001f${birthDate}`))];
}

/** The card's id that every browser of the unit derives for a person (spec/rdv1.md section 6): two that meet one booking make one card. */
export function personId(epochSeed: Bytes, person: Named): Bytes {
  return hmac(D(epochSeed, 'person'), text(keysOf({ ...person, usedName: null })[0]!)).slice(0, ID_BYTES);
}
