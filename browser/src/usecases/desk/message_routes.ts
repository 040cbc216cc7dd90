// SPDX-License-Identifier: AGPL-3.0-or-later
/** The staff's routes of messages, as docs/reference/http.md says them. */
import type { Replacement } from '../../wire/messages';
import type { Base64, Id, LocalDate } from '../../wire/types';
import { of, post } from './routes';

/** Handles of one replacement. */
export const REPLACED_MAX = 50;
/** Handles of one reading. */
export const HANDLES_READ_MAX = 500;

export interface MessageTold {
  mid: Base64;
  send_day: LocalDate;
  set: number;
  message: Base64;
  result: 'planned' | 'sent' | 'delivered' | 'undelivered' | 'dropped';
  channel: string | null;
  reason: string | null;
  /** Somebody of the practice saw to it that it did not arrive. */
  seen_to: boolean;
}

/** `set` null: there is no capsule, or no more. */
export interface HandleTold {
  h: Base64;
  set: number | null;
  messages: MessageTold[];
}

export const postMessagesRead = (practice: Id, handles: readonly Base64[]) => post<{ handles: HandleTold[] }>(of(practice, 'messages/read'), { handles });
export const postReplacements = (practice: Id, replacements: readonly Replacement[]) => post<null>(of(practice, 'messages'), { replacements });
/** Somebody called about these, or did not after all. Repeatable. */
export const postSeen = (practice: Id, seen: { h: Base64; write: Base64; mids: readonly Base64[]; seen: boolean }) => post<null>(of(practice, 'messages/seen'), seen);
