// SPDX-License-Identifier: AGPL-3.0-or-later
/** The routes of cards and of the search index, as docs/reference/http.md says them. Never in one request with an appointment. */
import { request } from '../../wire/request';
import type { StaffHold, StaffMove } from '../desk/routes';
import type { Base64, Booked, Hold, Id } from '../../wire/types';

export interface CardWire {
  card: Id;
  unit: Id;
  epoch: number;
  rev: number;
  month: number;
  bytes: Base64;
}

export interface EntryWire {
  entry: Id;
  month: number;
  epoch: number;
  bytes: Base64;
}

export interface PageWire {
  month: number;
  epoch: number;
  version: number;
  bytes: Base64;
}

export interface IndexAnswer {
  changed: boolean;
  state: Base64;
  pages: { month: number; epoch: number; version: number; size: number }[];
  entries: EntryWire[];
  more: boolean;
}

const post = <Answer>(practice: Id, rest: string, body: unknown, headers: Record<string, string> = {}) =>
  request<Answer>(`/api/practice/${encodeURIComponent(practice)}/${rest}`, { method: 'POST', body, headers, cookie: true });

export const postCardsRead = (practice: Id, cards: readonly Id[]) => post<{ cards: CardWire[] }>(practice, 'cards/read', { cards });
/** `erase`: a card that was joined to one of them goes with them, at the revision that was seen. */
export const postCards = (practice: Id, cards: readonly CardWire[], erase: readonly { card: Id; rev: number }[] = []) =>
  post<null>(practice, 'cards', erase.length === 0 ? { cards } : { cards, erase });
export const postCardErase = (practice: Id, card: Id, rev: number) => post<null>(practice, 'cards/erase', { card, rev });
export const postBehind = (practice: Id, unit: Id, after?: { epoch: number; card: Id }) =>
  post<{ cards_left: number; entries_left: number; pages_left: number; cards: CardWire[] }>(practice, 'cards/behind', after === undefined ? { unit } : { unit, after });

export const postIndex = (practice: Id, ask: { unit: Id; state?: Base64; after?: Id }) => post<IndexAnswer>(practice, 'index', ask);
export const postIndexPage = (practice: Id, unit: Id, month: number) => post<PageWire>(practice, 'index/page', { unit, month });
export const postEntries = (practice: Id, unit: Id, epoch: number, entries: readonly Omit<EntryWire, 'epoch'>[]) =>
  post<null>(practice, 'index/entries', { unit, epoch, entries });
export const postMerge = (practice: Id, merge: { unit: Id; epoch: number; month: number; version: number; bytes: Base64; gathered: readonly Id[] }) =>
  post<null>(practice, 'index/merge', merge);

/** `warned`: the names of the reasons that were shown; what came since is refused. */
export const postStaffHold = (practice: Id, hold: StaffHold & { overbook?: boolean; warned?: readonly string[] }, token: Base64) =>
  post<Hold>(practice, 'holds', hold, { 'Serment-Hold': token });

/** The next revision at the time the appointment has. */
export const postInPlace = (practice: Id, record: Id, body: StaffMove) => post<Booked>(practice, `appointments/${record}/move`, body);
