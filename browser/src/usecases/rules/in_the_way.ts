// SPDX-License-Identifier: AGPL-3.0-or-later
/** Appointments in the way of a change of hours: whose they are, as far as this desk may open them, and how they are cancelled. */
import { SealError } from '../../seal/errors';
import { Refused } from '../../wire/problem';
import type { Id } from '../../wire/types';
import { sign } from '../desk/act';
import type { Identity } from '../desk/model';
import { identityOf } from '../desk/open_records';
import { readGroups } from '../desk/reveal';
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

/** Cancels one of them, or takes that back; answers with the number of its last act. Throws Refused, NoAnswer, NotNow. */
export function signStranded(desk: OpenDesk, one: Stranded, kind: 'cancel' | 'undo', acts: number): Promise<Acted> {
  return sign(desk, {
    record: one.record, unit: one.unit, agenda: one.agenda, start: Date.parse(one.start) / 1000, minutes: one.minutes,
    visitType: one.visit_type, rev: one.rev, acts,
  }, kind);
}
