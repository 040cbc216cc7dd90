// SPDX-License-Identifier: AGPL-3.0-or-later
/** What of a big agenda comes first: what somebody is looking at. The rest follows when the browser has a moment. */
import type { Id } from '../../wire/types';
import type { Span } from './days';
import type { AgendaView, DayView, LaneView } from './view';

/** The chosen day, and the agendas in the window. */
export interface Front extends Span {
  agendas: ReadonlySet<Id>;
}

/** So many visits and free times are drawn in one go: a practice of a few practitioners never waits. */
export const AT_ONCE_ITEMS = 320;

export const laneKey = (day: { date: string }, { agenda }: { agenda: { agenda: Id } }): string => `${day.date}/${agenda.agenda}`;

/** The same rows, those of the chosen day and of the agendas in the window first; else in the order given. */
export function frontFirst<T extends { agenda: Id; start: string }>(rows: readonly T[], front: Front): T[] {
  const rank = ({ agenda, start }: T) => {
    const at = Date.parse(start) / 1000;
    return (at >= front.start && at < front.end ? 0 : 2) + (front.agendas.has(agenda) ? 0 : 1);
  };
  return rows.map((row) => ({ row, rank: rank(row) })).sort((a, b) => a.rank - b.rank).map(({ row }) => row);
}

/** How many visits and free times a lane has. */
export function itemsDrawn({ items }: LaneView): number {
  return items.filter(({ kind }) => kind === 'visit' || kind === 'gap').length;
}

/**
 * The lanes to draw in one go, by key: of the chosen day first, from the first agenda in the window on, until AT_ONCE_ITEMS are
 * drawn. At least one lane.
 */
export function lanesAtOnce(view: AgendaView, chosen: string, inWindow: ReadonlySet<Id>): ReadonlySet<string> {
  const lanes = view.days.flatMap((day) => day.lanes.map((lane) => ({ key: laneKey(day, lane), rank: rankOf(day, lane, chosen, inWindow), count: itemsDrawn(lane) })));
  lanes.sort((a, b) => a.rank - b.rank);
  const keys = new Set<string>();
  let count = 0;
  for (const lane of lanes) {
    count += lane.count;
    if (keys.size > 0 && count > AT_ONCE_ITEMS) break;
    keys.add(lane.key);
  }
  return keys;
}

function rankOf(day: DayView, lane: LaneView, chosen: string, inWindow: ReadonlySet<Id>): number {
  return (day.date === chosen ? 0 : 2) + (inWindow.has(lane.agenda.agenda) ? 0 : 1);
}
