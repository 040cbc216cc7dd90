// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * What stands in a lane (one agenda's day): spans side by side where they overlap, the free time between them, the
 * places a visit could be moved to. Pure: instants in UTC seconds, durations in minutes.
 */
import { MINUTE, type Span } from './days';

/** A free span shorter than this is no line of its own, in minutes. */
export const GAP_MINUTES_MIN = 5;

export interface Opening extends Span {
  /** Visit types this opening takes; null takes all. */
  visitTypes: readonly string[] | null;
}

export interface Column {
  column: number;
  columns: number;
}

/** Overlapping items share the lane's width: each gets a column, of as many as its cluster needs. */
export function columnsOf<T extends Span>(items: readonly T[]): Map<T, Column> {
  const placed = new Map<T, Column>();
  let cluster: { item: T; column: number }[] = [];
  let ends: number[] = [];
  let clusterEnd = -Infinity;
  const close = () => {
    for (const { item, column } of cluster) placed.set(item, { column, columns: ends.length });
    cluster = [];
    ends = [];
  };
  for (const item of [...items].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (item.start >= clusterEnd) close();
    let column = ends.findIndex((end) => end <= item.start);
    if (column < 0) column = ends.length;
    ends[column] = item.end;
    cluster.push({ item, column });
    clusterEnd = Math.max(clusterEnd, item.end);
  }
  close();
  return placed;
}

/** `spans` without `holes`, in order of time; touching spans are joined first. */
export function without(spans: readonly Span[], holes: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last !== undefined && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else joined.push({ start: span.start, end: span.end });
  }
  const sorted = [...holes].sort((a, b) => a.start - b.start);
  const left: Span[] = [];
  for (const { start, end } of joined) {
    let from = start;
    for (const hole of sorted) {
      if (hole.end <= from || hole.start >= end) continue;
      if (hole.start > from) left.push({ start: from, end: hole.start });
      from = Math.max(from, hole.end);
    }
    if (from < end) left.push({ start: from, end });
  }
  return left;
}

/** Free time of a lane: what its openings leave between absences, holds and appointments. */
export function gapsOf(openings: readonly Opening[], taken: readonly Span[]): Span[] {
  return without(openings, taken).filter((gap) => gap.end - gap.start >= GAP_MINUTES_MIN * MINUTE);
}

/** Closed time of a lane between `day.start` and `day.end`: what is no opening. */
export function closedOf(day: Span, openings: readonly Span[]): Span[] {
  return without([day], openings);
}

/**
 * The starts a visit of `minutes` could be moved to: on its opening's own grid of `step` minutes, within one opening
 * that takes its type, clear of `taken` by its own buffers, after `now`. The server decides; the neighbours' buffers and
 * the resources are its business.
 */
export function placesFor(
  visit: { visitType: string; minutes: number; step: number; before: number; after: number },
  openings: readonly Opening[],
  taken: readonly Span[],
  now: number,
): number[] {
  const length = visit.minutes * MINUTE;
  const step = Math.max(1, visit.step) * MINUTE;
  const holes = taken.map(({ start, end }) => ({ start: start - visit.after * MINUTE, end: end + visit.before * MINUTE }));
  const starts = new Set<number>();
  for (const opening of openings) {
    if (opening.visitTypes !== null && !opening.visitTypes.includes(visit.visitType)) continue;
    for (const gap of without([opening], holes)) {
      const first = opening.start + Math.ceil((Math.max(gap.start, now) - opening.start) / step) * step;
      for (let start = first; start + length <= gap.end; start += step) starts.add(start);
    }
  }
  return [...starts].sort((a, b) => a - b);
}

/** Of these starts those that do not overlap one another, the earliest first: what arrows walk over. */
export function apart(starts: readonly number[], minutes: number): number[] {
  const kept: number[] = [];
  for (const start of starts) {
    const last = kept.at(-1);
    if (last === undefined || start >= last + minutes * MINUTE) kept.push(start);
  }
  return kept;
}

/** The start nearest to a wished one, or null when none lies within `reachMinutes`. */
export function nearest(starts: readonly number[], wished: number, reachMinutes: number): number | null {
  let best: number | null = null;
  for (const start of starts) {
    if (Math.abs(start - wished) > reachMinutes * MINUTE) continue;
    if (best === null || Math.abs(start - wished) < Math.abs(best - wished)) best = start;
  }
  return best;
}
