// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Carrying a visit to another time: with D and the arrows, with "First place", or with the pointer. All three end in
 * the same `setDown`. The visit stays where it is until the server has taken the new revision.
 */
import { tick } from 'svelte';
import { dateAt, MINUTE, monday, placeSpan } from '../../usecases/desk/days';
import { stepFrom, tabStop, type StopLane } from '../../usecases/desk/keyboard';
import { apart, nearest, placesFor } from '../../usecases/desk/lanes';
import type { Visit } from '../../usecases/desk/model';
import { moveVisit } from '../../usecases/desk/move';
import { firstPlace } from '../../usecases/desk/first_place';
import type { LaneView } from '../../usecases/desk/view';
import type { Id } from '../../wire/types';
import { t } from '../../words/index';
import type { Desk } from './desk.svelte';
import { fullName, whenInWords } from './say';
import { MOVING } from './wrong';

const DRAG_PX = 6;
const DROP_REACH_MINUTES = 45;

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
  #swallow = false;

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
    this.moving = { visit, record: visit.record, name: fullName(visit) ?? '', focus: null, under: null, dragged, working: false };
    desk.choice.focusId = visit.record;
    if (!dragged) this.#focusFirst(visit.start);
    return true;
  }

  #focusFirst(near: number): void {
    const lanes = this.#stops;
    const own = lanes.find((lane) => lane.agenda === this.moving?.visit.agenda && lane.day === this.desk.shown.chosen && lane.stops.length > 0);
    const starts = (own?.stops ?? []).map(({ id }) => placeOfId(id)!.start);
    const start = nearest(starts, near, 24 * 60);
    const id = start !== null && own !== undefined ? placeId(own.agenda, start) : tabStop(lanes, null, this.desk.shown.chosen);
    this.#focus(id);
  }

  #focus(id: string | null): void {
    if (this.moving === null) return;
    this.moving = { ...this.moving, focus: id };
    if (id !== null) void this.desk.choice.focusStop(id);
    else void tick().then(() => document.getElementById('moving-title')?.focus());
  }

  giveUp(): void {
    const record = this.moving?.record ?? null;
    this.moving = null;
    void this.desk.choice.focusStop(record);
  }

  /** Keys while a visit is carried. Answers whether the key was one of them. */
  key(event: KeyboardEvent, stop: string): boolean {
    const { moving, desk } = this;
    if (moving === null) return false;
    if (event.key === 'Escape') {
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

  async setDown(agenda: Id, start: number): Promise<void> {
    const { moving, desk } = this;
    if (moving === null || moving.working) return;
    this.moving = { ...moving, working: true };
    const { visit } = moving;
    const moved = await this.#move(visit, agenda, start);
    if (!moved) {
      this.giveUp();
      return;
    }
    this.moving = null;
    const zone = desk.rules.zoneOf(agenda);
    if (monday(dateAt(zone, start)) !== desk.shown.monday || !desk.shown.dates.includes(dateAt(zone, start))) await desk.shown.show(dateAt(zone, start));
    const words = { when: whenInWords(zone, start) };
    desk.deeds.say(moved.linked ? t('move.done', words) : t('move.no_link', words), () => this.#putBack(visit));
    await desk.choice.focusStop(visit.record);
  }

  async #move(visit: Visit, agenda: Id, start: number): Promise<{ linked: boolean } | null> {
    const { desk } = this;
    let linked = false;
    const done = await desk.deeds.attempt(visit, async () => {
      const { booked, linked: has } = await moveVisit(desk.open, visit, { agenda, start });
      linked = has;
      desk.reading.markSeen(visit.record, booked.rev);
      await desk.reading.read();
    }, MOVING);
    return done ? { linked } : null;
  }

  /** Undo: the old time, if nobody took it meanwhile; again a new revision. */
  async #putBack(before: Visit): Promise<void> {
    const { desk } = this;
    const now = desk.reading.visit(before.record);
    if (now === undefined) return;
    if ((await this.#move(now, before.agenda, before.start)) === null) return;
    await desk.shown.show(dateAt(desk.rules.zoneOf(before.agenda), before.start));
    desk.deeds.say(t('move.undone', { when: whenInWords(desk.rules.zoneOf(before.agenda), before.start) }));
    await desk.choice.focusStop(before.record);
  }

  // ------------------------------------------------------------------ with the pointer

  pickUp(event: PointerEvent, visit: Visit): void {
    if (event.button !== 0 || event.pointerType === 'touch' || this.moving !== null) return;
    const from = { x: event.clientX, y: event.clientY };
    const grab = event.clientY - (event.currentTarget as HTMLElement).getBoundingClientRect().top;
    const over = (move: PointerEvent) => {
      if (this.moving === null) {
        if (Math.hypot(move.clientX - from.x, move.clientY - from.y) < DRAG_PX) return;
        if (!this.lift(visit, true)) end();
      }
      if (this.moving !== null) this.moving = { ...this.moving, under: this.#under(move, grab) };
    };
    const drop = () => {
      end();
      if (this.moving === null) return;
      this.#swallow = true;
      setTimeout(() => { this.#swallow = false; }, 0);
      const place = this.moving.under === null ? null : placeOfId(this.moving.under);
      if (place !== null) void this.setDown(place.agenda, place.start);
      else {
        this.giveUp();
        this.desk.deeds.say(t('move.not_here'));
      }
    };
    const escape = (key: KeyboardEvent) => {
      if (key.key !== 'Escape') return;
      end();
      this.giveUp();
    };
    const end = () => {
      removeEventListener('pointermove', over);
      removeEventListener('pointerup', drop);
      removeEventListener('keydown', escape, true);
    };
    addEventListener('pointermove', over);
    addEventListener('pointerup', drop);
    addEventListener('keydown', escape, true);
  }

  #under(event: PointerEvent, grab: number): string | null {
    const body = document.elementsFromPoint(event.clientX, event.clientY).find((one) => one instanceof HTMLElement && one.dataset['lane'] !== undefined);
    if (!(body instanceof HTMLElement)) return null;
    const [date, agenda] = body.dataset['lane']!.split('/');
    const lane = this.desk.shown.drawn.days.find((day) => day.date === date)?.lanes.find((one) => one.agenda.agenda === agenda);
    if (lane === undefined || this.moving === null) return null;
    const { axis } = this.desk.shown.drawn;
    const wished = ((event.clientY - grab - body.getBoundingClientRect().top) / body.clientHeight) * axis.length;
    const all = this.#all(lane);
    const at = (start: number) => placeSpan(axis, lane.day, { start, end: start + MINUTE }).at;
    let best: number | null = null;
    for (const start of all) {
      const distance = Math.abs(at(start) - wished);
      if (distance <= DROP_REACH_MINUTES && (best === null || distance < Math.abs(at(best) - wished))) best = start;
    }
    return best === null ? null : placeId(lane.agenda.agenda, best);
  }
}

