// SPDX-License-Identifier: AGPL-3.0-or-later
/** What settles messages is seldom asked for: its own file, fetched when there is something to settle. */
import { NoAnswer } from '../../wire/problem';
import { leftBehind } from '../messages/taken_away';
import { owed } from './steer';
import type { OpenDesk } from './unlock';

/** Whether an earlier tab, or a broken line, left something of messages to this desk. */
export function isSomethingLeft(desk: OpenDesk): boolean {
  return owed(desk).length > 0 || leftBehind().length > 0;
}

/** Throws NoAnswer: a line that breaks meanwhile is an outage like any other. */
export function settling(): Promise<typeof import('./settle')> {
  return import('./settle').catch(() => { throw new NoAnswer(); });
}
