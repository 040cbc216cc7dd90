// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Appointments that were entered together. Nothing on the server joins them: each one's sealed identity holds a secret from which the ids
 * of all of them follow, and this browser asks for these one by one. Cancelled together, each is cancelled for itself.
 */
import { equal, idFromUuid, random, uuidFromId } from '../../seal/bytes';
import type { Series } from '../../seal/groups';
import { SERIES_MAX, seriesRecord } from '../../seal/series';
import { Refused, isOver } from '../../wire/problem';
import type { Id, Sealed, Status } from '../../wire/types';
import { keysOf } from '../patients/folding';
import { joinSeries } from '../patients/give_link';
import { sign, type Signable } from './act';
import type { Identity, Visit } from './model';
import { openRows, type OpenedRow } from './open_records';
import { isOutage, postRead } from './routes';
import { oweTo, owedNoMore, steerOrOwe, type Told } from './steer';
import type { OpenDesk } from './unlock';
import { underPresentKeys } from './units';

/** Records asked for at the same time. */
const ASKED_AT_ONCE = 6;

/** One appointment of a series, as it stands. */
export interface OneOf extends Signable {
  status: Status;
  identity: Identity;
}

export type Reach = 'one' | 'next' | 'all';

async function ask(desk: OpenDesk, record: Id): Promise<Sealed | null> {
  try {
    return await postRead(desk.practice.practice, record, ['id'], desk.kids, 'series');
  } catch (error) {
    if (error instanceof Refused && error.is('no_such_appointment')) return null;
    throw error;
  }
}

async function askAll(desk: OpenDesk, records: readonly Id[]): Promise<Sealed[]> {
  const rows: (Sealed | null)[] = [];
  for (let from = 0; from < records.length; from += ASKED_AT_ONCE) {
    rows.push(...(await Promise.all(records.slice(from, from + ASKED_AT_ONCE).map((record) => ask(desk, record)))));
  }
  return rows.filter((row) => row !== null);
}

const named = ({ firstName, birthName, usedName, birthDate }: Identity) => keysOf({ givenName: firstName, birthName, usedName, birthDate });

/** The first was sealed before it was repeated; where its time was over by then it does not say that it was. */
function belongs({ row, identity }: OpenedRow, series: Series, person: Identity): boolean {
  if (identity === null) return false;
  if (identity.series !== null && equal(identity.series.seed, series.seed)) return true;
  const keys = named(person);
  return equal(idFromUuid(row.record), series.first) && named(identity).some((key) => keys.includes(key));
}

function oneOf({ record, unit, slot, rev, acts, status }: Sealed, identity: Identity): OneOf {
  return {
    record, unit, agenda: slot.agenda, start: Date.parse(slot.start) / 1000, minutes: slot.minutes, visitType: slot.visit_type,
    rev, acts: acts.at(-1)?.n ?? 0, status, identity,
  };
}

const ids = ({ seed }: Series) => Array.from({ length: SERIES_MAX }, (_, nth) => uuidFromId(seriesRecord(seed, nth + 1)));

/**
 * All that stand of the visit's series, in order of time; `unread` more do not open here, and are left alone.
 * Throws Refused, NoAnswer, NotNow.
 */
export async function readSeries(desk: OpenDesk, visit: Visit): Promise<{ all: OneOf[]; unread: number }> {
  const { identity } = visit;
  if (identity === null || identity.series === null) return { all: [], unread: 0 };
  const { series } = identity;
  const rows = await askAll(desk, [uuidFromId(series.first), ...ids(series)]);
  const opened = await underPresentKeys(desk, () => openRows(desk, rows));
  const all = opened.filter((one) => one.reading === 'open' && belongs(one, series, identity)).map(({ row, identity: own }) => oneOf(row, own!));
  return { all: all.sort((a, b) => a.start - b.start), unread: opened.length - all.length };
}

/** Which of them a cancellation takes: booked and not begun. */
export function reached<One extends Pick<OneOf, 'record' | 'start' | 'status'>>(all: readonly One[], visit: Pick<Visit, 'record' | 'start'>, reach: Reach, now: number): One[] {
  return all.filter((one) => one.status === 'booked' && one.start > now
    && (reach === 'all' || one.record === visit.record || (reach === 'next' && one.start >= visit.start)));
}

/**
 * What the next `count` repetitions are sealed with, and their ids. The first time, the visit itself is told that it is repeated,
 * before anything is booked: a line that breaks leaves no appointment that nothing joins. Where it is over, or the series is full, the new ones
 * are a series of their own that begins with it. Throws Refused (stale_revision), Altered, NoAnswer, NotNow.
 */
export async function newRecords(desk: OpenDesk, visit: Visit, count: number): Promise<{ series: Series; records: Id[] }> {
  const stands = visit.identity?.series ?? null;
  if (stands !== null) {
    const known = ids(stands);
    const taken = new Set((await askAll(desk, known)).map(({ record }) => record));
    const from = known.reduce((next, record, at) => (taken.has(record) ? at + 1 : next), 0);
    if (from + count <= SERIES_MAX) return { series: stands, records: known.slice(from, from + count) };
  }
  const series = { seed: random(32), first: idFromUuid(visit.record) };
  if (stands === null && (visit.status === 'booked' || visit.status === 'requested')) {
    try {
      await joinSeries(desk, visit.record, visit.rev, series);
    } catch (error) {
      // Its time has just begun: it is repeated all the same.
      if (!(error instanceof Refused) || !(error.is('illegal_change') || error.is('too_late'))) throw error;
    }
  }
  return { series, records: ids(series).slice(0, count) };
}

/** Those for which it was done, those that are otherwise meanwhile, and those that were not tried after a line that broke. */
export interface Done {
  done: OneOf[];
  otherwise: OneOf[];
  left: OneOf[];
  /** What is planned for those for which it was done; null: it will be once the line stands again. */
  told: Told | null;
}

/**
 * Cancels each, or takes each cancellation back, in order of time; then their messages follow, all at once. Throws Refused (signed_out,
 * no_such_practice).
 */
export async function signAll(desk: OpenDesk, all: readonly OneOf[], kind: 'cancel' | 'undo', tell: (done: number) => void = () => undefined): Promise<Done> {
  const result: Done = { done: [], otherwise: [], left: [], told: null };
  oweTo(desk, all.map(({ record }) => record));
  let away = false;
  for (const one of all) {
    if (away) {
      result.left.push(one);
      continue;
    }
    try {
      const { acts, status } = await sign(desk, one, kind);
      result.done.push({ ...one, acts, status });
    } catch (error) {
      if (isOver(error)) throw error;
      away = isOutage(error);
      if (!away && !(error instanceof Refused)) throw error;
      (away ? result.left : result.otherwise).push(one);
    }
    tell(result.done.length);
  }
  owedNoMore(desk, result.otherwise.map(({ record }) => record));
  result.told = away ? null : await steerOrOwe(desk, result.done);
  return result;
}
