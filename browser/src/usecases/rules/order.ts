// SPDX-License-Identifier: AGPL-3.0-or-later
/** One row goes before its neighbour in a list that is saved; pressed again before that is done, it goes once more. */
import type { Id } from '../../wire/types';

/** The rows with this one a place further up; null where it is the first, or is not there. */
export function raised<Row extends { visit_type: Id }>(rows: readonly Row[], visitType: Id): Row[] | null {
  const at = rows.findIndex((row) => row.visit_type === visitType);
  if (at < 1) return null;
  const order = [...rows];
  [order[at - 1], order[at]] = [order[at]!, order[at - 1]!];
  return order;
}

/** Deeds one after the other, each begun when the one before has ended, however it ended. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Answers and throws as `deed` does. */
  take<Answer>(deed: () => Promise<Answer>): Promise<Answer> {
    const done = this.#last.then(deed, deed);
    this.#last = done;
    return done;
  }
}
