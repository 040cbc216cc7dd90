// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * What an interrupted opening leaves in the browser: that somebody has an account, and what they said of the practice, which the public
 * will read. On a machine that is to remember them, beyond the tab; else in the tab alone. No secret is in it.
 */
import type { Said } from '../../usecases/opening/found';
import type { Id } from '../../wire/types';

const MADE = 'serment.opening.account';
const draftOf = (account: Id) => `serment.opening.${account}`;

/** Both stores, the tab's first; none where the browser keeps nothing: then only what can be typed again is lost. */
function stores(): Storage[] {
  try {
    return [sessionStorage, localStorage];
  } catch {
    return [];
  }
}

function found(name: string): string | null {
  return stores().map((store) => store.getItem(name)).find((text) => text !== null) ?? null;
}

function put(name: string, text: string | null, remembered: boolean): void {
  for (const store of stores()) store.removeItem(name);
  if (text === null) return;
  try {
    (remembered ? localStorage : sessionStorage).setItem(name, text);
  } catch {
    // Full, or refused: it can be typed again.
  }
}

/** Whether somebody made or opened an account here and has not opened their practice's door yet. */
export const wasHere = (): boolean => found(MADE) !== null;

export const noteHere = (remembered: boolean): void => put(MADE, '1', remembered);

/** The door is open: the next who comes opens another practice. */
export const forgetHere = (): void => put(MADE, null, false);

/** What this account said of its practice. */
export const keptDraft = (account: Id): Said | null => JSON.parse(found(draftOf(account)) ?? 'null') as Said | null;

export const keepDraft = (account: Id, said: Said | null, remembered: boolean): void =>
  put(draftOf(account), said === null ? null : JSON.stringify(said), remembered);
