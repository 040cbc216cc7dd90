// SPDX-License-Identifier: AGPL-3.0-or-later
/** Beside the agenda: what is still under older keys is wrapped anew, by whoever has the desk open. */
import { rewrapUnit, type Progress } from '../../../usecases/members/rewrap';
import { resealUnit } from '../../../usecases/patients/reseal';
import type { OpenDesk } from '../../../usecases/desk/unlock';
import { SealError } from '../../../seal/errors';
import { NoAnswer, NotNow, Refused } from '../../../wire/problem';
import type { Id } from '../../../wire/types';

export class Rewrapping {
  #progress = $state.raw<ReadonlyMap<Id, Progress>>(new Map());
  #spoilt = $state.raw<ReadonlyMap<Id, number>>(new Map());
  running = $state(false);
  #again = false;
  #over = false;

  constructor(readonly open: OpenDesk) {}

  get left(): number {
    return [...this.#progress.values()].reduce((sum, { left }) => sum + left, 0);
  }

  get bad(): number {
    return [...this.#progress.values()].reduce((sum, { bad }) => sum + bad, 0);
  }

  /** Cards that open to nothing. */
  get spoilt(): number {
    return [...this.#spoilt.values()].reduce((sum, count) => sum + count, 0);
  }

  end(): void {
    this.#over = true;
  }

  /** Goes on where anybody left off; while it runs, once more afterwards. */
  start(): void {
    if (this.running) {
      this.#again = true;
      return;
    }
    this.running = true;
    void this.#run().finally(() => {
      this.running = false;
      if (this.#again && !this.#over) {
        this.#again = false;
        this.start();
      }
    });
  }

  async #run(): Promise<void> {
    for (const [unit, epochs] of this.open.units) {
      if (epochs.length < 2 || this.#over) continue;
      try {
        await this.#unit(unit);
      } catch (error) {
        // What is done stays done; the next desk that opens goes on, and the other units do not wait for this one.
        if (!(error instanceof Refused || error instanceof NoAnswer || error instanceof NotNow || error instanceof SealError)) throw error;
      }
    }
  }

  async #unit(unit: Id): Promise<void> {
    const tell = (progress: Progress) => { this.#progress = new Map(this.#progress).set(unit, progress); };
    const last = await rewrapUnit(this.open, unit, tell, () => this.#over);
    tell({ ...last, left: Math.max(last.left - last.bad, 0) });
    const { spoilt } = await resealUnit(this.open, unit, () => !this.#over);
    this.#spoilt = new Map(this.#spoilt).set(unit, spoilt);
  }
}
