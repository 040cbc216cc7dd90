// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * How strong a password must be: the three examples that the CNIL's recommendation of 2022 (deliberation 2022-100) gives for 80 bits.
 * Tries are counted and the tenth closes the password, which would allow 50; but whoever holds the database and the server's secret counts none.
 */
import { loginName } from '../../seal/unlock';
import { fromText } from '../../seal/bytes';

export const SIGNS_OF_FOUR_KINDS = 12;
export const SIGNS_OF_THREE_KINDS = 14;
export const WORDS_OF_A_PHRASE = 7;

export type Weakness = 'short' | 'name' | 'repeats';

/** What is wrong with a password; null when it will do. Nothing of it is kept or sent. */
export function weaknessOf(password: string, name: string): Weakness | null {
  const plain = password.normalize('NFKC');
  if (holdsName(plain.toLowerCase(), name)) return 'name';
  const kinds = [/\p{Lu}/u, /\p{Ll}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) => kind.test(plain)).length;
  const signs = [...plain].length;
  const words = plain.toLowerCase().split(/[^\p{L}\p{N}’']+/u).filter((word) => word.length >= 2);
  const long = (kinds === 4 && signs >= SIGNS_OF_FOUR_KINDS) || (kinds >= 3 && signs >= SIGNS_OF_THREE_KINDS);
  const phrase = words.length >= WORDS_OF_A_PHRASE;
  if (!long && !phrase) return 'short';
  if (phrase && !long && new Set(words).size < WORDS_OF_A_PHRASE - 1) return 'repeats';
  if (new Set(plain).size < 8) return 'repeats';
  return null;
}

function holdsName(password: string, name: string): boolean {
  try {
    const own = fromText(loginName(name));
    return own.length >= 4 && password.includes(own);
  } catch {
    return false;
  }
}
