// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { instantOf, localDay } from '../../src/usecases/desk/days';
import { AT_ONCE_ITEMS, frontFirst, lanesAtOnce } from '../../src/usecases/desk/front';
import type { AgendaView } from '../../src/usecases/desk/view';

const PARIS = 'Europe/Paris';
const DAY = localDay(PARIS, '2027-03-18');
const at = (date: string, hour: number) => new Date(instantOf(localDay(PARIS, date), hour * 60)! * 1000).toISOString();

/** So many lanes a day, each with so many visits. */
function view(days: readonly string[], lanes: number, each: number): AgendaView {
  const items = Array.from({ length: each }, () => ({ kind: 'visit' }));
  return { days: days.map((date) => ({ date, lanes: Array.from({ length: lanes }, (_, nth) => ({ agenda: { agenda: `p${nth}` }, items })) })) } as unknown as AgendaView;
}

describe('what somebody is looking at', () => {
  it('is opened first: the chosen day of the agendas in the window, then the rest of it, then other days', () => {
    const row = (agenda: string, date: string) => ({ agenda, start: at(date, 9) });
    const rows = [row('bento', '2027-03-17'), row('okoro', '2027-03-18'), row('bento', '2027-03-18'), row('okoro', '2027-03-17')];
    const first = frontFirst(rows, { start: DAY.start, end: DAY.end, agendas: new Set(['bento']) });
    expect(first).toEqual([rows[2], rows[1], rows[0], rows[3]]);
  });

  it('keeps the order of time among what is looked at alike', () => {
    const rows = [9, 10, 11].map((hour) => ({ agenda: 'bento', start: at('2027-03-18', hour) }));
    expect(frontFirst(rows, { start: DAY.start, end: DAY.end, agendas: new Set() })).toEqual(rows);
  });
});

describe('lanes drawn in one go', () => {
  it('are all of them where there are few visits', () => {
    expect(lanesAtOnce(view(['2027-03-15', '2027-03-16'], 2, 20), '2027-03-16', new Set(['p0', 'p1'])).size).toBe(4);
  });

  it('are those in the window first, and no more than a window holds', () => {
    const keys = lanesAtOnce(view(['2027-03-18'], 30, 40), '2027-03-18', new Set(['p20', 'p21']));
    expect([...keys].slice(0, 3)).toEqual(['2027-03-18/p20', '2027-03-18/p21', '2027-03-18/p0']);
    expect(keys.size).toBe(AT_ONCE_ITEMS / 40);
  });

  it('are at least one, however full it is', () => {
    expect(lanesAtOnce(view(['2027-03-18'], 3, AT_ONCE_ITEMS + 1), '2027-03-18', new Set(['p1']))).toEqual(new Set(['2027-03-18/p1']));
  });
});
