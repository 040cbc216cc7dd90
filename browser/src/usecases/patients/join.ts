// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Two cards of one person become one. What of the other card is not taken is written into the note, no-shows of both count, and the
 * other card's names find the one that is kept. Taken back, the other card comes again under a new id.
 */
import { equal, random, uuidFromId } from '../../seal/bytes';
import { NO_SHOWS_MAX, type CardContent, type NoShow } from '../../seal/people';
import { CardChanged, type PatientBook } from './book';
import { writeCards, type Card } from './cards';

/** What both cards say, once each. */
export const SINGLE_FIELDS = ['birthName', 'givenName', 'usedName', 'birthDate', 'sex', 'phone', 'email', 'language', 'refuse'] as const;
export type SingleField = (typeof SINGLE_FIELDS)[number];

export interface Pair {
  /** Keeps its id. */
  kept: Card;
  other: Card;
}

const says = (content: CardContent, field: SingleField) => content[field] !== null && !(field === 'sex' && content.sex === 'unknown');

/** Where both say something, and not the same: somebody decides. */
export function differing({ kept, other }: Pair): SingleField[] {
  return SINGLE_FIELDS.filter((field) => says(kept.content, field) && says(other.content, field) && kept.content[field] !== other.content[field]);
}

/** What of the other card the joined one does not say. */
export function leftOut({ other }: Pair, joined: CardContent): SingleField[] {
  return SINGLE_FIELDS.filter((field) => says(other.content, field) && other.content[field] !== joined[field]);
}

function allNoShows({ kept, other }: Pair): NoShow[] {
  const more = other.content.noShows.filter(({ record }) => !kept.content.noShows.some((one) => equal(one.record, record)));
  return [...kept.content.noShows, ...more].sort((a, b) => a.day.localeCompare(b.day)).slice(-NO_SHOWS_MAX);
}

/** One card's content of two, but for the note. `fromOther`: where both say something, what is taken from the other. */
export function joinedContent(pair: Pair, fromOther: ReadonlySet<SingleField>): CardContent {
  const { kept: { content: mine }, other: { content: theirs } } = pair;
  const of = (field: SingleField) => (says(theirs, field) && (fromOther.has(field) || !says(mine, field)) ? theirs : mine);
  return {
    birthName: of('birthName').birthName, givenName: of('givenName').givenName, usedName: of('usedName').usedName, birthDate: of('birthDate').birthDate,
    sex: of('sex').sex, phone: of('phone').phone, email: of('email').email, language: of('language').language, refuse: of('refuse').refuse, note: mine.note, noShows: allNoShows(pair),
  };
}

/** Writes the joined card in place of both. Throws CardChanged for whichever was written meanwhile (nothing is changed then), Altered, Refused, NoAnswer, NotNow. */
export async function joinCards(book: PatientBook, { kept, other }: Pair, content: CardContent): Promise<Card> {
  const joined = { ...kept, rev: kept.rev + 1, month: Math.max(kept.month, other.month), content };
  await book.join(joined, other);
  return joined;
}

/** Both as they were, all or none; the other one under a new id, since its own is taken away for good. Throws CardChanged where the joined card was written since. */
export async function partCards(book: PatientBook, { kept, other }: Pair, joined: Card): Promise<Card> {
  const back = { ...kept, rev: joined.rev + 1, month: joined.month };
  const again = { ...other, card: uuidFromId(random(16)), rev: 1 };
  if ((await writeCards(book.desk, [back, again])).length > 0) throw new CardChanged(await book.read(kept.card));
  await book.tell([back, again]);
  await book.forgetName(other);
  return back;
}
