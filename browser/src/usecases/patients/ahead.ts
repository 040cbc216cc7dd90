// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * What was booked for days that nobody has looked at yet: opened soonest first, a card for each, and only then compacted, so that a
 * desk that closes between leaves it to the next one. Whoever booked online is so found by name, whatever week they booked for.
 */
import { base64 } from '../../seal/bytes';
import type { Sealed } from '../../wire/types';
import { compactRows } from '../desk/compact';
import { isSigned, openRows, type OpenedRow } from '../desk/open_records';
import { postUnopened, type ListPlace } from '../desk/routes';
import type { Visit } from '../desk/model';
import { sealedVisit } from '../desk/read_agenda';
import type { OpenDesk } from '../desk/unlock';
import type { Learning } from './learn';

/** Opened in one go. */
export const AHEAD_BATCH_RECORDS = 20;
/** Names of these days are what a front desk works with; of later ones no more than a batch a minute is opened (docs/decisions/0046). */
export const NEAR_DAYS = 14;
export const FAR_PAUSE_MS = 60_000;

const DAY_MS = 86_400_000;

export interface Looked {
  /** Bookings that no card tells of yet, as far as this desk can open them. */
  left: number;
  /** Cards made or changed. */
  learnt: number;
}

export class Ahead {
  /** Those up to here were opened or do not open here: a round goes on after them. */
  #after: ListPlace | undefined;
  #farAt = 0;

  constructor(readonly desk: OpenDesk, readonly learning: Learning) {}

  /** The public keys that patients seal to, present and former. */
  #kids(): string[] {
    return [...this.desk.units.values()].flat().map(({ keys }) => base64(keys.kem.kid));
  }

  /** A new round begins: what was booked since may lie before the place that the last one reached. */
  again(): void {
    this.#after = undefined;
  }

  /** Milliseconds until the next batch may be opened; `now` in milliseconds. */
  wait(now: number): number {
    return Math.max(0, this.#farAt + FAR_PAUSE_MS - now);
  }

  /** Opens the next batch. Throws Altered, Refused, NoAnswer, NotNow: nothing is lost, the next call finds the same. */
  async look(now: number, zoneOf: (agenda: string) => string): Promise<Looked> {
    const kids = this.#kids();
    if (kids.length === 0) return { left: 0, learnt: 0 };
    const { standing, records } = await postUnopened(this.desk.practice.practice, {
      kids, most: AHEAD_BATCH_RECORDS, ...(this.#after === undefined ? {} : { after: this.#after }),
    });
    const last = records.at(-1);
    if (last === undefined) return { left: 0, learnt: 0 };
    const opened = await openRows(this.desk, records);
    const visits = await Promise.all(opened.map((row) => this.#visit(row)));
    const learnt = await this.learning.learn(visits, zoneOf);
    // What is not signed as it says makes no card, and stays as it is for whoever opens its day.
    await compactRows(this.desk, opened.filter((_, at) => visits[at]!.verified === true));
    this.#after = { start: last.slot.start, record: last.record };
    if (isFar(last, now)) this.#farAt = now;
    return { left: standing - records.length, learnt };
  }

  async #visit({ row, record, reading, identity }: OpenedRow): Promise<Visit> {
    const { slot, acts, ...clear } = row;
    const visit = sealedVisit({ ...clear, agenda: slot.agenda, start: slot.start, minutes: slot.minutes, visit_type: slot.visit_type, acts: acts.length }, row.unit);
    const verified = record === null ? null : await isSigned(this.desk, record);
    return { ...visit, reading, identity: reading === 'open' ? identity : null, verified };
  }
}

function isFar({ slot }: Sealed, now: number): boolean {
  return Date.parse(slot.start) > now + NEAR_DAYS * DAY_MS;
}
