// SPDX-License-Identifier: AGPL-3.0-or-later
/** An open desk opens, in its idle time, what was booked for days that nobody has looked at: round after round, a batch at a time. */
import { Ahead } from '../../../usecases/patients/ahead';
import type { Learning } from '../../../usecases/patients/learn';
import type { Desk } from '../desk.svelte';

/** Between two rounds that nobody waits for. */
const REST_MS = 60_000;
/** Desks that hear of one booking at the same time begin apart: the first opens it, the others find nothing left. */
const SPREAD_MS = 4_000;
const BETWEEN_BATCHES_MS = 200;
/** A name is still being typed. */
const TYPED_MS = 400;

export class LookingAhead {
  /** Bookings to come that are not opened yet: whoever made them may not be found. */
  left = $state(0);
  readonly #ahead: Ahead;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = 0;
  #restsUntil = 0;
  #over = false;

  /** `inTurn` does what it is given after what is under way, and tells what failed. */
  constructor(readonly desk: Desk, learning: Learning, readonly inTurn: (work: () => Promise<void>) => void) {
    this.#ahead = new Ahead(desk.open, learning);
  }

  /** The agenda was read: there may be something new. */
  soon(): void {
    if (this.#timer === undefined && Date.now() >= this.#restsUntil) this.#in(Math.random() * SPREAD_MS);
  }

  /** Somebody is being looked for who is not found: a new round begins now. */
  hurry(): void {
    if (this.left === 0) this.#ahead.again();
    this.#in(Math.max(TYPED_MS, this.#ahead.wait(Date.now())));
  }

  end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  /** The earlier of two wishes holds: whoever types on and on does not put it off. */
  #in(milliseconds: number): void {
    const due = Date.now() + milliseconds;
    if (this.#timer !== undefined && this.#due <= due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.inTurn(() => this.#look()), milliseconds);
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    if (this.#over) return;
    // What fails is tried again with the next reading of the agenda.
    const { left } = await this.#ahead.look(Date.now(), (agenda) => this.desk.rules.zoneOf(agenda));
    this.left = left;
    if (this.#over) return;
    if (left > 0) {
      this.#in(Math.max(BETWEEN_BATCHES_MS, this.#ahead.wait(Date.now())));
      return;
    }
    this.#ahead.again();
    this.#restsUntil = Date.now() + REST_MS;
  }
}
