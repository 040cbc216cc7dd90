// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * The agenda's keyboard: one tab stop, and from the item that has it the item a key leads to. An item is one button
 * of a lane; `at` is its place on the day's axis, so that 'nearest in time' means the same in the next day's lane.
 */

export interface Stop {
  id: string;
  at: number;
}

export interface StopLane {
  day: string;
  agenda: string;
  stops: readonly Stop[];
}

export type Step = { kind: 'stop'; id: string } | { kind: 'week'; by: 1 | -1 } | { kind: 'stay' };

const STAY: Step = { kind: 'stay' };

function find(lanes: readonly StopLane[], id: string): { lane: number; index: number } | null {
  for (let lane = 0; lane < lanes.length; lane++) {
    const index = lanes[lane]!.stops.findIndex((stop) => stop.id === id);
    if (index >= 0) return { lane, index };
  }
  return null;
}

/** The stop of a lane nearest to a place on the axis; the earlier of two as near. */
export function nearestStop(stops: readonly Stop[], at: number): Stop | null {
  let best: Stop | null = null;
  for (const stop of stops) if (best === null || Math.abs(stop.at - at) < Math.abs(best.at - at)) best = stop;
  return best;
}

function sideways(lanes: readonly StopLane[], from: number, at: number, by: 1 | -1): Step {
  for (let lane = from + by; lane >= 0 && lane < lanes.length; lane += by) {
    const stop = nearestStop(lanes[lane]!.stops, at);
    if (stop !== null) return { kind: 'stop', id: stop.id };
  }
  return STAY;
}

/** Where `key` leads from the stop `id`. Keys this page does not know, and edges, stay. */
export function stepFrom(lanes: readonly StopLane[], id: string, key: string): Step {
  if (key === 'PageUp') return { kind: 'week', by: -1 };
  if (key === 'PageDown') return { kind: 'week', by: 1 };
  const here = find(lanes, id);
  if (here === null) return STAY;
  const { stops } = lanes[here.lane]!;
  const to = (stop: Stop | undefined): Step => (stop === undefined ? STAY : { kind: 'stop', id: stop.id });
  switch (key) {
    case 'ArrowUp': return to(stops[here.index - 1]);
    case 'ArrowDown': return to(stops[here.index + 1]);
    case 'Home': return to(stops[0]);
    case 'End': return to(stops.at(-1));
    case 'ArrowLeft': return sideways(lanes, here.lane, stops[here.index]!.at, -1);
    case 'ArrowRight': return sideways(lanes, here.lane, stops[here.index]!.at, 1);
    default: return STAY;
  }
}

/** The agenda's one tab stop: the one last used if it is still there, else the first from `preferred` day on. */
export function tabStop(lanes: readonly StopLane[], last: string | null, preferredDay: string): string | null {
  if (last !== null && find(lanes, last) !== null) return last;
  const filled = lanes.filter((lane) => lane.stops.length > 0);
  const lane = filled.find((candidate) => candidate.day === preferredDay) ?? filled[0];
  return lane?.stops[0]?.id ?? null;
}

/** Single keys that act on a focused appointment (look.md); they can be turned off (WCAG 2.1.4). */
export const ACTION_KEYS: Readonly<Record<string, 'arrive' | 'wait' | 'seen' | 'no_show' | 'move' | 'repeat'>> = {
  a: 'arrive', s: 'wait', v: 'seen', n: 'no_show', d: 'move', r: 'repeat',
};

/** Asks for the first free places over all agendas; under the same rule. */
export const FIRST_PLACE_KEY = 'p';

/** Shows the requests that wait for an answer, from every room; under the same rule. */
export const REQUESTS_KEY = 'e';
