// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * What becomes of messages when a cancellation is taken back. Those that stand are replaced. Who cancelled by a link took them away: they are
 * placed anew, by a desk that opens the contact for it. An earlier tab, or a broken line, leaves it to the desk that opens here next.
 */
import { SealError } from '../../seal/errors';
import { Refused } from '../../wire/problem';
import type { PlannedMessage } from '../messages/plan';
import { leftBehind, settleLeft } from '../messages/taken_away';
import { placeAgain } from '../patients/give_link';
import { type Steered, oweTo, owed, owedNoMore, readSteered, steer } from './steer';
import { isToldOf } from './telling';
import type { OpenDesk } from './unlock';

export interface Followed {
  /** Null where no message comes. */
  planned: readonly PlannedMessage[] | null;
  /** The appointment's revision, if it was sealed anew for it. */
  rev: number | null;
}

/** Has the messages of an appointment that stands again follow it. Throws Refused, NoAnswer, NotNow; it stays owed then. */
export async function followRestored(desk: OpenDesk, one: Steered & { rev: number }): Promise<Followed> {
  const planned = (await steer(desk, [one])).get(one.record) ?? null;
  const stands = one.status === 'booked' || one.status === 'requested';
  if (planned !== null || !stands || one.identity?.quiet === true || !isToldOf(desk, one)) return { planned, rev: null };
  oweTo(desk, [one.record]);
  const placed = await placeAgain(desk, one.record, one.rev, one.status === 'requested').catch((error: unknown) => {
    // It changed meanwhile, or bears no signature that holds: nobody seals it anew, and its patient is told by voice.
    if ((error instanceof Refused && !error.is('signed_out')) || error instanceof SealError) return { planned: null, rev: null };
    throw error;
  });
  owedNoMore(desk, [one.record]);
  return placed;
}

/** Does what an earlier tab left. Throws NoAnswer, NotNow, Refused (signed_out). */
export async function settleOwed(desk: OpenDesk): Promise<void> {
  for (const { record, accepted } of owed(desk)) {
    const one = await readSteered(desk, record, accepted);
    if (one !== null) await followRestored(desk, one);
    owedNoMore(desk, [record]);
  }
  for (const record of leftBehind()) {
    const one = await readSteered(desk, record);
    if (one !== null) await settleLeft(record, one.rev, true);
  }
}
