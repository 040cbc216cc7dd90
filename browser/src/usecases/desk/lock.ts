// SPDX-License-Identifier: AGPL-3.0-or-later
/** The desk closes by hand and when nobody touches it. */
import { postSignOut } from './routes';

/** Without a key or a pointer for so long, the desk closes. */
export const IDLE_MINUTES = 10;
/** So long before, it says so. */
export const WARNED_MINUTES = 1;

const SIGNS_OF_LIFE = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;
/** How often the clock is looked at: a laptop that slept past the limit closes at once on waking. */
const LOOK_SECONDS = 5;

/** What a desk shows before it closes: that it will soon, and no longer that it will. */
export interface Warned {
  soon: () => void;
  stays: () => void;
}

/** A key that writes into a field; any other does something. */
function isTyped({ key, target }: KeyboardEvent): boolean {
  return key.length === 1 && (target as Element).closest('input, textarea, select, [contenteditable]') !== null;
}

/** Calls `close` after IDLE_MINUTES without a sign of life, and warns before where somebody may be told; answers what ends the watch. */
export function watchIdle(close: () => void, warned?: Warned): () => void {
  let last = Date.now();
  let told = false;
  const idleMinutes = () => (Date.now() - last) / 60_000;
  const alive = (event: Event) => {
    // A sign of life after the limit is the first of the next person: it must not keep the desk open.
    if (idleMinutes() >= IDLE_MINUTES) return;
    last = Date.now();
    if (!told) return;
    told = false;
    warned?.stays();
    // The key that answers the warning notes, sends and closes nothing beside.
    if (event.type !== 'keydown' || isTyped(event as KeyboardEvent)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  for (const sign of SIGNS_OF_LIFE) addEventListener(sign, alive, { capture: true, passive: sign !== 'keydown' });
  const timer = setInterval(() => {
    if (idleMinutes() >= IDLE_MINUTES) close();
    else if (warned !== undefined && !told && idleMinutes() >= IDLE_MINUTES - WARNED_MINUTES) {
      told = true;
      warned.soon();
    }
  }, LOOK_SECONDS * 1000);
  return () => {
    clearInterval(timer);
    for (const sign of SIGNS_OF_LIFE) removeEventListener(sign, alive, { capture: true });
  };
}

/** Ends the session on the server. The keys are forgotten by whoever held them, answer or none. */
export function signOut(): Promise<unknown> {
  return postSignOut().catch(() => undefined);
}
