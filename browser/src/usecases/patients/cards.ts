// SPDX-License-Identifier: AGPL-3.0-or-later
/** Sealed cards: fetched and opened, sealed and written, compared and swapped on the revision. */
import { base64, equal, fromBase64, idFromUuid } from '../../seal/bytes';
import { openCard, sealCard } from '../../seal/cards';
import { SealError } from '../../seal/errors';
import { readCard, writeCard, type CardContent } from '../../seal/people';
import { Refused } from '../../wire/problem';
import type { Id, LocalDate } from '../../wire/types';
import type { OpenDesk } from '../desk/unlock';
import { epochOf, presentEpoch, sheetPlace } from './index_book';
import { postCards, postCardsRead, type CardWire } from './routes';

export { CARD_NOTE_BYTES_MAX, REFUSE_BYTES_MAX } from '../../seal/people';

/** In one request: the server takes 100. */
export const CARDS_PER_REQUEST = 100;
/** A card falls so many months after the last visit. */
export const KEPT_MONTHS = 24;

/** A card that was read: at which revision, until which month. */
export interface Card {
  card: Id;
  unit: Id;
  rev: number;
  month: number;
  content: CardContent;
}

/** The month in which a card falls whose last visit is that day, yyyymm. */
export function fallsAfter(day: LocalDate): number {
  const count = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1 + KEPT_MONTHS;
  return Math.floor(count / 12) * 100 + (count % 12) + 1;
}

/** Opens one row; null where it is under keys that this member does not have. Throws Altered. */
export async function openCardRow(desk: OpenDesk, row: CardWire): Promise<Card | null> {
  const epoch = epochOf(desk, row.unit, row.epoch);
  if (epoch === null) return null;
  const place = sheetPlace(desk, row.unit, row.epoch, row.month);
  const content = readCard(await openCard(place, idFromUuid(row.card), row.rev, epoch.keys.card, fromBase64(row.bytes)));
  return { card: row.card, unit: row.unit, rev: row.rev, month: row.month, content };
}

/** The rows that open, under keys that this member has; those that open to nothing are stepped over, so that no one row stops the others. */
export async function openCardRows(desk: OpenDesk, rows: readonly CardWire[]): Promise<{ cards: Card[]; spoilt: number }> {
  let spoilt = 0;
  const opened = await Promise.all(rows.map((row) => openCardRow(desk, row).catch((error: unknown) => {
    if (!(error instanceof SealError)) throw error;
    spoilt += 1;
    return null;
  })));
  return { cards: opened.filter((card) => card !== null), spoilt };
}

/** Those of these cards that exist for this member and open; `gone`: the server has none of that id. Throws Refused, NoAnswer, NotNow. */
export async function readCards(desk: OpenDesk, ids: readonly Id[]): Promise<{ found: Map<Id, Card>; gone: Id[] }> {
  const found = new Map<Id, Card>();
  const gone = new Set(ids);
  for (let from = 0; from < ids.length; from += CARDS_PER_REQUEST) {
    const { cards } = await postCardsRead(desk.practice.practice, ids.slice(from, from + CARDS_PER_REQUEST));
    for (const { card } of cards) gone.delete(card);
    for (const card of (await openCardRows(desk, cards)).cards) found.set(card.card, card);
  }
  return { found, gone: [...gone] };
}

/** One card; null under keys that this member does not have, 'gone' where the server has none of that id. Throws Altered for one that opens to nothing, Refused, NoAnswer, NotNow. */
export async function readOneCard(desk: OpenDesk, id: Id): Promise<Card | 'gone' | null> {
  const { cards: [row] } = await postCardsRead(desk.practice.practice, [id]);
  return row === undefined ? 'gone' : await openCardRow(desk, row);
}

/** Whether they say the same. */
export function isSameCard(one: Card, other: Card): boolean {
  return one.card === other.card && one.rev === other.rev && one.month === other.month && equal(writeCard(one.content), writeCard(other.content));
}

/** The bytes that go to the server; sent again they are these very bytes. */
export async function sealCards(desk: OpenDesk, cards: readonly Card[]): Promise<CardWire[]> {
  return Promise.all(cards.map(async ({ card, unit, rev, month, content }) => {
    const { epoch, keys } = presentEpoch(desk, unit);
    const bytes = await sealCard(sheetPlace(desk, unit, epoch.e, month), idFromUuid(card), rev, keys.card, writeCard(content));
    return { card, unit, epoch: epoch.e, rev, month, bytes: base64(bytes) };
  }));
}

/**
 * Writes cards, CARDS_PER_REQUEST at most, and takes away the one that was joined to one of them, all or none; answers those that stand otherwise.
 * Throws Refused, NoAnswer, NotNow.
 */
export async function writeCards(desk: OpenDesk, cards: readonly Card[], joined: readonly Card[] = []): Promise<Id[]> {
  try {
    await postCards(desk.practice.practice, await sealCards(desk, cards), joined.map(({ card, rev }) => ({ card, rev })));
    return [];
  } catch (error) {
    if (error instanceof Refused && error.is('stale_card')) return error.fields['cards'] as Id[];
    throw error;
  }
}
