// SPDX-License-Identifier: AGPL-3.0-or-later
/** What became of patients' messages: of the appointment whose panel is open, and of all of the next days those that somebody has to call about. */
import { addDays } from '../../usecases/desk/days';
import { owesCall, readLines, readLinesAmong, seeTo, type Line } from '../../usecases/desk/delivered';
import type { Visit } from '../../usecases/desk/model';
import { isOutage } from '../../usecases/desk/routes';
import { VisitSearch } from '../../usecases/patients/visits';
import { Refused } from '../../wire/problem';
import type { Id } from '../../wire/types';
import type { Desk } from './desk.svelte';

/** Today's appointments and those whose reminder of the week before has gone: what fails of a later one is told when its day comes near. */
const AHEAD_DAYS = 8;
const ROUND_MS = 300_000;
/** An agenda that changes all the time is not read ahead all the time. */
const REST_MS = 60_000;

export interface Failed {
  visit: Visit;
  lines: readonly Line[];
}

export class Messages {
  /** What was read last of each appointment. */
  lines = $state.raw<ReadonlyMap<Id, readonly Line[]>>(new Map());
  /** The soonest first; null until they were read. An outage leaves what was read last. */
  failed = $state.raw<readonly Failed[] | null>(null);
  away = $state(false);
  readonly #search: VisitSearch;
  #timer: ReturnType<typeof setInterval> | undefined;
  #readAt = 0;
  #running: Promise<void> | null = null;
  #again = false;
  #over = false;

  constructor(readonly desk: Desk) {
    this.#search = new VisitSearch(desk.open);
  }

  get count(): number {
    return this.failed?.length ?? 0;
  }

  start(): Promise<void> {
    this.#timer = setInterval(() => void this.look(), ROUND_MS);
    return this.look();
  }

  end(): void {
    this.#over = true;
    clearInterval(this.#timer);
  }

  /** The agenda was read: something may have been decided at another desk. */
  soon(): void {
    if (Date.now() - this.#readAt >= REST_MS) void this.look();
  }

  /** One look at a time, and once more if one was asked for meanwhile. */
  look(): Promise<void> {
    if (this.#running !== null) this.#again = true;
    return (this.#running ??= this.#look().finally(() => {
      this.#running = null;
      if (!this.#again || this.#over) return;
      this.#again = false;
      void this.look();
    }));
  }

  async #look(): Promise<void> {
    const { open, shown } = this.desk;
    this.#readAt = Date.now();
    try {
      const visits: Visit[] = [];
      for (const unit of open.units.keys()) visits.push(...(await this.#search.opened(unit, shown.today, addDays(shown.today, AHEAD_DAYS))).map(({ visit }) => visit));
      const ahead = visits.filter(({ start }) => start > shown.now);
      const read = await readLines(open, ahead);
      if (this.#over) return;
      this.#keep(read);
      this.failed = ahead
        .map((visit) => ({ visit, lines: (read.get(visit.record) ?? []).filter((line) => owesCall(line, visit)) }))
        .filter(({ lines }) => lines.length > 0)
        .sort((a, b) => a.visit.start - b.visit.start);
      this.away = false;
    } catch (error) {
      // What is refused here is refused to the agenda's own reading as well, which says so.
      if (!isOutage(error) && !(error instanceof Refused)) throw error;
      this.away = true;
    }
  }

  #keep(read: ReadonlyMap<Id, readonly Line[]>): void {
    this.lines = new Map([...this.lines, ...read]);
  }

  /** Reads those of one appointment. Throws Refused, NoAnswer, NotNow. */
  async readOf(visit: Visit): Promise<void> {
    const lines = await readLinesAmong(this.desk.open, visit, this.desk.reading.week.visits);
    if (!this.#over) this.#keep(new Map([[visit.record, lines]]));
  }

  /** Somebody called, or did not after all. Throws Refused, NoAnswer, NotNow. */
  async seeTo(visit: Visit, lines: readonly Line[], seen: boolean): Promise<void> {
    await seeTo(this.desk.open, visit, lines.map(({ mid }) => mid), seen);
    await Promise.all([this.readOf(visit), this.look()]);
  }
}
