// SPDX-License-Identifier: AGPL-3.0-or-later
/** A series moved by one shift: which way, in which turn, and what stays. */
import { beforeEach, expect, it, vi } from 'vitest';
import { backFrom, moveAll, shifted, shiftTo } from '../../src/usecases/desk/move_series';
import { moveVisit } from '../../src/usecases/desk/move';
import type { OneOf } from '../../src/usecases/desk/series';
import type { OpenDesk } from '../../src/usecases/desk/unlock';
import { NoAnswer, Refused } from '../../src/wire/problem';

vi.mock('../../src/usecases/desk/move', () => ({ moveVisit: vi.fn() }));

const ZONE = 'Europe/Paris';
const at = (text: string) => Date.parse(text) / 1000;
/** Alice's dressings, on three Wednesdays at ten; summer time begins between the second and the third. */
const [FIRST, SECOND, THIRD] = [at('2027-03-17T10:00+01:00'), at('2027-03-24T10:00+01:00'), at('2027-03-31T10:00+02:00')];
const series = [FIRST, SECOND, THIRD].map((start, nth) => ({ record: `r${nth}`, rev: 1, agenda: 'a', start, minutes: 20, visitType: 'v' }) as OneOf);
const desk = {} as OpenDesk;
const move = vi.mocked(moveVisit);
const tried = () => move.mock.calls.map(([, { record }, { start, unsaid }]) => [record, start, unsaid]);

beforeEach(() => {
  move.mockReset();
  move.mockImplementation((_, { rev }) => Promise.resolve({ rev: rev + 1, planned: null }) as ReturnType<typeof moveVisit>);
});

it('goes by the clock on the wall, whatever the season', () => {
  const shift = shiftTo(ZONE, FIRST, '2027-03-18', 690);
  expect(shift).toEqual({ days: 1, minutes: 90 });
  expect([SECOND, THIRD].map((start) => shifted(ZONE, start, shift))).toEqual([at('2027-03-25T11:30+01:00'), at('2027-04-01T11:30+02:00')]);
  expect(shifted(ZONE, FIRST, { days: 0, minutes: 14 * 60 })).toBeNull();
});

const WEEK = { days: 7, minutes: 0 };
const going = (shift = WEEK) => series.map((one) => ({ one, to: shifted(ZONE, one.start, shift) }));

it('by a week, the last goes first: each leaves its time to the one before', async () => {
  const { done } = await moveAll(desk, going(), false);
  expect(tried().map(([record]) => record)).toEqual(['r2', 'r1', 'r0']);
  expect(done.map(({ one, rev }) => [one.record, rev])).toEqual([['r0', 2], ['r1', 2], ['r2', 2]]);
  move.mockClear();
  await moveAll(desk, going({ days: -7, minutes: 0 }), false);
  expect(tried().map(([record]) => record)).toEqual(['r0', 'r1', 'r2']);
});

it('what is taken stays, and the others go; taken back, only these do, untold', async () => {
  move.mockImplementationOnce(() => Promise.reject(new Refused('slot_taken', 409, {})));
  const moved = await moveAll(desk, going(), false);
  expect(moved.stay.map(({ one, why }) => [one.record, why])).toEqual([['r2', 'taken']]);
  move.mockClear();
  await moveAll(desk, backFrom(moved), true);
  expect(tried()).toEqual([['r0', FIRST, true], ['r1', SECOND, true]]);
});

it('after a line that broke nothing more is tried', async () => {
  move.mockImplementationOnce(() => Promise.reject(new NoAnswer()));
  const { done, left } = await moveAll(desk, going(), false);
  expect([done, left.map(({ record }) => record), move.mock.calls.length]).toEqual([[], ['r2', 'r1', 'r0'], 1]);
});
