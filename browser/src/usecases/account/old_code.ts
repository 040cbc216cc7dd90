// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Who opens an account by its printed code is shown another one, and the code before stands until that one was tried. A page closed in between is
 * remembered here, by the public key's name: the next opening in this browser says so. Storage that is refused remembers nothing.
 */
import { base64 } from '../../seal/bytes';
import type { UserKeys } from '../../seal/keys';

const STORED = 'serment.old_code';
const nameOf = ({ kem }: UserKeys) => base64(kem.kid);

export function noteOldCode(user: UserKeys): void {
  try {
    localStorage.setItem(STORED, nameOf(user));
  } catch {
    // The page itself has said it.
  }
}

/** Whether the code that opened this account here last is not yet replaced. */
export function oldCodeStands(user: UserKeys): boolean {
  try {
    return localStorage.getItem(STORED) === nameOf(user);
  } catch {
    return false;
  }
}

export function oldCodeSpent(user: UserKeys): void {
  if (oldCodeStands(user)) localStorage.removeItem(STORED);
}
