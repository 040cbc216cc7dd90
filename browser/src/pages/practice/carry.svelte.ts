// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Carrying a visit to another time: with D and the arrows, with "First place", or with the pointer. All three end in
 * the same `setDown`. The visit stays where it is until the server has taken the new revision.
 */
import { tick } from 'svelte';
import { dateAt, instantOf, MINUTE, monday, placeSpan } from '../../usecases/desk/days';
import { stepFrom, tabStop, type StopLane } from '../../usecases/desk/keyboard';
import { apart, nearest, placesFor } from '../../usecases/desk/lanes';
import { takesTime, type Visit } from '../../usecases/desk/model';
import { moveVisit, type Moved, type Target } from '../../usecases/desk/move';
import { explainMove } from '../../usecases/desk/explain';
import { firstPlace } from '../../usecases/desk/first_place';
import type { LaneView } from '../../usecases/desk/view';
import { Refused } from '../../wire/problem';
import type { Id, LocalDate } from '../../wire/types';
import { t } from '../../words/index';
import type { Desk } from './desk.svelte';
import { follow } from './drag';
import { fullName, whenInWords } from './say';
import { noticeOf } from './told';
import { Typing } from './typing';
import { MOVING } from './wrong';

const DROP_REACH_MINUTES = 10;
const DROP_STEP_MINUTES = 5;

export interface Place {
  id: string;
  start: number;
  at: number;
  length: number;
}

export interface Moving {
  visit: Visit;
  record: Id;
  name: string;
  /** The place the keyboard is on. */
  focus: string | null;
  /** The place the pointer is over. */
  under: string | null;
  /** Where the visit's head hangs on the pointer, in the window; null for the keyboard. */
  pointer: { x: number; y: number } | null;
  dragged: boolean;
  working: boolean;
}

const placeId = (agenda: Id, start: number) => `place/${agenda}/${start}`;

function placeOfId(id: string): { agenda: Id; start: number } | null {
  const [kind, agenda, start] = id.split('/');
  return kind === 'place' && agenda !== undefined ? { agenda, start: Number(start) } : null;
}

export class Carry {
  moving = $state.raw<Moving | null>(null);
  readonly typing = new Typing();
  /** Where what this desk moved stood before, the revision that moved it, and until when nobody was told (UTC seconds; null: nobody is). */
  #origins = $state.raw<ReadonlyMap<Id, { before: Visit; rev: number; until: number | null }>>(new Map());
  #swallow = false;
  #ended: () => void = () => undefined;

  constructor(readonly desk: Desk) {}

  /** A click that ends a drag is no choice. */
  swallowsClick(): boolean {
    const swallow = this.#swallow;
    this.#swallow = false;
    return swallow;
  }

  #all(lane: LaneView): number[] {
    const { moving, desk } = this;
    if (moving === null || lane.agenda.unit !== moving.visit.unit) return [];
    const type = desk.rules.visitType(moving.visit.visitType);
    if (type === undefined || !type.agendas.includes(lane.agenda.agenda)) return [];
    const taken = lane.taken.filter(({ record }) => record !== moving.record).map(({ span }) => span);
    const visit = { ...type, minutes: moving.visit.minutes };
    return placesFor(visit, lane.openings, taken, desk.shown.now)
      .filter((start) => start !== moving.visit.start || lane.agenda.agenda !== moving.visit.agenda);
  }

  /** The places drawn in a lane: apart from one another, and the one in focus or under the pointer whatever its step. */
  placesIn(lane: LaneView): Place[] {
    const { moving, desk } = this;
    if (moving === null) return [];
    const all = this.#all(lane);
    const { minutes } = moving.visit;
    const wanted = moving.under ?? moving.focus;
    const held = wanted === null ? null : placeOfId(wanted);
    const fixed = held !== null && held.agenda === lane.agenda.agenda && all.includes(held.start) ? held.start : null;
    const starts = fixed === null
      ? apart(all, minutes)
      : [...apart(all, minutes).filter((start) => Math.abs(start - fixed) >= minutes * MINUTE), fixed].sort((a, b) => a - b);
    return starts.map((start) => ({
      id: placeId(lane.agenda.agenda, start), start, ...placeSpan(desk.shown.drawn.axis, lane.day, { start, end: start + minutes * MINUTE }),
    }));
  }

  get anyPlace(): boolean {
    return this.#stops.some(({ stops }) => stops.length > 0);
  }

  get #stops(): StopLane[] {
    return this.desk.shown.drawn.days.flatMap((day) => day.lanes.map((lane) => ({
      day: day.date, agenda: lane.agenda.agenda, stops: this.placesIn(lane).map(({ id, at }) => ({ id, at })),
    })));
  }

  /** Takes a visit up. Only what stands ahead and opens can be moved. */
  lift(visit: Visit, dragged = false): boolean {
    const { desk } = this;
    if (visit.reading !== 'open') {
      desk.choice.select({ kind: 'visit', record: visit.record });
      desk.deeds.problem = t('move.unreadable');
      return false;
    }
    if (visit.verified === false) {
      desk.choice.select({ kind: 'visit', record: visit.record });
      desk.deeds.problem = t('move.unverified');
      return false;
    }
    if (visit.status !== 'booked' && visit.status !== 'requested') {
      desk.choice.select({ kind: 'visit', record: visit.record });
      desk.deeds.problem = t('wrong.illegal_change');
      return false;
    }
    desk.deeds.dismiss();
    desk.deeds.problem = null;
    // One person at a time: the panel of somebody else, or of a deed that is done, gives way.
    const { selection } = desk.choice;
    if (selection !== null && 'record' in selection && !desk.choice.is(visit.record)) desk.choice.selection = null;
    this.moving = { visit, record: visit.record, name: fullName(visit) ?? '', focus: null, under: null, pointer: null, dragged, working: false };
    desk.choice.focusId = visit.record;
    if (!dragged) this.#focusFirst(visit.start);
    return true;
  }

  #focusFirst(near: number): void {
    const lanes = this.#stops;
    const agenda = this.moving?.visit.agenda ?? '';
    const own = lanes.filter((lane) => lane.agenda === agenda);
    // Its own day first, whichever is chosen; then its agenda's other days on screen; another agenda only where its own has nothing.
    const day = dateAt(this.desk.rules.zoneOf(agenda), near);
    const from = own.some((lane) => lane.day === day) ? day : this.desk.shown.chosen;
    const startsOf = (among: readonly StopLane[]) => among.flatMap(({ stops }) => stops.map(({ id }) => placeOfId(id)!.start));
    const start = nearest(startsOf(own.filter((lane) => lane.day === from)), near, Infinity) ?? nearest(startsOf(own), near, Infinity);
    this.#focus(start !== null ? placeId(agenda, start) : tabStop(lanes, null, from));
  }

  #focus(id: string | null): void {
    if (this.moving === null) return;
    this.moving = { ...this.moving, focus: id };
    if (id !== null) void this.desk.choice.focusStop(id);
    else void tick().then(() => document.getElementById('moving-title')?.focus());
  }

  /** To the place the keyboard was on, from a panel that was closed. */
  refocus(): void {
    this.#focus(this.moving?.focus ?? this.moving?.record ?? null);
  }

  /** The desk closes: what is carried stays where it was, and no pointer moves it any more. */
  end(): void {
    this.#ended();
    this.moving = null;
  }

  giveUp(): void {
    const record = this.moving?.record ?? null;
    this.moving = null;
    void this.desk.choice.focusStop(record);
  }

  /** After a reading: what was cancelled or changed elsewhere is carried no further, and its panel says so. */
  look(): void {
    const { moving, desk } = this;
    if (moving === null || moving.working) return;
    const now = desk.reading.visit(moving.record);
    // In a week that is not on screen nothing is known of it: the server refuses then.
    if (now === undefined || (now.rev === moving.visit.rev && now.status === moving.visit.status)) return;
    this.end();
    desk.choice.select({ kind: 'visit', record: now.record });
    desk.deeds.problem = t(now.status === 'cancelled' ? 'move.cancelled' : 'wrong.stale');
  }

  /** Keys while a visit is carried. Answers whether the key was one of them. */
  key(event: KeyboardEvent, stop: string): boolean {
    const { moving, desk } = this;
    if (moving === null) return false;
    if (event.key === 'Escape' || this.typing.begins(event)) {
      event.preventDefault();
      this.giveUp();
      return true;
    }
    if (event.shiftKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      this.#fine(stop, event.key === 'ArrowDown' ? 1 : -1);
      return true;
    }
    const step = stepFrom(this.#stops, stop, event.key);
    if (step.kind === 'stop') this.#focus(step.id);
    else if (step.kind === 'week') void desk.shown.turnWeek(step.by).then(() => this.#focusFirst(moving.visit.start));
    if (step.kind !== 'stay') event.preventDefault();
    return step.kind !== 'stay' || event.key !== 'Enter';
  }

  #fine(stop: string, by: 1 | -1): void {
    const here = placeOfId(stop);
    if (here === null) return;
    for (const day of this.desk.shown.drawn.days) for (const lane of day.lanes) {
      const all = lane.agenda.agenda === here.agenda ? this.#all(lane) : [];
      const index = all.indexOf(here.start);
      if (index >= 0 && all[index + by] !== undefined) this.#focus(placeId(here.agenda, all[index + by]!));
    }
  }

  /** The first free place from now on in the visit's own agenda. */
  async toFirstPlace(): Promise<void> {
    const { moving, desk } = this;
    if (moving === null) return;
    const type = desk.rules.visitType(moving.visit.visitType);
    const start = type === undefined ? null : await firstPlace(desk.open, moving.visit, type, desk.rules.zoneOf(moving.visit.agenda), desk.shown.now);
    if (this.moving === null) return;
    if (start === null) {
      desk.deeds.say(t('move.none_at_all'));
      return;
    }
    const date = dateAt(desk.rules.zoneOf(moving.visit.agenda), start);
    if (desk.shown.narrow) desk.shown.phoneAgenda = moving.visit.agenda;
    await desk.shown.show(date);
    this.#focus(placeId(moving.visit.agenda, start));
  }

  /** `warned`: the reasons shown against a time that is not free. Answers the name of a refusal that is decided anew. */
  async setDown(agenda: Id, start: number, warned?: readonly string[]): Promise<'warning_changed' | null> {
    const { moving, desk } = this;
    if (moving === null || moving.working) return null;
    this.moving = { ...moving, working: true };
    const { visit } = moving;
    const moved = await this.#move(visit, { agenda, start, ...(warned === undefined ? {} : { warned }) });
    if (moved === 'warning_changed') {
      this.moving = { ...moving, working: false };
      return moved;
    }
    if (!moved) {
      this.giveUp();
      return null;
    }
    this.moving = null;
    if (desk.choice.selection?.kind === 'extra') desk.choice.selection = null;
    const zone = desk.rules.zoneOf(agenda);
    if (monday(dateAt(zone, start)) !== desk.shown.monday || !desk.shown.dates.includes(dateAt(zone, start))) await desk.shown.show(dateAt(zone, start));
    const when = whenInWords(zone, start);
    const done = agenda === visit.agenda ? t('move.done', { when }) : t('move.done_other', { when, practitioner: desk.rules.agenda(agenda)?.practitioner ?? '' });
    this.#origins = new Map(this.#origins).set(visit.record, { before: visit, rev: moved.rev, until: noticeOf(moved.planned)?.message.notBefore ?? null });
    const text = moved.status === 'requested' ? `${done} ${t('move.still_request')}` : done;
    desk.deeds.sayTold(text, visit, moved.planned, () => this.#putBack(visit, { record: visit.record, agenda, start }, true));
    await desk.choice.focusStop(visit.record);
    return null;
  }

  async #move(visit: Visit, target: Target): Promise<Moved | 'warning_changed' | null> {
    const { desk } = this;
    let moved: Moved | null = null;
    let changed = false;
    const done = await desk.deeds.attempt(visit, async () => {
      try {
        moved = await moveVisit(desk.open, visit, target);
      } catch (error) {
        changed = error instanceof Refused && error.is('warning_changed');
        if (changed) return;
        throw error;
      }
      desk.reading.markSeen(visit.record, moved.rev);
      desk.moved(visit, target.agenda, target.start, moved.rev);
      await desk.reading.read();
    }, MOVING);
    if (!done && !changed && desk.reading.visit(visit.record)?.status === 'cancelled') desk.deeds.problem = t('move.cancelled');
    return changed ? 'warning_changed' : done ? moved : null;
  }

  /** Where this desk moved `visit` from, as long as nothing changed since and its old time is ahead and free, as far as is seen. */
  originOf(visit: Visit): Visit | null {
    const moved = this.#origins.get(visit.record);
    if (moved === undefined || moved.rev !== visit.rev || (visit.status !== 'booked' && visit.status !== 'requested')) return null;
    const { before } = moved;
    const taken = this.desk.reading.week.visits.some((one) =>
      one.record !== visit.record && one.agenda === before.agenda && takesTime(one) && one.start < before.end && before.start < one.end);
    return before.start <= this.desk.shown.now || (taken && !before.overbooked) ? null : before;
  }

  async toOrigin(visit: Visit): Promise<void> {
    const before = this.originOf(visit);
    this.desk.deeds.dismiss();
    if (before !== null) await this.#putBack(before, visit, false);
  }

  /** Undo: from `here` to the old time, if nobody took it meanwhile; again a new revision. `atOnce`: before anybody can have called. */
  async #putBack(before: Visit, here: Pick<Visit, 'record' | 'agenda' | 'start'>, atOnce: boolean): Promise<void> {
    const { desk } = this;
    const now = await desk.choice.bring(here);
    if (now === undefined) return;
    const target = await this.#backTo(now, before);
    const until = this.#origins.get(before.record)?.until ?? null;
    const unsaid = until === null || Date.now() / 1000 < until;
    const moved = target === null ? null : await this.#move(now, { ...target, unsaid });
    if (moved === 'warning_changed') desk.deeds.problem = t('move.taken');
    if (moved === null || moved === 'warning_changed') return;
    await desk.shown.show(dateAt(desk.rules.zoneOf(before.agenda), before.start));
    const done = t('move.undone', { when: whenInWords(desk.rules.zoneOf(before.agenda), before.start) });
    // Taken back before the message went, or before anybody called: nobody was told of anything.
    if (until === null ? atOnce : unsaid) desk.deeds.say(done);
    else desk.deeds.sayTold(done, now, moved.planned);
    await desk.choice.focusStop(before.record);
  }

  /** An extra goes back beside what it stood beside. */
  async #backTo(now: Visit, before: Visit): Promise<Target | null> {
    const { desk } = this;
    const { agenda, start } = before;
    if (!before.overbooked) return { agenda, start };
    let warned: string[] = [];
    const asked = await desk.deeds.attempt(now, async () => {
      warned = (await explainMove(desk.open, now, agenda, start)).reasons.map(({ reason }) => reason);
    });
    return asked ? { agenda, start, warned } : null;
  }

  // ------------------------------------------------------------------ with the pointer

  pickUp(event: PointerEvent, visit: Visit): void {
    if (event.button !== 0 || event.pointerType === 'touch' || this.moving !== null) return;
    const grab = event.clientY - (event.currentTarget as HTMLElement).getBoundingClientRect().top;
    this.#ended = follow(event, {
      began: () => this.lift(visit, true),
      over: (move) => {
        if (this.moving === null) return;
        this.moving = { ...this.moving, under: this.#under(move, grab), pointer: { x: move.clientX, y: move.clientY - grab } };
      },
      dropped: (up) => this.#drop(up, grab),
      escaped: () => this.giveUp(),
    });
  }

  #drop(up: PointerEvent, grab: number): void {
    if (this.moving === null) return;
    this.moving = { ...this.moving, pointer: null };
    const place = this.moving.under === null ? null : placeOfId(this.moving.under);
    const time = place === null ? this.#timeUnder(up, grab) : null;
    if (place !== null) void this.setDown(place.agenda, place.start);
    else if (time !== null) this.desk.choice.select({ kind: 'extra', ...time });
    else {
      this.giveUp();
      this.desk.deeds.say(t('move.not_here'));
    }
    this.#swallow = true;
    setTimeout(() => { this.#swallow = false; }, 0);
  }

  /** The lane under the pointer, and the minute of the axis that the visit's head is at. */
  #lane(event: PointerEvent, grab: number): { lane: LaneView; wished: number } | null {
    const body = document.elementsFromPoint(event.clientX, event.clientY).find((one) => one instanceof HTMLElement && one.dataset['lane'] !== undefined);
    if (!(body instanceof HTMLElement)) return null;
    const [date, agenda] = body.dataset['lane']!.split('/');
    const { drawn } = this.desk.shown;
    const lane = drawn.days.find((day) => day.date === date)?.lanes.find((one) => one.agenda.agenda === agenda);
    if (lane === undefined) return null;
    return { lane, wished: ((event.clientY - grab - body.getBoundingClientRect().top) / body.clientHeight) * drawn.axis.length };
  }

  #under(event: PointerEvent, grab: number): string | null {
    const here = this.#lane(event, grab);
    if (here === null || this.moving === null) return null;
    const { lane, wished } = here;
    const { axis } = this.desk.shown.drawn;
    const at = (start: number) => placeSpan(axis, lane.day, { start, end: start + MINUTE }).at;
    let best: number | null = null;
    for (const start of this.#all(lane)) {
      const distance = Math.abs(at(start) - wished);
      if (distance <= DROP_REACH_MINUTES && (best === null || distance < Math.abs(at(best) - wished))) best = start;
    }
    return best === null ? null : placeId(lane.agenda.agenda, best);
  }

  /** Dropped where nothing is free: the time it would begin at, to five minutes; null over its own time or another unit. */
  #timeUnder(event: PointerEvent, grab: number): { agenda: Id; date: LocalDate; minute: number } | null {
    const here = this.#lane(event, grab);
    if (here === null || this.moving === null || here.lane.agenda.unit !== this.moving.visit.unit) return null;
    const { visit } = this.moving;
    const minute = Math.max(0, Math.round((this.desk.shown.drawn.axis.from + here.wished) / DROP_STEP_MINUTES) * DROP_STEP_MINUTES);
    const own = here.lane.agenda.agenda === visit.agenda && Math.abs((instantOf(here.lane.day, minute) ?? 0) - visit.start) < visit.minutes * MINUTE;
    return own ? null : { agenda: here.lane.agenda.agenda, date: here.lane.day.date, minute };
  }
}
