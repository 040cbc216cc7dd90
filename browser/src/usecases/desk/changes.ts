// SPDX-License-Identifier: AGPL-3.0-or-later
/** Hears that the practice's agenda or roster changed: the server's hint, and a look every half minute for when the hint is lost. */
import type { Id } from '../../wire/types';
import { changesAddress } from './routes';

export const POLL_SECONDS = 30;
/** The browser itself listens again after a broken line; after a refusal it gives up, and is told to after so long. */
export const LISTEN_AGAIN_SECONDS = 5;
/** Hints closer together than this are one. */
const GATHER_MS = 250;

/**
 * Calls `look` after a hint, when the line breaks, when it stands again, and every POLL_SECONDS: an outage is noticed
 * at once, and so is its end. `roster` hears each time which event of the roster is the last. Answers what ends it.
 */
export function hearChanges(practice: Id, look: () => void, roster: (seq: number) => void): () => void {
  let gathered: ReturnType<typeof setTimeout> | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let broken = false;
  let source: EventSource;
  const soon = () => {
    clearTimeout(gathered);
    gathered = setTimeout(look, GATHER_MS);
  };
  const listen = () => {
    source = new EventSource(changesAddress(practice));
    source.addEventListener('ready', ({ data }) => roster(Number(data)));
    source.addEventListener('changed', ({ data }) => {
      roster(Number(data));
      soon();
    });
    source.addEventListener('open', () => {
      // What happened while nobody listened was hinted to nobody.
      if (broken) soon();
      broken = false;
    });
    source.addEventListener('error', () => {
      broken = true;
      soon();
      if (source.readyState === EventSource.CLOSED) again = setTimeout(listen, LISTEN_AGAIN_SECONDS * 1000);
    });
  };
  listen();
  const timer = setInterval(look, POLL_SECONDS * 1000);
  addEventListener('online', soon);
  return () => {
    clearTimeout(gathered);
    clearTimeout(again);
    clearInterval(timer);
    removeEventListener('online', soon);
    source.close();
  };
}
