// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Who sends a practice's messages: the notifier that its roster names. The server says which one serves here; only an owner who compared its
 * key with what the host dictates makes browsers seal to it (event 7).
 */
import { type Bytes, equal, fromBase64, hex } from '../../seal/bytes';
import { kid } from '../../seal/conventions';
import type { Roster } from '../../seal/roster';
import { Refused } from '../../wire/problem';
import { request } from '../../wire/request';
import type { Base64 } from '../../wire/types';
import type { OpenDesk } from '../desk/unlock';
import { changeRoster } from './change';

/** The Ed25519 root of the notifier that serves this instance; null where none does. Throws NoAnswer, NotNow. */
export async function readNotifier(): Promise<Bytes | null> {
  try {
    return fromBase64((await request<{ root: Base64 }>('/api/notifier')).root);
  } catch (error) {
    if (error instanceof Refused && error.is('no_notifier')) return null;
    throw error;
  }
}

/** What a segment of an SMS costs, in euros; null where the host does not say. Throws NoAnswer, NotNow. */
export async function readSmsPrice(): Promise<number | null> {
  try {
    const { sms_price: price } = await request<{ sms_price: string | null }>('/api/notifier');
    return price === null ? null : Number(price);
  } catch (error) {
    if (error instanceof Refused && error.is('no_notifier')) return null;
    throw error;
  }
}

/** What people compare: 32 hex digits in groups of four, as `serment notify` prints them. */
export function digitsOf(root: Bytes): string {
  return hex(kid(root)).replace(/(.{4})(?=.)/g, '$1 ');
}

/** The same as bytes, for words to be read aloud. */
export function bytesOf(root: Bytes): Bytes {
  return kid(root);
}

export type Named = 'this' | 'another' | 'none';

/** Whether the roster names this notifier. */
export function namedIn({ notifierPk }: Roster, root: Bytes): Named {
  if (notifierPk === null) return 'none';
  return equal(notifierPk, root) ? 'this' : 'another';
}

/** Signs it into the roster. Answers false if it is there. Throws Refused (not_your_role, stale_roster), WrongPractice, NoAnswer, NotNow. */
export function nameNotifier(desk: OpenDesk, root: Bytes): Promise<boolean> {
  return changeRoster(desk, (roster) => (namedIn(roster, root) === 'this' ? null : { steps: [{ kind: 'notifier', signPk: root }] }));
}
