// SPDX-License-Identifier: AGPL-3.0-or-later
/** The word that a site chooses for its messages: what is wrong with one, what becomes of its letters in an SMS, and what patients will read. */
import { WORD_BYTES_MAX, type Language } from '../../seal/groups';
import type { MessageKind } from '../../seal/messages';
import { text } from '../../seal/bytes';
import { addDays, instantOf, localDay } from '../desk/days';
import { plain } from '../patients/folding';
import { fitted, smsLength } from './gsm7';
import { type Preview, placeTold, previewSms } from './sms';

export type WordFault = 'missing' | 'long' | 'more' | { names: string };

/** A name as short as this stands in too many words to mean anybody. */
const NAME_LETTERS_MIN = 3;

/** `names`: those of whoever receives; a message names nobody. Whether the word says a speciality is for whoever chooses it to see. */
export function wordFault(word: string, names: readonly string[]): WordFault | null {
  if (word.trim() === '') return 'missing';
  if (text(word).length > WORD_BYTES_MAX) return 'long';
  if (placeTold(word) !== word) return 'more';
  const said = plain(word).split(' ');
  const named = names.find((name) => plain(name).split(' ').some((part) => part.length >= NAME_LETTERS_MIN && said.includes(part)));
  return named === undefined ? null : { names: named };
}

export interface Letters {
  /** Written otherwise in an SMS: "ç" as "c". */
  changed: [string, string][];
  /** Not in its alphabet at all: with one of them an SMS holds 70 characters instead of 160. */
  dear: string[];
}

export function lettersOf(word: string): Letters {
  const letters = [...new Set(word.normalize('NFC'))];
  return {
    changed: letters.map((letter): [string, string] => [letter, fitted(letter)]).filter(([letter, sent]) => sent !== letter),
    dear: letters.filter((letter) => smsLength(fitted(letter)).alphabet === 'ucs2'),
  };
}

const HALF_PAST_NINE = 570;
const NINE = 540;
/** As long as every link's secret. */
const LINK_SECRET = 'q7Hc2vT0mY9sKe4RjW1bNg';
/** A letter about a breach is rare, and says no other word. */
type Sample = Exclude<MessageKind, 'letter'>;
/** How many days before the visit each goes, to be read as patients read it. */
const AHEAD: Record<Sample, number> = { reminder: 1, booked: 12, moved: 12, cancelled: 5 };

/** The SMS of each kind about a visit at half past nine. */
export function samplesOf({ word, zone }: { word: string; zone: string }, language: Language, today: string, origin: string): { kind: Sample; preview: Preview }[] {
  const at = (date: string, minute: number) => instantOf(localDay(zone, date), minute) ?? localDay(zone, date).start;
  const kinds: Sample[] = ['reminder', 'booked', 'moved', 'cancelled'];
  return kinds.map((kind) => {
    const visit = { start: at(addDays(today, AHEAD[kind]), HALF_PAST_NINE), zone, word };
    return { kind, preview: previewSms(kind, language, visit, at(today, NINE), `${origin}/t#${LINK_SECRET}`) };
  });
}
