// SPDX-License-Identifier: AGPL-3.0-or-later
/** What of the practice's time is on screen: which days of which agendas, drawn how. */
import { addDays, dateAt, localDay, monday } from '../../usecases/desk/days';
import { lanesAtOnce, type Front } from '../../usecases/desk/front';
import { datesOf, dayShare, hourHeight, stopsOf, viewOf } from '../../usecases/desk/view';
import type { Id, LocalDate, Status } from '../../wire/types';
import type { Drawing } from './drawing.svelte';
import { WEEK_DAYS, type Reading, type Window } from './reading.svelte';
import type { Rules } from './rules.svelte';

const CLOCK_SECONDS = 15;
/** The drawing follows the clock in steps: it is not drawn anew for every look at it. */
const PAST_SECONDS = 300;
/** Beyond so many agendas the day is what fits (look.md). */
const WEEK_AGENDAS_MAX = 4;
/** Beyond so many the toolbar's row of initials is a list, a week shows the first of them, and a day is scrolled sideways. */
const ROW_AGENDAS_MAX = 8;
/** So wide a window draws a week of one agenda, and so much wider for each other, with names one can read; a day below that. */
const WEEK_PX_MIN = 500, WEEK_AGENDA_PX = 300;
const NARROW = '(max-width: 59.99rem)';
/** A lane's least width, in rem: in a day of many, room for a name; in a week, for the beginning of one. */
const DAY_LANE_REM_MIN = 7, WEEK_LANE_REM_MIN = 3.25;
/** What stands beside the lanes: the panel and the hours (tokens.css), in rem. */
const BESIDE_REM = 23;

const COLOURS_STORED = 'serment.colours';

export type Kind = 'day' | 'week' | 'list';
/** Whose colours the blocks have: their agenda's, or their visit type's. */
export type Colours = 'agenda' | 'type';

/** Where a desk stood when it closed by itself: no name, no key. Whoever opens it next stands there again. */
export interface Place {
  practice: Id;
  date: LocalDate;
  kind: Kind;
  phoneAgenda: Id;
  hidden: ReadonlySet<Id>;
  record: Id | null;
}

const widthInRem = () => innerWidth / Number.parseFloat(getComputedStyle(document.documentElement).fontSize);

export class Shown {
  now = $state(Math.floor(Date.now() / 1000));
  chosen = $state<LocalDate>('');
  kind = $state<Kind>('week');
  /** The window's width in rem. */
  #width = $state(widthInRem());
  narrow = $state(false);
  phoneAgenda = $state<Id>('');
  hidden = $state.raw<ReadonlySet<Id>>(new Set());
  colours = $state<Colours>('agenda');
  /** Only visits of this status stand out; null: all do. */
  only = $state<Status | null>(null);
  /** Contacts opened to be printed, by record; none but while the print panel is open. */
  contacts = $state.raw<ReadonlyMap<Id, string>>(new Map());
  /** The one day of those shown that goes on paper; null: all of them. */
  paperDay = $state<LocalDate | null>(null);
  readonly today = $derived.by(() => dateAt(this.rules.zone, this.now));
  readonly monday = $derived(monday(this.chosen));
  readonly chosenAgendas = $derived.by(() => this.rules.agendas.filter(({ agenda }) => !this.hidden.has(agenda)));
  readonly agendas = $derived.by(() =>
    this.narrow && this.kind !== 'list' ? this.rules.agendas.filter(({ agenda }) => agenda === this.phoneAgenda)
      : this.kind === 'week' ? this.chosenAgendas.slice(0, ROW_AGENDAS_MAX) : this.chosenAgendas);
  readonly dates = $derived.by(() =>
    this.narrow || this.kind === 'day' || (this.many && this.kind === 'list') ? [this.chosen] : datesOf(this.reading().week, this.agendas, this.monday));
  /** What to read: the week of all agendas; of many agendas those on screen, and a day where a day is drawn. */
  readonly wanted = $derived.by((): Window => {
    const agendas = (this.many ? this.agendas : this.rules.agendas).map(({ agenda }) => agenda);
    const week = !this.many || (this.kind === 'week' && !this.narrow);
    return week ? { agendas, from: this.monday, days: WEEK_DAYS } : { agendas, from: this.chosen, days: 1 };
  });
  /** The days on screen are not those that were read last: nothing is known of them yet. */
  readonly unread = $derived.by(() => !this.reading().covers(this.wanted));
  readonly #past = $derived.by(() => Math.floor(this.now / PAST_SECONDS) * PAST_SECONDS);
  readonly drawn = $derived.by(() => viewOf(this.reading().week, this.agendas, this.dates, this.rules.visitTypes, this.#past));
  readonly hourPx = $derived(hourHeight(this.drawn));
  readonly stops = $derived.by(() => stopsOf(this.drawn));

  /** Whether agendas are chosen from a list. */
  readonly many = $derived.by(() => this.rules.agendas.length > ROW_AGENDAS_MAX);
  /** Whether the day drawn is wider than the window. */
  readonly wide = $derived.by(() => !this.narrow && this.kind === 'day' && this.agendas.length > ROW_AGENDAS_MAX);
  /** The least width of what is drawn, in rem. */
  readonly least = $derived.by(() =>
    this.dates.length === 1 ? this.agendas.length * DAY_LANE_REM_MIN : this.drawn.days.reduce((sum, day) => sum + dayShare(day, this.chosen, false), 0) * WEEK_LANE_REM_MIN);
  /** Whether the day or week drawn is scrolled sideways. */
  readonly sideways = $derived.by(() => this.wide || (!this.narrow && this.kind === 'week' && this.dates.length > 1 && this.least > this.#width - BESIDE_REM));

  constructor(readonly rules: Rules, readonly reading: () => Reading, place: Place | null) {
    this.phoneAgenda = place?.phoneAgenda ?? (rules.own ?? rules.agendas[0])?.agenda ?? '';
    this.chosen = place?.date ?? dateAt(rules.zone, this.now);
    this.kind = place?.kind ?? (rules.agendas.length > WEEK_AGENDAS_MAX || innerWidth < WEEK_PX_MIN + (rules.agendas.length - 1) * WEEK_AGENDA_PX ? 'day' : 'week');
    this.hidden = place?.hidden ?? new Set();
    const kept = localStorage.getItem(COLOURS_STORED);
    // One agenda alone needs no colour of its own.
    this.colours = kept === 'agenda' || kept === 'type' ? kept : rules.agendas.length > 1 ? 'agenda' : 'type';
  }

  /** What somebody is looking at. */
  front(drawing: Drawing): Front {
    const { start, end } = localDay(this.rules.zone, this.chosen);
    return { start, end, agendas: drawing.inWindow(this.agendas, this.wide) };
  }

  /** The lanes drawn in one go, by key. */
  atOnce(drawing: Drawing): ReadonlySet<string> {
    return lanesAtOnce(this.drawn, this.chosen, drawing.inWindow(this.agendas, this.wide));
  }

  colourBy(colours: Colours): void {
    this.colours = colours;
    localStorage.setItem(COLOURS_STORED, colours);
  }

  /** Follows the window's width and the clock; answers what ends it. */
  follow(): () => void {
    const query = matchMedia(NARROW);
    // A sheet of paper is narrower than the window that prints it: what is printed is what is on screen.
    const paper = matchMedia('print');
    const measure = () => {
      if (paper.matches) return;
      this.narrow = query.matches;
      this.#width = widthInRem();
    };
    measure();
    query.addEventListener('change', measure);
    addEventListener('resize', measure);
    const clock = setInterval(() => { this.now = Math.floor(Date.now() / 1000); }, CLOCK_SECONDS * 1000);
    return () => {
      query.removeEventListener('change', measure);
      removeEventListener('resize', measure);
      clearInterval(clock);
    };
  }

  async show(date: LocalDate): Promise<void> {
    this.chosen = date;
    await this.reading().cover();
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

  /** Shows these alone; none shows all. */
  showOnly(agendas: readonly Id[]): void {
    this.hidden = agendas.length === 0 ? new Set() : new Set(this.rules.agendas.map(({ agenda }) => agenda).filter((agenda) => !agendas.includes(agenda)));
  }

  /** The last agenda in view stays. */
  toggleAgenda(agenda: Id): void {
    const hidden = new Set(this.hidden);
    if (!hidden.delete(agenda) && hidden.size < this.rules.agendas.length - 1) hidden.add(agenda);
    this.hidden = hidden;
  }
}
