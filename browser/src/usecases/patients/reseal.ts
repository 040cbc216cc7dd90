// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * After an epoch has turned: cards and index of a unit are sealed anew under the present keys, rows of the oldest epoch first.
 * Progress is what still lies under older keys, as the server counts it: stopped anywhere, the next call goes on from there.
 */
import { idFromUuid } from '../../seal/bytes';
import { entryOf } from '../../seal/people';
import type { Id } from '../../wire/types';
import type { OpenDesk } from '../desk/unlock';
import { openCardRows, writeCards, type Card } from './cards';
import { IndexBook } from './index_book';
import { postBehind } from './routes';
import { People } from './search';

/** A month that others gathered first so often, or whose page is under keys we do not have, is left to them. */
const TRIES_PER_MONTH_MAX = 3;

export interface Behind {
  /** Rows still under older keys. */
  left: number;
  /** Cards whose keys this member does not have: another member, or nobody, can re-seal them. */
  unopened: number;
  /** Cards that open to nothing under the keys they name: somebody spoilt them, and they stay as they are. */
  spoilt: number;
}

/**
 * Re-seals a unit's cards and index; `tell` hears how many rows are left after each batch, and answers false to stop. A row that does not
 * open is counted and stepped over. Whoever stands on a card and in no row of the index that opens is entered anew.
 * Throws Refused (stale_roster: the epoch turned again), NoAnswer, NotNow, Altered (a page older than what was seen).
 */
export async function resealUnit(desk: OpenDesk, unit: Id, tell: (behind: Behind) => boolean = () => true): Promise<Behind> {
  const book = new IndexBook(desk, unit, new People());
  await book.refresh();
  const behind: Behind = { left: 0, unopened: 0, spoilt: 0 };
  for (let after: { epoch: number; card: Id } | undefined; ;) {
    const answer = await postBehind(desk.practice.practice, unit, after);
    behind.left = leftIn(answer);
    const last = answer.cards.at(-1);
    if (last === undefined) break;
    const { cards, spoilt } = await openCardRows(desk, answer.cards);
    behind.spoilt += spoilt;
    behind.unopened += answer.cards.length - cards.length - spoilt;
    if (!tell({ ...behind })) return behind;
    await resealCards(desk, book, cards);
    after = { epoch: last.epoch, card: last.card };
  }
  if (tell({ ...behind })) await resealIndex(desk, unit, book, (left) => tell({ ...behind, left }));
  return { ...behind, left: leftIn(await postBehind(desk.practice.practice, unit)) };
}

const leftIn = ({ cards_left, entries_left, pages_left }: Awaited<ReturnType<typeof postBehind>>): number => cards_left + entries_left + pages_left;

async function resealCards(desk: OpenDesk, book: IndexBook, cards: readonly Card[]): Promise<void> {
  if (cards.length === 0) return;
  // Cards that somebody changed meanwhile are under the present keys already: the next count leaves them out.
  const next = cards.map((card) => ({ ...card, rev: card.rev + 1 }));
  const stale = new Set(await writeCards(desk, next));
  const left = next.filter(({ card }) => !stale.has(card));
  if (stale.size > 0 && left.length > 0) await writeCards(desk, left);
  const unknown = left.filter(({ card }) => book.people.of(card) === undefined && !book.isGone(card));
  if (unknown.length > 0) await book.append(unknown.map(({ card, rev, month, content }) => ({ content: entryOf(idFromUuid(card), rev, content), month })));
}

async function resealIndex(desk: OpenDesk, unit: Id, book: IndexBook, tell: (left: number) => boolean): Promise<void> {
  const tried = new Map<number, number>();
  for (;;) {
    await book.refresh();
    const months = book.monthsBehind().filter((month) => (tried.get(month) ?? 0) < TRIES_PER_MONTH_MAX);
    if (months.length === 0) return;
    for (const month of months) {
      if (!tell(leftIn(await postBehind(desk.practice.practice, unit)))) return;
      tried.set(month, (tried.get(month) ?? 0) + 1);
      // Another browser gathered it first: read anew, and see what is left.
      if (!(await book.gather(month))) break;
    }
  }
}
