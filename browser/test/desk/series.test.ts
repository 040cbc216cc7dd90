// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { reached, type OneOf, type Reach } from '../../src/usecases/desk/series';

const DAY = 86_400;
const NOW = 1_805_000_000;

/** Alice's dressings: yesterday's seen, then one a day; the third ahead is cancelled already. */
const all: Omit<OneOf, 'identity'>[] = (['seen', 'booked', 'booked', 'cancelled', 'booked'] as const).map((status, nth) => ({
  record: `r${nth}`, unit: 'u', agenda: 'a', start: NOW + (nth - 1) * DAY + 60, minutes: 20, visitType: 'v', rev: 1, acts: 0, status,
}));
const goes = (nth: number, reach: Reach) => reached(all, all[nth]!, reach, NOW).map(({ record }) => record);

describe('what a cancellation of a series takes', () => {
  it('takes the one, or it and those after it, or all that are ahead', () => {
    expect(goes(2, 'one')).toEqual(['r2']);
    expect(goes(2, 'next')).toEqual(['r2', 'r4']);
    expect(goes(2, 'all')).toEqual(['r1', 'r2', 'r4']);
  });

  it('never takes one that has begun, was seen or is cancelled already', () => {
    expect(goes(0, 'one')).toEqual([]);
    expect(goes(0, 'next')).toEqual(['r1', 'r2', 'r4']);
    expect(goes(3, 'one')).toEqual([]);
    expect(reached(all, all[1]!, 'all', NOW + 4 * DAY)).toEqual([]);
  });
});
