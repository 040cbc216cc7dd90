import { address, request } from './request';
import type { Base64, LocalDate, Message } from './types';

export interface DayKey {
  day: LocalDate;
  pk: Base64;
  sig: Base64;
}

/** The next set of one handle's messages, in place of all that were not sent. */
export interface Replacement {
  h: Base64;
  write: Base64;
  set: number;
  messages: Message[];
}

/** What takes one capsule and its messages away. */
export interface Deletion {
  h: Base64;
  del: Base64;
}

/** The notifier's signed key of a day. Throws Refused (no_day_key). */
export async function readDayKey(day: LocalDate): Promise<DayKey | undefined> {
  return (await request<{ keys: DayKey[] }>(address('/api/notifier/day-keys', { day }))).keys[0];
}

/** Carries neither cookie nor row token: nothing joins it to an appointment. Goes on when the page is closed meanwhile. Repeatable. */
export function postDeletions(deletions: readonly Deletion[]): Promise<null> {
  return request('/api/messages/delete', { method: 'POST', body: { deletions }, keepalive: true });
}
