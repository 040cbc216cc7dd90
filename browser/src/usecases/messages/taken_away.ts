// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Messages of an appointment that was moved, sealed anew or cancelled are taken away, in a request of their own. What is to go is noted in
 * this browser first: a tab that closes between the two would leave a reminder of a time that is no more. The note says a
 * record, a revision and two tokens that do nothing else: neither who nor when.
 */
import { base64 } from '../../seal/bytes';
import { fromC } from '../../seal/message_link';
import { type Deletion, postDeletions } from '../../wire/messages';
import { Refused } from '../../wire/problem';
import type { Id } from '../../wire/types';
import type { Secrets } from './place';

const STORED = 'serment.leaving';
/** One household's, or one desk's, while nothing answers. */
const NOTED_MAX = 200;

interface Leaving extends Deletion {
  record: Id;
  /** They go once another revision stands, or none does. */
  rev: number;
}

function noted(): Leaving[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(STORED) ?? '[]');
    return Array.isArray(list) ? (list as Leaving[]) : [];
  } catch {
    return [];
  }
}

function note(list: readonly Leaving[]): void {
  try {
    if (list.length === 0) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, JSON.stringify(list.slice(-NOTED_MAX)));
  } catch {
    // Storage full or forbidden: they go with the request that follows, or not at all.
  }
}

/** Appointments of which something may be left, whoever's they are. */
export function leftBehind(): Id[] {
  return [...new Set(noted().map(({ record }) => record))];
}

/** Before a change is sent that leaves these messages behind. */
export function leaveBehind(record: Id, rev: number, { c }: Pick<Secrets, 'c'>): void {
  const { h, del } = fromC(c);
  const one = { record, rev, h: base64(h), del: base64(del) };
  note([...noted().filter((other) => other.h !== one.h), one]);
}

/** The change came to nothing: they stay. */
export function keepAll(record: Id, rev: number): void {
  note(noted().filter((one) => one.record !== record || one.rev !== rev));
}

/**
 * Takes away what was left behind of this appointment, which stands at `rev`, or at none. Away from the net it is tried again
 * at the next call.
 */
export async function takeAway(record: Id, rev: number | null): Promise<void> {
  const going = noted().filter((one) => one.record === record && one.rev !== rev);
  if (going.length === 0) return;
  try {
    await postDeletions(going.map(({ h, del }) => ({ h, del })));
  } catch (error) {
    // Refused: there were none, or they went with their day.
    if (!(error instanceof Refused)) return;
  }
  note(noted().filter((one) => !going.some(({ h }) => h === one.h)));
}

/** After an appointment was read: what a closed tab left half done is done, or was never to be. */
export async function settleLeft(record: Id, rev: number, live: boolean): Promise<void> {
  await takeAway(record, live ? rev : null);
  if (live) keepAll(record, rev);
}
