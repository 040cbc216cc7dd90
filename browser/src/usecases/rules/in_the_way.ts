// SPDX-License-Identifier: AGPL-3.0-or-later
/** Appointments in the way of a change of hours: whose they are, as far as this desk may open them, and how they are cancelled. */
import { SealError } from '../../seal/errors';
import { Refused } from '../../wire/problem';
import type { Id, Status } from '../../wire/types';
import { sign } from '../desk/act';
import type { Identity } from '../desk/model';
import { identityOf } from '../desk/open_records';
import { readGroups } from '../desk/reveal';
import { oweTo, owedNoMore, steerOrOwe, type Told } from '../desk/steer';
import type { Acted } from '../desk/routes';
import type { OpenDesk } from '../desk/unlock';
import type { Stranded } from './routes';

/** Names opened at one time. */
const OPEN_AT_ONCE = 4;

/** Tells each name as it is opened; null for a letter that does not open here. Throws NoAnswer, NotNow. */
export async function openNames(desk: OpenDesk, found: readonly Stranded[], tell: (record: Id, identity: Identity | null) => void): Promise<void> {
  const waiting = [...found];
  const work = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      tell(one.record, await identityIn(desk, one));
    }
  };
  await Promise.all(Array.from({ length: OPEN_AT_ONCE }, work));
}

async function identityIn(desk: OpenDesk, one: Stranded): Promise<Identity | null> {
  try {
    return identityOf((await readGroups(desk, one.record, one.rev, ['id'], 'absence')).groups);
  } catch (error) {
    if (error instanceof SealError || error instanceof Refused) return null;
    throw error;
  }
}

/**
 * Cancels one of them, or takes that back; answers with the number of its last act. Whoever is to be told of it is owed that: `tellStranded`
 * tells them, all at once. Throws Refused, NoAnswer, NotNow.
 */
export async function signStranded(desk: OpenDesk, one: Stranded, kind: 'cancel' | 'undo', acts: number): Promise<Acted> {
  oweTo(desk, [one.record]);
  const signing = sign(desk, {
    record: one.record, unit: one.unit, agenda: one.agenda, start: Date.parse(one.start) / 1000, minutes: one.minutes,
    visitType: one.visit_type, rev: one.rev, acts,
  }, kind);
  try {
    return await signing;
  } catch (error) {
    if (error instanceof Refused) owedNoMore(desk, [one.record]);
    throw error;
  }
}

/** What was signed so far: the status each has now, by record. */
export type Fates = ReadonlyMap<Id, Status>;

/** Has the messages of these follow what was signed, fifty at a time; opens identities, no contact. Null: once the line stands again. */
export async function tellStranded(desk: OpenDesk, found: readonly Stranded[], names: ReadonlyMap<Id, Identity | null>, fates: Fates): Promise<Told | null> {
  const signed = found.filter(({ record }) => fates.has(record));
  const opened = new Map(names);
  // Somebody is quicker than the letters open: what is to be told waits for them.
  await openNames(desk, signed.filter(({ record }) => !names.has(record)), (record, identity) => { opened.set(record, identity); });
  return await steerOrOwe(desk, signed.map((one) => ({
    record: one.record, identity: opened.get(one.record) ?? null, agenda: one.agenda, visitType: one.visit_type,
    start: Date.parse(one.start) / 1000, status: fates.get(one.record)!,
  })));
}
