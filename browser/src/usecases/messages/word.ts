// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * The word of an appointment's messages: what tells one from another for whoever gets them, and says nothing to whoever looks over
 * their shoulder. By default the town, or what the site chose; with the initial of a child or relative, since one number may await several visits.
 */
import { text } from '../../seal/bytes';
import { type Identity, WORD_BYTES_MAX, type Language, type Wording } from '../../seal/groups';
import type { Site } from '../../wire/types';

/** As much of a text as so many bytes hold, no letter cut in two, no blank at its end. */
function cutTo(said: string, bytes: number): string {
  let kept = '';
  for (const letter of said) {
    if (text(kept + letter).length > bytes) break;
    kept += letter;
  }
  return kept.trim();
}

/** What a site's messages say: the word it chose, or its town. */
export const wordOf = ({ word, town }: Pick<Site, 'word' | 'town'>): string => word || town;

/** A town that is longer than a word may be is cut. */
export function asWord(said: string): string {
  return cutTo(said.normalize('NFC').trim(), WORD_BYTES_MAX) || '-';
}

/** "Die", or "Die (T)" for Tom whose mother books. */
export function wordingFor(said: string, language: Language, { relation, givenName }: Pick<Identity, 'relation' | 'givenName'>): Wording {
  const [initial] = givenName.normalize('NFC').trim().toLocaleUpperCase('fr');
  if (relation === 'self' || initial === undefined) return { language, word: asWord(said) };
  const end = ` (${initial})`;
  return { language, word: `${cutTo(said.normalize('NFC').trim(), WORD_BYTES_MAX - text(end).length)}${end}` };
}
