// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Who opens an account by its printed code is shown another one, and the code before stands until that one was tried. A page closed in between is
 * remembered here, by the public key's name and the code's own credential: the next opening in this browser says so, as long as that code is a way
 * in. Replaced elsewhere, it is not; where the ways in cannot be read, nothing is said. Storage that is refused remembers nothing.
 */
import { base64 } from '../../seal/bytes';
import type { UserKeys } from '../../seal/keys';
import { NoAnswer, NotNow, Refused } from '../../wire/problem';
import type { Base64 } from '../../wire/types';
import { readWays } from './routes';

const STORED = 'serment.old_code';
const nameOf = ({ kem }: UserKeys) => base64(kem.kid);

/** `credential`: of the code that opened the account, as the server tells its ways in. */
export function noteOldCode(user: UserKeys, credential: Base64): void {
  try {
    localStorage.setItem(STORED, `${nameOf(user)} ${credential}`);
  } catch {
    // The page itself has said it.
  }
}

/** The code that opened this account here last, and was not replaced here. */
function noted(user: UserKeys): Base64 | null {
  try {
    const [name, credential] = (localStorage.getItem(STORED) ?? '').split(' ');
    return name === nameOf(user) ? (credential ?? '') : null;
  } catch {
    return null;
  }
}

/** Whether the code that opened this account here last opens it still. Answers false where that cannot be read. */
export async function oldCodeStands(user: UserKeys): Promise<boolean> {
  const credential = noted(user);
  if (credential === null) return false;
  try {
    const stands = (await readWays()).ways.some((way) => way.credential === credential);
    if (!stands) oldCodeSpent(user);
    return stands;
  } catch (error) {
    if (!(error instanceof NoAnswer || error instanceof NotNow || error instanceof Refused)) throw error;
    return false;
  }
}

export function oldCodeSpent(user: UserKeys): void {
  if (noted(user) !== null) localStorage.removeItem(STORED);
}
