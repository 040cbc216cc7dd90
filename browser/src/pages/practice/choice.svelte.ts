// SPDX-License-Identifier: AGPL-3.0-or-later
/** What is chosen and where the keyboard stands: one tab stop, arrows from there, single letters that act. */
import { tick } from 'svelte';
import { dateAt, type Span } from '../../usecases/desk/days';
import { ACTION_KEYS, FIRST_PLACE_KEY, stepFrom, tabStop } from '../../usecases/desk/keyboard';
import { placesFor } from '../../usecases/desk/lanes';
import type { Visit } from '../../usecases/desk/model';
import type { Typed } from '../../usecases/desk/typed';
import type { LaneView } from '../../usecases/desk/view';
import type { Id, LocalDate } from '../../wire/types';
import { t } from '../../words/index';
import type { Desk } from './desk.svelte';

const KEYS_STORED = 'serment.keys';
/** A click on empty time asks about the ten minutes it falls in. */
const ASKED_MINUTES = 10;

export type Selection =
  | { kind: 'visit'; record: Id }
  /** `start`: where in the free time it was clicked; without it, from its beginning. */
  | { kind: 'gap'; agenda: Id; date: LocalDate; span: Span; id: string; start?: number; visitType?: Id }
  | { kind: 'why'; agenda: Id; date: LocalDate; minute: number }
  | { kind: 'first' }
  | { kind: 'print' }
  | { kind: 'agendas' }
  | { kind: 'requests' }
  | { kind: 'failed' }
  | { kind: 'repeat'; record: Id }
  | { kind: 'correct'; record: Id }
  /** `cancels`: somebody has just asked to cancel more than one. */
  | { kind: 'series'; record: Id; cancels?: true }
  | { kind: 'extra'; agenda: Id; date: LocalDate; minute: number | null }
  /** A booking to enter at this time; `typed`: as far as it got before. */
  | { kind: 'book'; agenda: Id; start: number; visitType?: Id; typed?: Typed };

/** Opened from the toolbar, with nothing of the agenda chosen: their keys act at once. */
const ASKED_AT_THE_TOP: readonly Selection['kind'][] = ['first', 'print', 'agendas'];

/** A visit of a series is seen with the others; another one can be repeated, where it stands and was opened. */
function repeating(visit: Visit): Selection {
  const { record, status, reading, verified } = visit;
  if (visit.identity !== null && visit.identity.series !== null) return { kind: 'series', record };
  const can = reading === 'open' && verified !== false && status !== 'cancelled' && status !== 'refused' && status !== 'requested';
  return { kind: can ? 'repeat' : 'visit', record };
}

/** Where a booking goes on that was left. */
export const toGoOn = (typed: Typed): Selection => ({ kind: 'book', agenda: typed.agenda, start: typed.start, visitType: typed.visitType, typed });

/** The focus went with what was pressed, or nobody has set it yet. */
function nowhere(element: Element | null): boolean {
  return element === null || element === document.body || element.id === 'main';
}

export class Choice {
  selection = $state.raw<Selection | null>(null);
  focusId = $state<string | null>(null);
  /** The panel's heading is to get the focus once it stands. */
  #titleAsked = false;
  keysAct = $state(localStorage.getItem(KEYS_STORED) !== 'off');
  readonly tabStop = $derived.by(() => {
    const { carry, shown } = this.desk;
    return carry.moving !== null ? null : tabStop(shown.stops, this.focusId, shown.chosen);
  });

  constructor(readonly desk: Desk) {}

  is(record: Id): boolean {
    return this.selection?.kind === 'visit' && this.selection.record === record;
  }

  /** On a phone the panel takes the day's place; while a visit is carried the day stays, but for the panel that asks where to. */
  get reading(): boolean {
    const { shown, carry } = this.desk;
    return shown.narrow && this.selection !== null && (carry.moving === null || this.selection.kind === 'extra');
  }

  /** The visit whose panel is open. */
  get record(): Id | null {
    return this.selection?.kind === 'visit' ? this.selection.record : null;
  }

  /** Opens the panel. Asked for by key (a click without a pointer), from the toolbar or on a phone, its heading gets the focus. */
  select(selection: Selection, event?: MouseEvent): void {
    const { desk } = this;
    if (desk.carry.swallowsClick()) return;
    desk.deeds.problem = null;
    this.selection = selection;
    if (selection.kind === 'visit') {
      this.focusId = selection.record;
      const visit = desk.reading.visit(selection.record);
      if (visit !== undefined && visit.reading !== 'sealed' && visit.fresh) desk.reading.markSeen(visit.record, visit.rev);
    } else if (selection.kind === 'gap') this.focusId = selection.id;
    if (desk.shown.narrow || event === undefined || event.detail === 0 || ASKED_AT_THE_TOP.includes(selection.kind)) {
      this.#titleAsked = true;
      void tick().then(() => this.arrived());
    } else this.#titleAsked = false;
  }

  /** The panel stands, perhaps only now that its part of the program came: its heading gets the focus if that was asked for. */
  arrived(): void {
    const title = document.getElementById('panel-title');
    if (!this.#titleAsked || title === null) return;
    this.#titleAsked = false;
    title.focus();
  }

  /** Free time, from where the pointer is; by key from its beginning. */
  selectFree(event: MouseEvent, lane: LaneView, { id, span }: { id: string; span: Span }): void {
    const gap = { kind: 'gap' as const, agenda: lane.agenda.agenda, date: lane.day.date, span, id };
    const start = event.detail === 0 ? undefined : this.#startUnder(event, lane, span);
    this.select(start === undefined ? gap : { ...gap, start }, event);
  }

  /** The start of the agenda's usual visit that the pointer is on, on its opening's own steps; undefined where none fits. */
  #startUnder(event: MouseEvent, lane: LaneView, span: Span): number | undefined {
    const { rules, shown } = this.desk;
    const usual = rules.usualType(lane.agenda.agenda);
    const type = usual === undefined ? undefined : rules.visitType(usual);
    if (type === undefined) return undefined;
    const { top, height } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const pointed = span.start + ((event.clientY - top) / height) * (span.end - span.start);
    const starts = placesFor(type, lane.openings, lane.taken.map((one) => one.span), shown.now).filter((start) => start >= span.start && start < span.end);
    return starts.filter((start) => start <= pointed).at(-1) ?? starts[0];
  }

  /** Booked: its panel is open, and the keyboard is back in the agenda, on its block, if that is on screen. */
  async booked(record: Id): Promise<void> {
    this.select({ kind: 'visit', record });
    await this.focusStop(record);
  }

  /** A desk was opened: the keyboard is in the agenda, at the present hour, unless somebody went elsewhere meanwhile. */
  async begin(): Promise<void> {
    const { desk } = this;
    await tick();
    if (desk.shown.narrow || desk.room !== 'agenda' || !nowhere(document.activeElement)) return;
    this.focusId ??= this.#present();
    const stop = (await this.#element(this.tabStop)) ?? document.getElementById('main');
    stop?.focus({ preventScroll: true });
  }

  /** The first visit or free time of today that is not over. */
  #present(): string | null {
    const { shown } = this.desk;
    const items = shown.drawn.days.find(({ date }) => date === shown.today)?.lanes.flatMap((lane) => lane.items) ?? [];
    return items.find(({ kind, span }) => (kind === 'visit' || kind === 'gap') && span.end > shown.now)?.id ?? null;
  }

  /** Closes the panel and returns to the block it was opened from, or else into the agenda. What hung on the pointer stays where it was. */
  leave(): void {
    const { carry } = this.desk;
    this.selection = null;
    this.desk.deeds.problem = null;
    if (carry.moving?.dragged === true) carry.giveUp();
    else if (carry.moving !== null) carry.refocus();
    else void this.focusStop(this.tabStop ?? this.focusId);
  }

  /** Shows a visit of whichever day, and opens its panel. */
  async goToVisit({ record, agenda, start }: { record: Id; agenda: Id; start: number }, event?: MouseEvent): Promise<void> {
    await this.#turnTo(agenda, start);
    // Moved or answered elsewhere meanwhile: it is not there, and the lists say what is.
    if (this.desk.reading.visit(record) === undefined) void Promise.all([this.desk.requests.read(), this.desk.messages.look()]);
    else this.select({ kind: 'visit', record }, event);
  }

  /** A visit as it stands, to take something back: its own days are shown where others are on screen. Undefined, which is told, where it is not read. */
  async bring({ record, agenda, start }: { record: Id; agenda: Id; start: number }): Promise<Visit | undefined> {
    const { reading, deeds } = this.desk;
    if (reading.visit(record) === undefined) await this.#turnTo(agenda, start);
    const visit = reading.visit(record);
    if (visit === undefined) deeds.say(t('said.not_undone'));
    return visit;
  }

  /** Goes on with a booking whose panel was left, or whose desk had closed. */
  async bookOn(typed: Typed): Promise<void> {
    this.desk.room = 'agenda';
    await this.#turnTo(typed.agenda, typed.start);
    this.select(toGoOn(typed));
  }

  async #turnTo(agenda: Id, start: number): Promise<LocalDate> {
    const { shown, rules } = this.desk;
    const date = dateAt(rules.zoneOf(agenda), start);
    if (shown.narrow) shown.phoneAgenda = agenda;
    else if (shown.hidden.has(agenda)) shown.toggleAgenda(agenda);
    await shown.show(date);
    return date;
  }

  /** Shows a free place in the agenda and chooses the free time it lies in. */
  async goToPlace(agenda: Id, start: number, end: number, event?: MouseEvent, visitType?: Id): Promise<void> {
    const { shown } = this.desk;
    const date = await this.#turnTo(agenda, start);
    const lane = shown.drawn.days.find((day) => day.date === date)?.lanes.find((one) => one.agenda.agenda === agenda);
    const gap = lane?.items.find((item) => item.kind === 'gap' && item.span.start <= start && item.span.end >= end);
    const id = gap?.id ?? `gap/${date}/${agenda}/${start}`;
    const found = { kind: 'gap' as const, agenda, date, span: { start, end }, id };
    this.select(visitType === undefined ? found : { ...found, visitType }, event);
    if (gap !== undefined && !shown.narrow) (await this.#element(gap.id))?.scrollIntoView({ block: 'center' });
  }

  /** A click on hatched or empty time of a lane asks why nothing is offered there. */
  askWhyAt(event: MouseEvent, lane: LaneView): void {
    if (event.target !== event.currentTarget && !(event.target as Element).classList.contains('shut')) return;
    const body = event.currentTarget as HTMLElement;
    const share = (event.clientY - body.getBoundingClientRect().top) / body.clientHeight;
    const { axis } = this.desk.shown.drawn;
    const minute = axis.from + Math.floor((share * axis.length) / ASKED_MINUTES) * ASKED_MINUTES;
    this.select({ kind: 'why', agenda: lane.agenda.agenda, date: lane.day.date, minute });
  }

  focused(event: FocusEvent): void {
    const stop = (event.target as HTMLElement).dataset['stop'];
    if (stop !== undefined && this.desk.carry.moving === null) this.focusId = stop;
  }

  async focusStop(id: string | null): Promise<void> {
    (await this.#element(id))?.focus();
  }

  /** The button of a visit, of free time or of a place; drawn now, if its lane was not yet. */
  async #element(id: string | null): Promise<HTMLElement | null> {
    await tick();
    if (id === null) return null;
    const find = () => document.querySelector<HTMLElement>(`[data-stop="${CSS.escape(id)}"]`);
    const there = find();
    if (there !== null || !this.desk.drawing.all()) return there;
    await tick();
    return find();
  }

  /** The button that was pressed may be gone with what it did: the keyboard goes on from the panel's heading, or the block. */
  async keepFocus(): Promise<void> {
    await tick();
    if (!nowhere(document.activeElement)) return;
    if (this.selection === null) await this.focusStop(this.focusId);
    else document.getElementById('panel-title')?.focus();
  }

  toggleKeys(): void {
    this.keysAct = !this.keysAct;
    localStorage.setItem(KEYS_STORED, this.keysAct ? 'on' : 'off');
  }

  key(event: KeyboardEvent): void {
    const { desk } = this;
    const stop = (event.target as HTMLElement).dataset['stop'];
    if (stop === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (desk.carry.typing.goesOn(event) || desk.carry.key(event, stop)) return;
    if (event.key === 'Escape' && this.selection !== null) {
      event.preventDefault();
      this.leave();
      return;
    }
    if (event.key.toLowerCase() === FIRST_PLACE_KEY && this.keysAct) {
      event.preventDefault();
      this.select({ kind: 'first' });
      return;
    }
    const does = ACTION_KEYS[event.key.toLowerCase()];
    if (does !== undefined && this.keysAct) {
      const visit = desk.reading.visit(stop);
      if (visit === undefined) return;
      event.preventDefault();
      this.#act(does, visit);
      return;
    }
    this.#step(event, stop);
  }

  #act(does: (typeof ACTION_KEYS)[string], visit: Visit): void {
    if (does === 'move') this.desk.carry.lift(visit);
    else if (does === 'repeat') this.select(repeating(visit));
    else void this.desk.deeds.mark(visit, does);
  }

  #step(event: KeyboardEvent, stop: string): void {
    const { shown } = this.desk;
    const step = stepFrom(shown.stops, stop, event.key);
    if (step.kind === 'stay') return;
    event.preventDefault();
    if (step.kind === 'stop') void this.focusStop(step.id);
    else void shown.turnWeek(step.by).then(() => this.focusStop(tabStop(shown.stops, null, shown.chosen)));
  }

  /**
   * Keys in the agenda's room but not on a block of it, where nothing is being typed: the letters act on the visit whose panel has the
   * focus, and from the toolbar, or from nowhere, arrows lead into the agenda.
   */
  keyBeside(event: KeyboardEvent): void {
    const { desk } = this;
    const target = event.target as HTMLElement;
    if (event.defaultPrevented || desk.carry.moving !== null || target.closest('[data-stop]') !== null) return;
    const letter = this.keysAct ? event.key.toLowerCase() : '';
    const does = ACTION_KEYS[letter];
    const visit = target.closest('.side') === null || this.record === null ? undefined : desk.reading.visit(this.record);
    if (letter === FIRST_PLACE_KEY) {
      event.preventDefault();
      this.select({ kind: 'first' });
    } else if (does !== undefined && visit !== undefined) {
      event.preventDefault();
      this.#act(does, visit);
    } else if (!desk.shown.narrow && (nowhere(target) || target.closest('.tools') !== null)) this.#enter(event);
  }

  #enter(event: KeyboardEvent): void {
    if (event.key.startsWith('Page')) this.#step(event, '');
    else if (event.key.startsWith('Arrow') && this.desk.shown.kind !== 'list' && this.tabStop !== null) {
      event.preventDefault();
      void this.focusStop(this.tabStop);
    }
  }
}
