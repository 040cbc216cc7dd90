// SPDX-License-Identifier: AGPL-3.0-or-later
/** Requests that wait for an answer, whichever day they are for: told beside the agenda, in every room. Hours and types, no names. */
import { isOutage, readRequests } from '../../usecases/desk/routes';
import type { OpenDesk } from '../../usecases/desk/unlock';
import { Refused } from '../../wire/problem';
import type { Id } from '../../wire/types';

export interface Waiting {
  record: Id;
  agenda: Id;
  visitType: Id;
  start: number;
}

export class Requests {
  /** Null until they were read. An outage leaves what was read last. */
  waiting = $state.raw<readonly Waiting[] | null>(null);
  /** There are more than one answer holds. */
  more = $state(false);
  away = $state(false);
  /** Accesses of the team that were stopped, where one is an owner: told in every room as well. */
  stopped = $state(0);
  /** The same of who opened many visits long over. */
  looked = $state(0);

  constructor(readonly open: OpenDesk) {}

  get count(): number {
    return this.waiting?.length ?? 0;
  }

  /** What is refused here is refused to the agenda's own reading as well, which says so. */
  async read(): Promise<void> {
    try {
      const { requests, more, stopped, looked } = await readRequests(this.open.practice.practice);
      this.waiting = requests.map((one) => ({ record: one.record, agenda: one.agenda, visitType: one.visit_type, start: Date.parse(one.start) / 1000 }));
      this.more = more;
      this.stopped = stopped;
      this.looked = looked;
      this.away = false;
    } catch (error) {
      if (!isOutage(error) && !(error instanceof Refused)) throw error;
      this.away = true;
    }
  }
}
