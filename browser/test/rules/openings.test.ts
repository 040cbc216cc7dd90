// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { absenceOf, quickAsked, spokenAbsence } from '../../src/usecases/rules/dates';
import {
  clockOf, draftOf, emptyDraft, faultsOf, hoursOf, isoWeek, nextDate, openingAsked, rowOf, runsOn, weekdaysOf,
} from '../../src/usecases/rules/openings';
import type { ExceptionRow, OpeningRow, RuleRows } from '../../src/usecases/rules/routes';

const AGENDA = '0000000b-0000-0000-0000-000000000000';
const rule = (rest: Partial<OpeningRow> = {}): OpeningRow => ({
  opening: 'o', agenda: AGENDA, first_date: '2027-01-04', last_date: null, start_minute: 540, end_minute: 720,
  rrule: 'FREQ=WEEKLY;BYDAY=MO,TH', week_parity: 'all', visit_types: null, ...rest,
});
const rows = (openings: OpeningRow[], exceptions: ExceptionRow[] = []): RuleRows => ({
  practice: { booking_check: 'none' }, openings, exceptions, absences: [], visit_types: [], resources: [], agendas: [], sites: [], practitioners: [],
});

describe('an opening in a form', () => {
  it.each([
    rule(), rule({ week_parity: 'odd' }), rule({ rrule: 'FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH', last_date: '2027-12-31' }), rule({ rrule: '' }),
    rule({ rrule: 'FREQ=MONTHLY;BYDAY=-1TH' }), rule({ rrule: 'FREQ=MONTHLY;BYDAY=-1TH', week_parity: 'even' }), rule({ end_minute: 1560 }), rule({ visit_types: ['a', 'b'] }),
  ])('goes through it unchanged: $rrule $week_parity', (row) => {
    expect(faultsOf(draftOf(row))).toEqual(new Set());
    expect(rowOf(draftOf(row), row.opening, row.agenda, row.week_parity)).toEqual(row);
  });

  it('says what is missing beside its field', () => {
    expect(faultsOf({ ...emptyDraft('2027-03-16'), types: [], last: '2027-01-01', start: '' })).toEqual(new Set(['days', 'hours', 'last', 'types']));
    expect(faultsOf({ ...emptyDraft('2027-03-16', ['MO']), rhythm: 'interval', every: 1 })).toEqual(new Set(['every']));
  });

  it('past midnight ends on the next day', () => {
    expect(hoursOf('22:00', '02:00')).toEqual({ start: 1320, end: 1560 });
    expect(clockOf(1560)).toBe('02:00');
    expect(hoursOf('24:00', '02:00')).toBeNull();
  });
});

describe('the days an opening runs on', () => {
  it('counts odd weeks as the calendar does: W53, then W1', () => {
    const odd = rule({ week_parity: 'odd', first_date: '2026-12-01', rrule: 'FREQ=WEEKLY;BYDAY=TH' });
    expect([isoWeek('2026-12-31'), isoWeek('2027-01-07'), isoWeek('2027-01-04')]).toEqual([53, 1, 1]);
    expect(['2026-12-24', '2026-12-31', '2027-01-07', '2027-01-14'].map((date) => runsOn(odd, date))).toEqual([false, true, true, false]);
  });

  it('keeps the rhythm of every third week from the first date on', () => {
    const third = rule({ rrule: 'FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH', first_date: '2027-01-07' });
    expect(['2027-01-04', '2027-01-07', '2027-01-11', '2027-01-25', '2027-01-28'].map((date) => runsOn(third, date))).toEqual([false, true, false, true, true]);
    expect(nextDate(third, '2027-01-08', 'TH')).toBe('2027-01-28');
    expect(nextDate(rule({ last_date: '2027-01-05' }), '2027-01-08')).toBeNull();
  });

  it('leaves to the server what only it can tell', () => {
    expect(runsOn(rule({ rrule: 'FREQ=MONTHLY;BYDAY=-1TH' }), '2027-02-25')).toBeNull();
    expect(weekdaysOf(rule({ rrule: 'FREQ=MONTHLY;BYDAY=-1TH' }))).toEqual([]);
    expect(weekdaysOf(rule())).toEqual(['MO', 'TH']);
  });
});

describe('what is asked of the server', () => {
  const was = rule();
  const now = rule({ start_minute: 600 });
  it('names the day and a new row from that day on', () => {
    expect(openingAsked(was, now, 'from', '2027-03-18', [], 'new', AGENDA).openings).toEqual([
      { was, now: { ...now, opening: 'new', first_date: '2027-03-18' }, scope: 'from', day: '2027-03-18' },
    ]);
  });

  it('brings what stood on one day', () => {
    const stood: ExceptionRow = { exception: 'e', agenda: AGENDA, opening: 'o', on_date: '2027-03-18', kind: 'closed', start_minute: null, end_minute: null, visit_types: null };
    const [asked] = openingAsked(was, now, 'day', '2027-03-18', [stood], 'new', AGENDA).openings!;
    expect(asked).toMatchObject({ exception: stood, fresh: 'new', now: { start_minute: 600, rrule: was.rrule } });
  });

  it('turns "this Thursday only" into hours for the first opening of the day and none for the others', () => {
    const second = rule({ opening: 'p', start_minute: 840, end_minute: 1080 });
    let nth = 0;
    const asked = quickAsked({ kind: 'only', from: '2027-03-18', until: '2027-03-18', start: 600, end: 660 }, AGENDA, rows([was, second]), () => `id${(nth += 1)}`);
    expect(asked.openings!.map((one) => [one.was!.opening, one.now?.start_minute ?? null])).toEqual([['o', 600], ['p', null]]);
    const sunday = quickAsked({ kind: 'only', from: '2027-03-21', until: '2027-03-21', start: 600, end: 660 }, AGENDA, rows([was]), () => 'id');
    expect(sunday.exceptions![0]!.now).toMatchObject({ kind: 'extra', on_date: '2027-03-21' });
  });

  it('says an absence as a person says it, and takes it back', () => {
    const days = { from: '2027-08-12', until: '2027-08-19', start: null, end: null };
    const row = absenceOf(days, 'a', AGENDA);
    expect([row.since, row.until]).toEqual(['2027-08-12T00:00:00', '2027-08-20T00:00:00']);
    expect(spokenAbsence(row)).toEqual(days);
    expect(spokenAbsence(absenceOf({ ...days, start: 840, end: 1440 }, 'a', AGENDA))).toEqual({ ...days, start: 840, end: 1440 });
    expect(quickAsked({ kind: 'absent', ...days }, AGENDA, rows([]), () => 'a').absences).toEqual([{ was: null, now: row }]);
  });
});
