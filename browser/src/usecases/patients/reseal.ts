// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * After an epoch has turned: cards and index of a unit are sealed anew under the present keys, rows of the oldest epoch first.
 * Progress is what still lies under older keys, as the server counts it: stopped anywhere, the next call goes on from there.
 */
import type { Id } from '../../wire/types';
import type { OpenDesk } from '../desk/unlock';
import { openCardRow, writeCards } from './cards';
import { IndexBook } from './index_book';
import { postBehind } from './routes';
import { People } from './search';

export interface Behind {
  /** Rows still under older keys. */
  left: number;
  /** Of them, cards whose keys this member does not have: another member, or nobody, can re-seal them. */
  unopened: number;
}

/**
 * Re-seals a unit's cards and index; `tell` hears how many rows are left after each batch, and answers false to stop.
 * Throws Altered for a row that does not open, Refused (stale_roster: the epoch turned again), NoAnswer, NotNow.
 */
export async function resealUnit(desk: OpenDesk, unit: Id, tell: (behind: Behind) => boolean = () => true): Promise<Behind> {
  for (;;) {
    const answer = await postBehind(desk.practice.practice, unit);
    const opened = await Promise.all(answer.cards.map((row) => openCardRow(desk, row)));
    const cards = opened.filter((card) => card !== null);
    const behind = { left: answer.cards_left + answer.entries_left + answer.pages_left, unopened: answer.cards.length - cards.length };
    if (!tell(behind)) return behind;
    if (cards.length === 0) break;
    // Cards that somebody changed meanwhile are under the present keys already: the next count leaves them out.
    const next = cards.map((card) => ({ ...card, rev: card.rev + 1 }));
    const stale = new Set(await writeCards(desk, next));
    if (stale.size > 0) await writeCards(desk, next.filter(({ card }) => !stale.has(card)));
  }
  await resealIndex(desk, unit, tell);
  return count(desk, unit);
}

async function count(desk: OpenDesk, unit: Id): Promise<Behind> {
  const { cards_left, entries_left, pages_left, cards } = await postBehind(desk.practice.practice, unit);
  return { left: cards_left + entries_left + pages_left, unopened: cards.length };
}

async function resealIndex(desk: OpenDesk, unit: Id, tell: (behind: Behind) => boolean): Promise<void> {
  const book = new IndexBook(desk, unit, new People());
  for (;;) {
    await book.refresh();
    const months = book.monthsBehind();
    if (months.length === 0) return;
    for (const month of months) {
      if (!tell(await count(desk, unit))) return;
      // Another browser gathered it first: read anew, and see what is left.
      if (!(await book.gather(month))) break;
    }
  }
}
