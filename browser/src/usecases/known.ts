import type { Sealed, Status } from '../wire/types';
import { serverNow } from './clock';
import type { Before, Kept } from './keep';

/** What was known of an appointment when it was last looked at. */
export type LastKnown = Pick<Kept, 'start' | 'rev'> & { before?: Before | undefined };

/**
 * The time it had before, when it has another now. Only a revision that follows the one known, written by the practice, says who
 * moved it; a correction at the same time moves nothing.
 */
export function movedFrom(last: LastKnown, row: Pick<Sealed, 'rev' | 'slot' | 'writer'>): Before | undefined {
  if (Date.parse(last.start) === Date.parse(row.slot.start)) return last.before;
  return { start: last.start, byPractice: row.writer !== 'patient' && row.rev === last.rev + 1 };
}

/** The list's entry after the server answered. */
export function entryAfter(kept: Kept, status: Status, row: Pick<Sealed, 'rev' | 'slot' | 'writer'>): Kept {
  return {
    ...kept, start: row.slot.start, minutes: row.slot.minutes, rev: row.rev, status, knownAt: new Date(serverNow()).toISOString(),
    before: movedFrom(kept, row),
  };
}

/** The list's entry whose link opens nothing any more. */
export function entryVoid(kept: Kept): Kept {
  return { ...kept, status: 'void', knownAt: new Date(serverNow()).toISOString() };
}
