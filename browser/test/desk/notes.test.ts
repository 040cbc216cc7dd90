// SPDX-License-Identifier: AGPL-3.0-or-later
/** What can be noted of a visit, by where it stands. */
import { expect, it } from 'vitest';
import { notesOf } from '../../src/usecases/desk/act';
import type { Status } from '../../src/wire/types';

it.each<[Status, boolean, string[], string[]]>([
  ['booked', false, ['arrive', 'wait', 'seen'], []],
  ['booked', true, ['arrive', 'wait', 'seen', 'no_show'], []],
  ['arrived', true, ['wait', 'seen'], ['expect']],
  ['waiting', true, ['seen'], ['arrive', 'expect']],
  ['seen', true, [], ['wait', 'expect']],
  ['no_show', true, ['arrive', 'seen'], ['expect']],
  ['cancelled', true, [], []],
])('who is %s (hour come: %s) is offered what follows, and the way back', (status, begun, next, back) => {
  expect(notesOf({ status }, begun)).toEqual({ next, back });
});
