// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * A fingerprint as four words, to be compared aloud: 44 of its bits, 11 a word. Enough that nobody forges a practice while two
 * people talk; too few to pin one. What a browser pins is the whole fingerprint (docs/reference/paper.md).
 * The lists are those of BIP-39 (2,048 words each, MIT), French and English; loaded only where words are shown.
 */
import { type Bytes, fromHex, hex, random } from '../seal/bytes';

export const WORDS = 4;
const BITS_PER_WORD = 11;
/** Seven words of the list carry 77 bits. */
export const PHRASE_WORDS = 7;

async function listOf(language: 'fr' | 'en'): Promise<readonly string[]> {
  const { wordlist } = language === 'fr' ? await import('@scure/bip39/wordlists/french.js') : await import('@scure/bip39/wordlists/english.js');
  return wordlist;
}

function take(list: readonly string[], bytes: Bytes, words: number): string[] {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from({ length: words }, (_, word) => {
    const at = word * BITS_PER_WORD;
    return list[parseInt(bits.slice(at, at + BITS_PER_WORD), 2)]!.normalize('NFC');
  });
}

/** The four words of a fingerprint (or of any hash) in a language. Both sides must read the same language. */
export async function fourWords(fingerprint: Bytes, language: 'fr' | 'en'): Promise<string[]> {
  return take(await listOf(language), fingerprint, WORDS);
}

/**
 * A practice's own four words, of the French list whatever the page's language: the poster, the desk, and a patient's page in either
 * language show the same ones (docs/decisions/0047).
 */
export async function practiceWords(fingerprint: Bytes): Promise<string> {
  return (await fourWords(fingerprint, 'fr')).join(' · ');
}

/** All of a fingerprint, in fours of hexadecimal signs. */
export function inFours(fingerprint: Bytes): string {
  return hex(fingerprint).replace(/(.{4})(?=.)/g, '$1 ');
}

/** The fingerprint that `inFours` wrote. */
export function fromFours(signs: string): Bytes {
  return fromHex(signs.replace(/ /g, ''));
}

/** A password drawn here: seven words, blanks between. */
export async function drawPhrase(language: 'fr' | 'en'): Promise<string> {
  return take(await listOf(language), random(Math.ceil((PHRASE_WORDS * BITS_PER_WORD) / 8)), PHRASE_WORDS).join(' ');
}
