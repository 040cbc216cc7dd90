// SPDX-License-Identifier: AGPL-3.0-or-later
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apart, closedOf, columnsOf, gapsOf, nearest, placesFor, without } from '../../src/usecases/desk/lanes';

const h = (hours: number, minutes = 0) => hours * 3600 + minutes * 60;
const spans = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 60 })).map(([start, length]) => ({ start: start * 60, end: (start + length) * 60 })),
  { maxLength: 25 },
);

describe('columns', () => {
  it('gives an overbooked visit the second half of its place, and its neighbours the whole', () => {
    const [pujol, mbaye, alone] = [{ start: h(16, 10), end: h(16, 30) }, { start: h(16, 10), end: h(16, 40) }, { start: h(16, 40), end: h(17) }];
    const columns = columnsOf([pujol!, mbaye!, alone!]);
    expect(columns.get(mbaye!)).toEqual({ column: 0, columns: 2 });
    expect(columns.get(pujol!)).toEqual({ column: 1, columns: 2 });
    expect(columns.get(alone!)).toEqual({ column: 0, columns: 1 });
  });

  it('law: two spans that overlap never share a column, and no column is out of the lane', () => {
    fc.assert(fc.property(spans, (items) => {
      const columns = columnsOf(items);
      for (const a of items) {
        const mine = columns.get(a)!;
        expect(mine.column).toBeLessThan(mine.columns);
        for (const b of items) {
          if (a === b || a.start >= b.end || b.start >= a.end) continue;
          const other = columns.get(b)!;
          expect(other.columns).toBe(mine.columns);
          expect(other.column).not.toBe(mine.column);
        }
      }
    }));
  });
});

describe('free and closed time', () => {
  const morning = { start: h(8, 30), end: h(12), visitTypes: null };

  it('is what appointments leave of the openings, without slivers', () => {
    const taken = [{ start: h(8, 30), end: h(10, 20) }, { start: h(10, 40), end: h(11, 58) }];
    expect(gapsOf([morning], taken)).toEqual([{ start: h(10, 20), end: h(10, 40) }]);
  });

  it('is closed before, between and after the openings', () => {
    expect(closedOf({ start: h(8), end: h(18) }, [morning, { start: h(14), end: h(18) }])).toEqual([
      { start: h(8), end: h(8, 30) }, { start: h(12), end: h(14) }]);
  });

  it('law: what is left and what was taken never overlap, and together cover the openings', () => {
    fc.assert(fc.property(spans, spans, (openings, holes) => {
      const left = without(openings, holes);
      const inside = (list: readonly { start: number; end: number }[], t: number) => list.some((span) => span.start <= t && t < span.end);
      for (let t = 0; t < 370 * 60; t += 60) expect(inside(left, t)).toBe(inside(openings, t) && !inside(holes, t));
    }), { numRuns: 50 });
  });
});

describe('places to move a visit to', () => {
  const opening = { start: h(9), end: h(10), visitTypes: ['follow-up'] };
  const visit = { visitType: 'follow-up', minutes: 20, step: 10, before: 0, after: 0 };

  it('are on the grid of their opening, clear of what is taken, and not in the past', () => {
    expect(placesFor(visit, [opening], [{ start: h(9, 15), end: h(9, 25) }], h(8))).toEqual([h(9, 30), h(9, 40)]);
    expect(placesFor(visit, [opening], [], h(9, 25))).toEqual([h(9, 30), h(9, 40)]);
  });

  it('keep their own buffers clear of neighbours', () => {
    const taken = [{ start: h(9, 30), end: h(9, 40) }];
    expect(placesFor(visit, [opening], taken, 0)).toEqual([h(9), h(9, 10), h(9, 40)]);
    expect(placesFor({ ...visit, after: 10 }, [opening], taken, 0)).toEqual([h(9), h(9, 40)]);
    expect(placesFor({ ...visit, before: 10 }, [opening], taken, 0)).toEqual([h(9), h(9, 10)]);
  });

  it('are none where the opening does not take the type', () => {
    expect(placesFor({ ...visit, visitType: 'vaccination' }, [opening], [], 0)).toEqual([]);
  });

  it('walk without overlapping, and a drop finds the nearest', () => {
    const starts = placesFor(visit, [opening], [], 0);
    expect(apart(starts, 20)).toEqual([h(9), h(9, 20), h(9, 40)]);
    expect(nearest(starts, h(9, 14), 30)).toBe(h(9, 10));
    expect(nearest(starts, h(12), 30)).toBeNull();
  });
});
