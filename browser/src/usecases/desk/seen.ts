// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Which revisions this browser has shown in its panel: record ids and numbers, no more. When a browser opens a practice for the
 * first time all that stands there counts as seen (docs/decisions/0034).
 */
import type { Id } from '../../wire/types';

export const SEEN_MAX = 20_000;
const nameOf = (practice: Id) => `serment.seen.${practice}`;

export class Seen {
  readonly #name: string;
  readonly #marks: Set<string>;
  /** A practice without a single visit was opened all the same: the next opening is no first one. */
  #unwritten: boolean;
  /** This browser opens this practice for the first time. */
  readonly first: boolean;

  constructor(practice: Id) {
    this.#name = nameOf(practice);
    const kept = read(this.#name);
    this.first = kept === null;
    this.#unwritten = this.first;
    this.#marks = new Set(kept ?? []);
  }

  has(record: Id, rev: number): boolean {
    return this.#marks.has(`${record}/${rev}`);
  }

  add(...visits: readonly { record: Id; rev: number }[]): void {
    if (visits.length === 0 && !this.#unwritten) return;
    this.#unwritten = false;
    for (const { record, rev } of visits) this.#marks.add(`${record}/${rev}`);
    try {
      localStorage.setItem(this.#name, JSON.stringify([...this.#marks].slice(-SEEN_MAX)));
    } catch {
      // Storage full or forbidden: the marks last as long as the tab.
    }
  }
}

function read(name: string): string[] | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(name) ?? 'null');
    return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : null;
  } catch {
    return null;
  }
}
