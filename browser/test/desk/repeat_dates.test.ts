// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { holdToken } from '../../src/usecases/desk/repeat';
import { dateAt, instantOf, localDay, wallOf } from '../../src/usecases/desk/days';
import { planned, REPEATS_MAX, wishedTimes } from '../../src/usecases/desk/repeat_dates';

const PARIS = 'Europe/Paris';
const at = (date: string, hour: number, minute = 0) => instantOf(localDay(PARIS, date), hour * 60 + minute)!;

describe('the dates of a repeated appointment', () => {
  it('stay at 9:40 on the wall when the clocks change', () => {
    const times = wishedTimes(PARIS, at('2027-03-18', 9, 40), { every: 1, unit: 'week', end: { count: 3 } });
    expect(times.map(({ date }) => date)).toEqual(['2027-03-25', '2027-04-01', '2027-04-08']);
    for (const { date, start } of times) expect(wallOf(localDay(PARIS, date), start!).minute).toBe(580);
    // 25 March is winter time, 1 April summer time: 167 hours lie between, not 168.
    expect(times[1]!.start! - times[0]!.start!).toBe(167 * 3600);
  });

  it('name the night whose clocks skip the hour, and give it no time', () => {
    const [skipped] = wishedTimes(PARIS, at('2027-03-21', 2, 30), { every: 1, unit: 'week', end: { count: 1 } });
    expect(skipped).toEqual({ date: '2027-03-28', start: null });
    expect(planned(PARIS, skipped!, 150, [{ date: '2027-03-28', holiday: null, starts: [at('2027-03-28', 3, 0)] }], 3, new Set())).toMatchObject({
      state: 'no_hour', neighbours: [at('2027-03-28', 3, 0)],
    });
  });

  it('run until a day inclusive, and never past the most there may be', () => {
    const until = (date: string) => wishedTimes(PARIS, at('2027-03-18', 9), { every: 2, unit: 'week', end: { until: date } }).length;
    expect(until('2027-04-01')).toBe(1);
    expect(until('2027-03-31')).toBe(0);
    expect(until('2037-01-01')).toBe(REPEATS_MAX);
  });

  it('are free, taken, closed or a holiday, with the nearest times proposed', () => {
    const start = at('2027-03-25', 9, 40);
    const wished = { date: '2027-03-25', start };
    const day = (date: string, starts: number[], holiday: { fr: string; en: string } | null = null) => ({ date, starts, holiday });
    const say = (days: ReturnType<typeof day>[]) => planned(PARIS, wished, 580, days, 3, new Set());
    expect(say([day('2027-03-25', [start])])).toMatchObject({ state: 'free', neighbours: [] });
    const near = [at('2027-03-25', 9), at('2027-03-25', 10), at('2027-03-26', 9, 40)];
    expect(say([day('2027-03-25', near.slice(0, 2)), day('2027-03-26', near.slice(2))])).toMatchObject({ state: 'taken', neighbours: near });
    expect(say([day('2027-03-25', []), day('2027-03-26', near.slice(2))])).toMatchObject({ state: 'closed', neighbours: near.slice(2) });
    expect(say([day('2027-03-25', [], { fr: 'Férié', en: 'Holiday' })])).toMatchObject({ state: 'holiday', neighbours: [] });
    // What lies further off than asked for is no neighbour.
    expect(say([day('2027-03-25', []), day('2027-03-29', [at('2027-03-29', 9, 40)])]).neighbours).toEqual([]);
    expect(dateAt(PARIS, start)).toBe('2027-03-25');
  });

  it('are the series’ own where an earlier try booked them, and nothing is proposed instead', () => {
    const [start, other] = [at('2027-03-25', 9, 40), at('2027-03-25', 10)];
    const days = [{ date: '2027-03-25', starts: [other], holiday: null }];
    expect(planned(PARIS, { date: '2027-03-25', start }, 580, days, 3, new Set([start]))).toMatchObject({ state: 'own', neighbours: [] });
    expect(planned(PARIS, { date: '2027-03-25', start }, 580, days, 3, new Set([other]))).toMatchObject({ state: 'taken', neighbours: [other] });
  });

  it('are held by a token that a second try finds again, each date by its own', () => {
    const series = { seed: new Uint8Array(32).fill(1), first: new Uint8Array(16) };
    const [one, two] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
    expect(holdToken(series, one)).toBe(holdToken({ ...series }, one));
    expect(holdToken(series, two)).not.toBe(holdToken(series, one));
    expect(holdToken({ ...series, seed: new Uint8Array(32).fill(2) }, one)).not.toBe(holdToken(series, one));
  });
});
