// SPDX-License-Identifier: AGPL-3.0-or-later
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDays, axisOf, dateAt, hoursOf, instantOf, localDay, missing, monday, offsetAt, place, placeSpan, repeated, skipped, wallOf,
} from '../../src/usecases/desk/days';

const at = (text: string) => Date.parse(text) / 1000;
const PARIS = 'Europe/Paris';
const zones = fc.constantFrom(PARIS, 'America/Guadeloupe', 'Indian/Reunion', 'Australia/Lord_Howe', 'Africa/Cairo', 'America/Havana', 'Atlantic/Azores', 'Pacific/Apia');
const dates = fc.integer({ min: 0, max: 900 }).map((days) => addDays('2026-01-01', days));

describe('a day of a zone', () => {
  it('is 23 hours long where Paris springs forward and 25 where it falls back', () => {
    const spring = localDay(PARIS, '2027-03-28');
    const autumn = localDay(PARIS, '2027-10-31');
    expect((spring.end - spring.start) / 3600).toBe(23);
    expect((autumn.end - autumn.start) / 3600).toBe(25);
    expect(skipped(spring)).toEqual({ start: 120, end: 180 });
    expect(repeated(autumn)).toEqual({ start: 120, end: 180 });
    expect(repeated(spring)).toBeNull();
  });

  it('tells the two 02:30 of October apart, there and back', () => {
    const autumn = localDay(PARIS, '2027-10-31');
    expect(wallOf(autumn, at('2027-10-31T00:30:00Z'))).toEqual({ minute: 150, fold: 0 });
    expect(wallOf(autumn, at('2027-10-31T01:30:00Z'))).toEqual({ minute: 150, fold: 1 });
    expect(wallOf(autumn, at('2027-10-31T02:30:00Z'))).toEqual({ minute: 210, fold: 0 });
    expect(instantOf(autumn, 150, 1)! - instantOf(autumn, 150, 0)!).toBe(3600);
  });

  it('has no 02:30 in March', () => {
    expect(instantOf(localDay(PARIS, '2027-03-28'), 150)).toBeNull();
    expect(instantOf(localDay(PARIS, '2027-03-29'), 150)).not.toBeNull();
  });

  it('law: any minute of any day shows a wall time that leads back to it', () => {
    fc.assert(fc.property(zones, dates, fc.integer({ min: 0, max: 1499 }), (zone, date, minute) => {
      const day = localDay(zone, date);
      const instant = day.start + minute * 60;
      fc.pre(instant < day.end);
      const wall = wallOf(day, instant);
      expect(instantOf(day, wall.minute, wall.fold)).toBe(instant);
      expect(dateAt(zone, instant)).toBe(date);
      const shown = ((instant / 60 + offsetAt(zone, instant)) % 1440 + 1440) % 1440;
      expect(wall.minute % 1440).toBe(shown);
    }));
  });

  it('law: days follow one another without a hole', () => {
    fc.assert(fc.property(zones, dates, (zone, date) => {
      expect(localDay(zone, date).end).toBe(localDay(zone, addDays(date, 1)).start);
    }));
  });
});

describe('the axis', () => {
  const week = (date: string) => Array.from({ length: 7 }, (_, index) => localDay(PARIS, addDays(monday(date), index)));

  it('shows the usual hours of an empty week', () => {
    expect(axisOf(week('2027-03-15'), [])).toEqual({ from: 480, to: 1110, twice: null, length: 630 });
  });

  it('draws the repeated hour twice on its Sunday and as missing on the others', () => {
    const days = week('2027-10-31');
    const sunday = days[6]!;
    const axis = axisOf(days, [{ day: sunday, span: { start: instantOf(sunday, 60)!, end: instantOf(sunday, 300)! } }]);
    expect(axis.length).toBe(300);
    expect(hoursOf(axis).map(({ hour, fold }) => [hour, fold])).toEqual([[1, null], [2, 0], [2, 1], [3, null], [4, null], [5, null]]);
    expect(place(axis, wallOf(sunday, at('2027-10-31T01:30:00Z'))) - place(axis, wallOf(sunday, at('2027-10-31T00:30:00Z')))).toBe(60);
    expect(missing(axis, sunday)).toEqual([]);
    expect(missing(axis, days[0]!)).toEqual([{ at: 120, length: 60 }]);
  });

  it('hatches the hour that March skips', () => {
    const days = week('2027-03-28');
    const sunday = days[6]!;
    const axis = axisOf(days, [{ day: sunday, span: { start: instantOf(sunday, 60)!, end: instantOf(sunday, 300)! } }]);
    expect(missing(axis, sunday)).toEqual([{ at: 60, length: 60 }]);
    expect(missing(axis, days[5]!)).toEqual([]);
  });

  it('law: what comes later stands lower, and two spans that do not overlap are drawn apart', () => {
    fc.assert(fc.property(zones, dates, fc.integer({ min: 0, max: 1400 }), fc.integer({ min: 5, max: 90 }), fc.integer({ min: 5, max: 90 }),
      (zone, date, from, first, second) => {
        const day = localDay(zone, date);
        const start = day.start + from * 60;
        fc.pre(start + (first + second) * 60 <= day.end);
        const a = { start, end: start + first * 60 };
        const b = { start: a.end, end: a.end + second * 60 };
        const axis = axisOf([day], [{ day, span: { start: day.start, end: day.end } }]);
        const [top, low] = [placeSpan(axis, day, a), placeSpan(axis, day, b)];
        expect(top.at).toBeLessThan(low.at);
        expect(top.at + top.length).toBeLessThanOrEqual(low.at);
        expect(low.at + low.length).toBeLessThanOrEqual(axis.length);
      }));
  });
});
