// SPDX-License-Identifier: AGPL-3.0-or-later
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepFrom, tabStop, type StopLane } from '../../src/usecases/desk/keyboard';

const lane = (day: string, agenda: string, ...ats: number[]): StopLane => ({
  day, agenda, stops: ats.map((at) => ({ id: `${day}/${agenda}/${at}`, at })),
});
const lanes = [lane('mon', 'bento', 0, 30, 60), lane('mon', 'okoro'), lane('tue', 'bento', 25, 90)];

describe('the keyboard of the agenda', () => {
  it('walks a lane up and down and stops at its ends', () => {
    expect(stepFrom(lanes, 'mon/bento/0', 'ArrowDown')).toEqual({ kind: 'stop', id: 'mon/bento/30' });
    expect(stepFrom(lanes, 'mon/bento/0', 'ArrowUp')).toEqual({ kind: 'stay' });
    expect(stepFrom(lanes, 'mon/bento/0', 'End')).toEqual({ kind: 'stop', id: 'mon/bento/60' });
    expect(stepFrom(lanes, 'mon/bento/60', 'Home')).toEqual({ kind: 'stop', id: 'mon/bento/0' });
  });

  it('goes sideways to the nearest in time, over a lane with nothing in it', () => {
    expect(stepFrom(lanes, 'mon/bento/30', 'ArrowRight')).toEqual({ kind: 'stop', id: 'tue/bento/25' });
    expect(stepFrom(lanes, 'tue/bento/90', 'ArrowLeft')).toEqual({ kind: 'stop', id: 'mon/bento/60' });
    expect(stepFrom(lanes, 'tue/bento/90', 'ArrowRight')).toEqual({ kind: 'stay' });
  });

  it('turns the week with Page Up and Page Down', () => {
    expect(stepFrom(lanes, 'mon/bento/0', 'PageDown')).toEqual({ kind: 'week', by: 1 });
    expect(stepFrom([], 'gone', 'PageUp')).toEqual({ kind: 'week', by: -1 });
  });

  it('keeps one tab stop: the last one used, else the first of the chosen day', () => {
    expect(tabStop(lanes, 'mon/bento/30', 'tue')).toBe('mon/bento/30');
    expect(tabStop(lanes, 'gone', 'tue')).toBe('tue/bento/25');
    expect(tabStop([], null, 'tue')).toBeNull();
  });

  it('law: a key leads to a stop that exists, or nowhere', () => {
    const anyLanes = fc.array(fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 5 }), { minLength: 1, maxLength: 6 })
      .map((list) => list.map((ats, index) => lane(`d${index}`, 'a', ...new Set(ats))));
    fc.assert(fc.property(anyLanes, fc.nat(), fc.constantFrom('ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'x'), (some, pick, key) => {
      const ids = some.flatMap(({ stops }) => stops.map(({ id }) => id));
      fc.pre(ids.length > 0);
      const step = stepFrom(some, ids[pick % ids.length]!, key);
      expect(step.kind === 'stay' || (step.kind === 'stop' && ids.includes(step.id))).toBe(true);
    }));
  });
});
