// SPDX-License-Identifier: AGPL-3.0-or-later
/** The desk closes by hand and when nobody touches it. */
import { postSignOut } from './routes';

/** Without a key or a pointer for so long, the desk closes. */
export const IDLE_MINUTES = 10;

const SIGNS_OF_LIFE = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;
/** How often the clock is looked at: a laptop that slept past the limit closes at once on waking. */
const LOOK_SECONDS = 5;

/** Calls `close` after IDLE_MINUTES without a sign of life; answers what ends the watch. */
export function watchIdle(close: () => void): () => void {
  let last = Date.now();
  const alive = () => {
    // A sign of life after the limit is the first of the next person: it must not keep the desk open.
    if (Date.now() - last < IDLE_MINUTES * 60_000) last = Date.now();
  };
  for (const sign of SIGNS_OF_LIFE) addEventListener(sign, alive, { capture: true, passive: true });
  const timer = setInterval(() => {
    if (Date.now() - last >= IDLE_MINUTES * 60_000) close();
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
