// SPDX-License-Identifier: AGPL-3.0-or-later
/** The desk's state: what is open, what is shown, what is chosen. Components read it; use cases do the work. */
import { tick } from 'svelte';
import { addDays, dateAt, monday } from '../../usecases/desk/days';
import { ACTION_KEYS, stepFrom, tabStop } from '../../usecases/desk/keyboard';
import { signOut, watchIdle } from '../../usecases/desk/lock';
import { accept, refuse } from '../../usecases/desk/accept';
import { note, noteBackTo, sign } from '../../usecases/desk/act';
import { hearChanges } from '../../usecases/desk/changes';
import { compactRows } from '../../usecases/desk/compact';
import { takesTime, type Agenda, type Visit, type VisitType, type Week } from '../../usecases/desk/model';
import { AgendaBook, agendasOf, visitTypesOf } from '../../usecases/desk/read_agenda';
import { isOutage, type Note } from '../../usecases/desk/routes';
import { Seen } from '../../usecases/desk/seen';
import type { OpenDesk } from '../../usecases/desk/unlock';
import { datesOf, stopsOf, viewOf, type LaneView } from '../../usecases/desk/view';
import type { Span } from '../../usecases/desk/days';
import { Refused } from '../../wire/problem';
import type { Id, LocalDate } from '../../wire/types';
import { t, type WordKey } from '../../words/index';
import { Carry } from './carry.svelte';
import { inWords } from './wrong';

export const UNDO_SECONDS = 10;
/** The browser's own timeline shows how long the letters took to open; bench/ reads it. */
export const OPENED_MEASURE = 'desk opened';
const WEEK_DAYS = 7;
const CLOCK_SECONDS = 15;
/** Beyond so many agendas the day is what fits (look.md). */
const WEEK_AGENDAS_MAX = 4;
const NARROW = '(max-width: 59.99rem)';

export type Selection =
  | { kind: 'visit'; record: Id }
  | { kind: 'gap'; agenda: Id; date: LocalDate; span: Span; id: string }
  | { kind: 'why'; agenda: Id; date: LocalDate; minute: number };

export interface Said {
  text: string;
  undo: (() => Promise<void>) | null;
}

/** What a closed desk still knows: hours and types, no names. */
export interface KnownHour {
  start: number;
  zone: string;
  visitType: string;
}

export type Closed = 'by hand' | 'idle' | 'signed out';

const EMPTY: Week = { from: '2000-01-01', days: 0, visits: [], openings: [], absences: [], holds: [], holidays: [] };

export class Desk {
  readonly agendas: readonly Agenda[];
  readonly visitTypes: readonly VisitType[];
  readonly carry: Carry;
  week = $state.raw<Week>(EMPTY);
  now = $state(Math.floor(Date.now() / 1000));
  chosen = $state<LocalDate>('');
  kind = $state<'day' | 'week' | 'list'>('week');
  narrow = $state(false);
  phoneAgenda = $state<Id>('');
  hidden = $state.raw<ReadonlySet<Id>>(new Set());
  selection = $state.raw<Selection | null>(null);
  focusId = $state<string | null>(null);
  said = $state.raw<Said | null>(null);
  problem = $state<string | null>(null);
  outageSince = $state<number | null>(null);
  readAt = $state(0);
  opening = $state(false);
  keysAct = $state(localStorage.getItem('serment.keys') !== 'off');
  readonly today = $derived.by(() => dateAt(this.zone, this.now));
  readonly monday = $derived(monday(this.chosen));
  readonly dates = $derived.by(() =>
    this.narrow || this.kind === 'day' ? [this.chosen] : datesOf(this.week, this.shownAgendas, this.monday));
  readonly shownAgendas = $derived.by(() =>
    this.narrow && this.kind !== 'list' ? this.agendas.filter(({ agenda }) => agenda === this.phoneAgenda)
      : this.agendas.filter(({ agenda }) => !this.hidden.has(agenda)));
  readonly drawn = $derived.by(() => viewOf(this.week, this.shownAgendas, this.dates, this.visitTypes));
  readonly stops = $derived.by(() => stopsOf(this.drawn));
  readonly tabStop = $derived.by(() => (this.carry.moving !== null ? null : tabStop(this.stops, this.focusId, this.chosen)));
  readonly book: AgendaBook;
  #ends: (() => void)[] = [];
  #reading: Promise<void> | null = null;
  #again = false;
  #saidTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly open: OpenDesk, readonly closed: (why: Closed, known: KnownHour[]) => void) {
    // Of other units' agendas this member is told nothing.
    this.agendas = agendasOf(open.house).filter(({ unit }) => open.units.has(unit));
    this.visitTypes = visitTypesOf(open.house);
    this.phoneAgenda = this.agendas[0]?.agenda ?? '';
    this.chosen = dateAt(this.zone, this.now);
    if (this.agendas.length > WEEK_AGENDAS_MAX) this.kind = 'day';
    this.book = new AgendaBook(open, new Seen(open.practice.practice), monday(this.chosen), WEEK_DAYS);
    this.carry = new Carry(this);
    this.#watch();
    void this.read();
  }

  get zone(): string {
    return this.agendas[0]?.zone ?? 'Europe/Paris';
  }

  get moving() {
    return this.carry.moving;
  }

  #watch(): void {
    const query = matchMedia(NARROW);
    const measure = () => { this.narrow = query.matches; };
    measure();
    query.addEventListener('change', measure);
    const clock = setInterval(() => { this.now = Math.floor(Date.now() / 1000); }, CLOCK_SECONDS * 1000);
    this.#ends.push(
      () => query.removeEventListener('change', measure), () => clearInterval(clock),
      watchIdle(() => this.close('idle')), hearChanges(this.open.practice.practice, () => void this.read()),
    );
  }

  /** Forgets keys and names; hours and types of today are told to the closed desk. */
  close(why: Closed): void {
    for (const end of this.#ends) end();
    this.#ends = [];
    clearTimeout(this.#saidTimer);
    const known = this.week.visits
      .filter((visit) => takesTime(visit) && visit.end > this.now && dateAt(this.zoneOf(visit.agenda), visit.start) === this.today)
      .map(({ start, agenda, visitType }) => ({ start, zone: this.zoneOf(agenda), visitType: this.typeWords(visitType) }))
      .sort((a, b) => a.start - b.start);
    if (why === 'by hand') void signOut();
    this.closed(why, known);
  }

  // ------------------------------------------------------------------ reading

  /** Reads the week shown; one read at a time, and once more if something changed meanwhile. */
  read(): Promise<void> {
    if (this.#reading !== null) {
      this.#again = true;
      return this.#reading;
    }
    this.#reading = this.#readOnce().finally(() => {
      this.#reading = null;
      if (this.#again) {
        this.#again = false;
        void this.read();
      }
    });
    return this.#reading;
  }

  async #readOnce(): Promise<void> {
    const from = this.monday;
    try {
      const { week, toOpen } = await this.book.read(this.agendas.map(({ agenda }) => agenda), from, WEEK_DAYS);
      this.outageSince = null;
      this.readAt = Math.floor(Date.now() / 1000);
      this.week = week;
      if (toOpen.length === 0) return;
      const started = performance.now();
      const opened = await this.book.open(toOpen);
      this.week = this.book.week();
      performance.measure(OPENED_MEASURE, { start: started, detail: opened.length });
      await this.#settle(opened);
    } catch (error) {
      if (error instanceof Refused && error.is('signed_out')) this.close('signed out');
      else if (isOutage(error)) this.outageSince ??= this.now;
      else throw error;
    }
  }

  /** In idle time: signatures, then compaction. */
  async #settle(opened: Awaited<ReturnType<AgendaBook['open']>>): Promise<void> {
    const turn = () => new Promise<void>((done) => setTimeout(done, 0));
    await this.book.check(() => { this.week = this.book.week(); }, turn);
    try {
      const { bad } = await compactRows(this.open, opened);
      if (bad > 0) this.problem = t('wrong.compaction');
    } catch (error) {
      // What was not compacted now is at the next opening; the agenda stands all the same.
      if (!isOutage(error)) throw error;
    }
  }

  async retry(): Promise<void> {
    await this.read();
  }

  // ------------------------------------------------------------------ what is shown

  visit(record: Id): Visit | undefined {
    return this.week.visits.find((visit) => visit.record === record);
  }

  agenda(agenda: Id): Agenda | undefined {
    return this.agendas.find((one) => one.agenda === agenda);
  }

  zoneOf(agenda: Id): string {
    return this.agenda(agenda)?.zone ?? this.zone;
  }

  visitType(id: Id): VisitType | undefined {
    return this.visitTypes.find((type) => type.visitType === id);
  }

  typeWords(id: Id): string {
    const type = this.visitType(id);
    return type === undefined ? '' : document.documentElement.lang === 'en' ? type.en : type.fr;
  }

  /** The question behind an answer's key, in the page's language. */
  questionWords(visitType: Id, key: string): string {
    const question = this.visitType(visitType)?.questions.find((one) => one.id === key);
    return question === undefined ? key : document.documentElement.lang === 'en' ? question.en : question.fr;
  }

  /** The agenda's first visit type: the one a narrow block does not name. */
  usualType(agenda: Id): Id | undefined {
    return this.visitTypes.find((type) => type.agendas.includes(agenda))?.visitType;
  }

  async show(date: LocalDate): Promise<void> {
    const same = monday(date) === this.monday && this.week.days > 0;
    this.chosen = date;
    if (!same) await this.read();
  }

  choose(date: LocalDate): void {
    void this.show(date);
  }

  turnWeek(by: number): Promise<void> {
    return this.show(addDays(this.chosen, by * WEEK_DAYS));
  }

  turnDay(by: number): Promise<void> {
    return this.show(addDays(this.chosen, by));
  }

  turn(by: number): Promise<void> {
    return this.kind === 'day' || this.narrow ? this.turnDay(by) : this.turnWeek(by);
  }

  choosePhoneAgenda(agenda: Id): void {
    this.phoneAgenda = agenda;
  }

  toggleAgenda(agenda: Id): void {
    const hidden = new Set(this.hidden);
    if (!hidden.delete(agenda) && hidden.size < this.agendas.length - 1) hidden.add(agenda);
    this.hidden = hidden;
  }

  toggleKeys(): void {
    this.keysAct = !this.keysAct;
    localStorage.setItem('serment.keys', this.keysAct ? 'on' : 'off');
  }

  // ------------------------------------------------------------------ choosing and keys

  isSelected(record: Id): boolean {
    return this.selection?.kind === 'visit' && this.selection.record === record;
  }

  /** Opens the panel. Asked for by key (a click without a pointer) or on a phone, its heading gets the focus. */
  select(selection: Selection, event?: MouseEvent): void {
    if (this.carry.swallowsClick()) return;
    this.problem = null;
    this.selection = selection;
    if (selection.kind === 'visit') {
      this.focusId = selection.record;
      const visit = this.visit(selection.record);
      if (visit !== undefined && visit.reading !== 'sealed' && visit.fresh) {
        this.book.markSeen(visit.record, visit.rev);
        this.week = this.book.week();
      }
    } else if (selection.kind === 'gap') this.focusId = selection.id;
    if (this.narrow || event === undefined || event.detail === 0) void tick().then(() => document.getElementById('panel-title')?.focus());
  }

  /** Closes the panel and returns to the block it was opened from. */
  leave(): void {
    this.selection = null;
    this.problem = null;
    void this.focusStop(this.focusId);
  }

  /** A click on hatched or empty time of a lane asks why nothing is offered there. */
  askWhyAt(event: MouseEvent, lane: LaneView): void {
    if (event.target !== event.currentTarget && !(event.target as Element).classList.contains('shut')) return;
    const body = event.currentTarget as HTMLElement;
    const share = (event.clientY - body.getBoundingClientRect().top) / body.clientHeight;
    const { axis } = this.drawn;
    const minute = axis.from + Math.floor((share * axis.length) / 10) * 10;
    this.select({ kind: 'why', agenda: lane.agenda.agenda, date: lane.day.date, minute });
  }

  focused(event: FocusEvent): void {
    const stop = (event.target as HTMLElement).dataset['stop'];
    if (stop !== undefined && this.moving === null) this.focusId = stop;
  }

  async focusStop(id: string | null): Promise<void> {
    await tick();
    if (id === null) return;
    document.querySelector<HTMLElement>(`[data-stop="${CSS.escape(id)}"]`)?.focus();
  }

  key(event: KeyboardEvent): void {
    const stop = (event.target as HTMLElement).dataset['stop'];
    if (stop === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.carry.key(event, stop)) return;
    if (event.key === 'Escape' && this.selection !== null) {
      event.preventDefault();
      this.leave();
      return;
    }
    const does = ACTION_KEYS[event.key.toLowerCase()];
    if (does !== undefined && this.keysAct) {
      const visit = this.visit(stop);
      if (visit === undefined) return;
      event.preventDefault();
      if (does === 'move') this.carry.lift(visit);
      else void this.mark(visit, does);
      return;
    }
    const step = stepFrom(this.stops, stop, event.key);
    if (step.kind === 'stay') return;
    event.preventDefault();
    if (step.kind === 'stop') void this.focusStop(step.id);
    else void this.turnWeek(step.by).then(() => this.focusStop(tabStop(this.stops, null, this.chosen)));
  }

  // ------------------------------------------------------------------ doing

  say(text: string, undo: Said['undo'] = null): void {
    clearTimeout(this.#saidTimer);
    this.said = { text, undo };
    this.#saidTimer = setTimeout(() => { this.said = null; }, UNDO_SECONDS * 1000);
  }

  dismiss(): void {
    clearTimeout(this.#saidTimer);
    this.said = null;
  }

  /** Runs a deed; what is refused is said in the panel of the visit, which is read anew when it had changed. */
  async attempt(visit: Visit, deed: () => Promise<void>, words: Readonly<Record<string, WordKey>> = {}): Promise<boolean> {
    this.problem = null;
    try {
      await deed();
      return true;
    } catch (error) {
      if (error instanceof Refused && error.is('signed_out')) {
        this.close('signed out');
        return false;
      }
      const text = inWords(error, this, words);
      if (error instanceof Refused && error.is('stale_revision')) this.book.forget(visit.record);
      if (!isOutage(error)) await this.read();
      if (!this.isSelected(visit.record)) this.selection = { kind: 'visit', record: visit.record };
      this.problem = text;
      return false;
    }
  }

  async mark(visit: Visit, kind: Exclude<Note, 'expect'>): Promise<void> {
    const SAID: Record<typeof kind, WordKey> = { arrive: 'said.arrive', wait: 'said.wait', seen: 'said.seen', no_show: 'said.no_show' };
    const back = noteBackTo(visit.status);
    await this.attempt(visit, async () => {
      await note(this.open, visit, kind);
      this.book.markSeen(visit.record, visit.rev);
      await this.read();
      this.say(t(SAID[kind]), back === null ? null : () => this.#noteBack(visit.record, back));
    });
  }

  async #noteBack(record: Id, back: Note): Promise<void> {
    const visit = this.visit(record);
    if (visit === undefined) return;
    await this.attempt(visit, async () => {
      await note(this.open, visit, back);
      await this.read();
      this.say(t('said.undone'));
    });
  }

  async cancel(visit: Visit): Promise<void> {
    await this.attempt(visit, async () => {
      await sign(this.open, visit, 'cancel');
      await this.read();
      this.say(t('said.cancelled'), () => this.restore(visit.record));
    });
  }

  /** Takes a cancellation back, if its time is still free. */
  async restore(record: Id): Promise<void> {
    const visit = this.visit(record);
    if (visit === undefined) return;
    await this.attempt(visit, async () => {
      await sign(this.open, visit, 'undo');
      await this.read();
      this.say(t('said.undone'));
    }, { slot_taken: 'wrong.restore_taken' });
  }

  async answer(visit: Visit, yes: boolean): Promise<void> {
    await this.attempt(visit, async () => {
      await (yes ? accept : refuse)(this.open, visit);
      this.book.markSeen(visit.record, visit.rev);
      await this.read();
      this.say(t(yes ? 'said.accepted' : 'said.refused'));
    });
  }

  placesIn(lane: LaneView) {
    return this.carry.placesIn(lane);
  }

  pickUp(event: PointerEvent, visit: Visit): void {
    this.carry.pickUp(event, visit);
  }

  setDown(agenda: Id, start: number): Promise<void> {
    return this.carry.setDown(agenda, start);
  }
}

