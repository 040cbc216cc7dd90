// SPDX-License-Identifier: AGPL-3.0-or-later
/** Hears that the practice's agenda changed: the server's hint, and a look every half minute for when the hint is lost. */
import type { Id } from '../../wire/types';
import { changesAddress } from './routes';

export const POLL_SECONDS = 30;
/** Hints closer together than this are one. */
const GATHER_MS = 250;

/** Calls `look` after a hint and every POLL_SECONDS; answers what ends it. */
export function hearChanges(practice: Id, look: () => void): () => void {
  let gathered: ReturnType<typeof setTimeout> | undefined;
  const source = new EventSource(changesAddress(practice));
  source.addEventListener('changed', () => {
    clearTimeout(gathered);
    gathered = setTimeout(look, GATHER_MS);
  });
  const timer = setInterval(look, POLL_SECONDS * 1000);
  return () => {
    clearTimeout(gathered);
    clearInterval(timer);
    source.close();
  };
}
