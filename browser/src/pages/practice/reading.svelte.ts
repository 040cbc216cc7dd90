// SPDX-License-Identifier: AGPL-3.0-or-later
/** What the desk has read of its practice: one read at a time, hours first, then the letters, then signatures in idle time. */
import { compactRows } from '../../usecases/desk/compact';
import { frontFirst, type Front } from '../../usecases/desk/front';
import type { Visit, Week } from '../../usecases/desk/model';
import type { OpenedRow } from '../../usecases/desk/open_records';
import { AgendaBook } from '../../usecases/desk/read_agenda';
import { isOutage, type AgendaRow } from '../../usecases/desk/routes';
import { Seen } from '../../usecases/desk/seen';
import type { OpenDesk } from '../../usecases/desk/unlock';
import { renewDesk } from '../../usecases/desk/units';
import { Refused, isOver } from '../../wire/problem';
import type { Id, LocalDate } from '../../wire/types';

/** The browser's own timeline shows how long the letters took to open; bench/ reads it. */
export const OPENED_MEASURE = 'desk opened';
export const WEEK_DAYS = 7;

const EMPTY: Week = { from: '2000-01-01', days: 0, visits: [], openings: [], absences: [], holds: [], holidays: [] };

/** Which days of which agendas are wanted. */
export interface Window {
  agendas: readonly Id[];
  from: LocalDate;
  days: number;
}

export interface Told {
  /** The session has ended, or this practice serves its member no more. */
  over(error: unknown): void;
  /** The server answers again after an outage. */
  back(): void;
  /** Nobody showed to be there, and these days' names were not read. */
  notShown(): void;
  /** Hours, visit types, names or agendas are others than when they were read. */
  rulesChanged(): void;
  /** For some letters the server stored other keys than it was given. */
  compactionFailed(): void;
}

export class Reading {
  week = $state.raw<Week>(EMPTY);
  /** Since when nothing answers; what is shown stays readable meanwhile. */
  outageSince = $state<number | null>(null);
  readAt = $state(0);
  /** There are more appointments than one reading takes: the last ones are missing. */
  cut = $state(false);
  /** Letters are being opened: the week shown is not what it will be in a moment. */
  opening = $state(false);
  readonly book: AgendaBook;
  #agendas = $state.raw<ReadonlySet<Id>>(new Set());
  #rules: { of: string; version: number } | null = null;
  #running: Promise<void> | null = null;
  #again = false;
  #over = false;

  /** `wanted` answers what is on screen at the time of reading, `front` what of it is in the window. */
  constructor(readonly open: OpenDesk, readonly wanted: () => Window, readonly front: () => Front, readonly told: Told) {
    const { from, days } = wanted();
    this.book = new AgendaBook(open, new Seen(open.practice.practice), from, days);
  }

  /** Whether all of a window was in the last answer. */
  covers({ agendas, from, days }: Window): boolean {
    const { week } = this;
    return week.from === from && week.days >= days && agendas.every((agenda) => this.#agendas.has(agenda));
  }

  /** An answer still on its way to a closed desk is thrown away. */
  end(): void {
    this.#over = true;
  }

  visit(record: Id): Visit | undefined {
    return this.week.visits.find((visit) => visit.record === record);
  }

  /** Reads the week shown; one read at a time. Asked for while one is under way, it ends with the one after: what was done before is in it. */
  read(): Promise<void> {
    if (this.#running !== null) {
      this.#again = true;
      return this.#running.then(() => this.#running ?? undefined);
    }
    this.#running = this.#readOnce().finally(() => {
      this.#running = null;
      if (this.#again && !this.#over) {
        this.#again = false;
        void this.read();
      }
    });
    return this.#running;
  }

  /** Reads until what is on screen was read, or nothing answers. A read under way for the same window is not asked again. */
  async cover(): Promise<void> {
    while (!this.#over && this.wanted().agendas.length > 0 && !this.covers(this.wanted())) {
      await (this.#running ?? this.read());
      if (this.outageSince !== null) return;
    }
  }

  async #readOnce(): Promise<void> {
    // A practice that has no agenda yet has nothing to ask for.
    const { agendas, from, days } = this.wanted();
    if (agendas.length === 0) return;
    const { seq } = this.open.trusted.roster;
    try {
      const { week, toOpen } = await this.book.read(agendas, from, days);
      if (this.#over) return;
      this.#agendas = new Set(agendas);
      this.cut = this.book.cut;
      if (this.outageSince !== null) this.told.back();
      this.outageSince = null;
      this.readAt = Math.floor(Date.now() / 1000);
      this.week = week;
      this.#followRules(agendas);
      if (toOpen.length === 0) return;
      const opened = await this.#openLetters(toOpen, seq);
      await this.#settle(opened);
    } catch (error) {
      if (this.#over) return;
      // Whoever is no member any more is told so where the desk opens again.
      if (isOver(error)) this.told.over(error);
      else if (error instanceof Refused && error.is('no_such_agenda')) this.told.rulesChanged();
      else if (error instanceof Refused && error.is('prove_presence')) this.told.notShown();
      else if (isOutage(error)) this.outageSince ??= Math.floor(Date.now() / 1000);
      else throw error;
    }
  }

  /** What somebody is looking at first, drawn batch by batch. */
  async #openLetters(rows: readonly AgendaRow[], seq: number): Promise<OpenedRow[]> {
    const started = performance.now();
    this.opening = true;
    try {
      const opened = await this.book.open(frontFirst(rows, this.front()), () => { if (!this.#over) this.week = this.book.week(); });
      await this.#followRoster(opened, seq);
      this.week = this.book.week();
      performance.measure(OPENED_MEASURE, { start: started, detail: opened.length });
      return opened;
    } finally {
      this.opening = false;
    }
  }

  #followRules(agendas: readonly Id[]): void {
    const now = { of: agendas.join(), version: this.book.rulesVersion };
    if (this.#rules?.of === now.of && this.#rules.version !== now.version) this.told.rulesChanged();
    this.#rules = now;
  }

  /** A letter to keys this desk did not hold when it asked: others may stand since, and then it is read again. */
  async #followRoster(opened: readonly OpenedRow[], seq: number): Promise<void> {
    const foreign = opened.filter(({ reading }) => reading === 'foreign');
    if (foreign.length === 0 || !(await renewDesk(this.open, seq))) return;
    for (const { row } of foreign) this.book.forget(row.record);
    this.#again = true;
  }

  /** In idle time: signatures, then compaction. */
  async #settle(opened: readonly OpenedRow[]): Promise<void> {
    const turn = () => new Promise<void>((done) => setTimeout(done, 0));
    await this.book.check(() => { this.week = this.book.week(); }, turn);
    try {
      const { bad } = await compactRows(this.open, opened);
      if (bad > 0) this.told.compactionFailed();
    } catch (error) {
      // What was not compacted now is at the next opening; the agenda stands all the same.
      if (!isOutage(error)) throw error;
    }
  }

  /** Draws the same week again: the names of its types or people are others now. */
  redraw(): void {
    this.week = this.book.week();
  }

  /** The panel has shown this revision: it is no news any more. */
  markSeen(record: Id, rev: number): void {
    this.book.markSeen(record, rev);
    this.week = this.book.week();
  }
}
