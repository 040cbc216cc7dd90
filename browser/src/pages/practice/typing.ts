// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * A letter while a visit is carried is somebody typing a name: what follows at a typing hand's pace, Enter included, must move and
 * note nothing.
 */
const PACE_MS = 1500;
const LETTER = /^\p{L}$/u;

export class Typing {
  #at = -Infinity;

  /** Whether this key is a letter, where letters are no commands: it begins something typed. */
  begins(event: KeyboardEvent): boolean {
    if (!LETTER.test(event.key)) return false;
    this.#at = event.timeStamp;
    event.preventDefault();
    return true;
  }

  /** Whether this key goes on with what was being typed: it does nothing else then. */
  goesOn(event: KeyboardEvent): boolean {
    if (event.timeStamp - this.#at > PACE_MS || !(LETTER.test(event.key) || event.key === 'Enter')) return false;
    this.#at = event.timeStamp;
    event.preventDefault();
    return true;
  }
}
