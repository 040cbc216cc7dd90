// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { instantOf, localDay } from '../../src/usecases/desk/days';
import { ageOn, statesOf, type Agenda, type Visit, type Week } from '../../src/usecases/desk/model';
import { datesOf, hourHeight, laneTracks, stopsOf, viewOf } from '../../src/usecases/desk/view';

const PARIS = 'Europe/Paris';
const bento: Agenda = {
  agenda: 'bento', unit: 'unit', zone: PARIS, site: 'Valbrune', siteId: 'valbrune', practitioner: 'Dr Ana Bento', short: 'Dr Bento', initials: 'AB', ink: 1, letter: null,
};
const okoro: Agenda = { ...bento, agenda: 'okoro', practitioner: 'Dr Ike Okoro', short: 'Dr Okoro', initials: 'IO', ink: 2 };
const at = (date: string, hour: number, minute = 0) => instantOf(localDay(PARIS, date), hour * 60 + minute)!;
const THURSDAY = '2027-03-18';

function visit(record: string, hour: number, minute: number, minutes: number, more: Partial<Visit> = {}): Visit {
  const start = at(THURSDAY, hour, minute);
  return {
    record, agenda: 'bento', unit: 'unit', start, end: start + minutes * 60, minutes, visitType: 'follow-up', status: 'booked', confirmed: false,
    overbooked: false, rev: 1, acts: 0, reading: 'open', identity: null, verified: true, fresh: false, writer: 'patient', linked: true, formerList: false, resources: [], ...more,
  };
}

const opening = (agenda: string, from: number, to: number, date = THURSDAY) => ({ agenda, start: at(date, from), end: at(date, to), visitTypes: null });
const followUp = { visitType: 'follow-up', fr: 'Suivi', en: 'Follow-up', minutes: 20, step: 10, before: 0, after: 0, agendas: ['bento'], colour: 1, questions: [] };
const empty: Week = { from: '2027-03-15', days: 7, visits: [], openings: [], absences: [], holds: [], holidays: [] };

describe('a lane', () => {
  it('lists visits and the gaps between them in order of time, and closed hours as text', () => {
    const week = { ...empty, openings: [opening('bento', 9, 12), opening('bento', 14, 18)], visits: [visit('alice', 9, 0, 30), visit('tom', 9, 50, 130)] };
    const lane = viewOf(week, [bento], [THURSDAY]).days[0]!.lanes[0]!;
    expect(lane.items.map(({ kind, id }) => (kind === 'visit' ? id : kind))).toEqual(['alice', 'gap', 'tom', 'closed', 'gap']);
    expect(lane.items.map(({ at: top, length }) => [top, length])).toEqual([[0, 30], [30, 20], [50, 130], [180, 120], [300, 240]]);
  });

  it('has all of its day where the day is closed, and half of an open one beside it', () => {
    const closed = viewOf(empty, [bento], [THURSDAY]).days[0]!;
    expect(laneTracks(closed)).toBe('minmax(0, 1fr)');
    const both = viewOf({ ...empty, openings: [opening('okoro', 9, 12)] }, [bento, okoro], [THURSDAY]).days[0]!;
    expect(laneTracks(both)).toBe('minmax(0, 1fr) minmax(0, 2fr)');
  });

  it('tells free time too short for any visit, without a button for it', () => {
    const week = { ...empty, openings: [opening('bento', 9, 10)], visits: [visit('alice', 9, 0, 30), visit('tom', 9, 40, 20)] };
    const kinds = (minutes: number) => viewOf(week, [bento], [THURSDAY], [{ ...followUp, minutes }]).days[0]!.lanes[0]!.items.map(({ kind }) => kind);
    expect(kinds(15)).toEqual(['visit', 'sliver', 'visit']);
    expect(kinds(10)).toEqual(['visit', 'gap', 'visit']);
  });

  it('tells free time that is gone by without a button, and keeps one where a visit still fits', () => {
    const week = { ...empty, openings: [opening('bento', 9, 12)], visits: [visit('alice', 10, 0, 30)] };
    const kinds = (hour: number, minute: number) =>
      viewOf(week, [bento], [THURSDAY], [{ ...followUp, minutes: 20 }], at(THURSDAY, hour, minute)).days[0]!.lanes[0]!.items.map(({ kind }) => kind);
    expect(kinds(9, 30)).toEqual(['gap', 'visit', 'gap']);
    expect(kinds(9, 45)).toEqual(['sliver', 'visit', 'gap']);
    expect(kinds(13, 0)).toEqual(['sliver', 'visit', 'sliver']);
  });

  it('keeps a place free of requests too, since a request whose time went cannot be accepted', () => {
    const week = { ...empty, openings: [opening('bento', 9, 12)], visits: [visit('alice', 9, 0, 30, { status: 'requested' }), visit('tom', 10, 0, 30, { status: 'refused' })] };
    expect(viewOf(week, [bento], [THURSDAY]).days[0]!.lanes[0]!.taken.map(({ record }) => record)).toEqual(['alice']);
  });

  it('offers no gap under a hold or an absence', () => {
    const week = {
      ...empty, openings: [opening('bento', 9, 11)], holds: [{ agenda: 'bento', start: at(THURSDAY, 9), end: at(THURSDAY, 9, 30) }],
      absences: [{ agenda: 'bento', start: at(THURSDAY, 9, 30), end: at('2027-03-20', 12) }],
    };
    expect(viewOf(week, [bento], [THURSDAY]).days[0]!.lanes[0]!.items.map(({ kind }) => kind)).toEqual(['hold', 'away']);
  });

  it('keeps a cancelled visit in view until another takes its time', () => {
    const cancelled = visit('alice', 9, 0, 30, { status: 'cancelled' });
    const week = { ...empty, openings: [opening('bento', 9, 10)], visits: [cancelled] };
    const ids = (some: Week) => viewOf(some, [bento], [THURSDAY]).days[0]!.lanes[0]!.items.map(({ kind, id }) => (kind === 'visit' ? id : kind));
    expect(ids(week)).toEqual(['alice', 'gap', 'gap']);
    expect(ids({ ...week, visits: [cancelled, visit('tom', 9, 0, 30)] })).toEqual(['tom', 'gap']);
  });

  it('gives the time of a cancelled visit back beside its block, and not where it is gone by', () => {
    const week = { ...empty, openings: [opening('bento', 9, 10)], visits: [visit('alice', 9, 0, 30, { status: 'cancelled' })] };
    const drawn = (past: number) => viewOf(week, [bento], [THURSDAY], [], past).days[0]!.lanes[0]!.items
      .map((item) => [item.kind, 'columns' in item ? item.columns : null, 'column' in item ? item.column : null]);
    expect(drawn(0)).toEqual([['visit', 2, 1], ['gap', 2, null], ['gap', 1, null]]);
    expect(drawn(at(THURSDAY, 9, 20))).toEqual([['visit', 1, 0], ['sliver', null, null], ['gap', 1, null]]);
  });

  it('draws two visits at one time side by side, a request among them', () => {
    const week = { ...empty, visits: [visit('alice', 9, 0, 30), visit('tom', 9, 10, 20, { status: 'requested' })] };
    const items = viewOf(week, [bento], [THURSDAY]).days[0]!.lanes[0]!.items.flatMap((item) => (item.kind === 'visit' ? [item] : []));
    expect(items.map(({ column, columns }) => [column, columns])).toEqual([[0, 2], [1, 2]]);
  });
});

describe('a week', () => {
  it('shows a Saturday only when something stands in it', () => {
    expect(datesOf(empty, [bento], '2027-03-15')).toHaveLength(5);
    const week = { ...empty, openings: [opening('bento', 9, 12, '2027-03-20')] };
    expect(datesOf(week, [bento], '2027-03-15')).toHaveLength(6);
  });

  it('gives the keyboard the lanes in the order they are drawn', () => {
    const week = { ...empty, openings: [opening('okoro', 9, 12)], visits: [visit('alice', 9, 0, 30)] };
    const lanes = stopsOf(viewOf(week, [bento, okoro], [THURSDAY, '2027-03-19']));
    expect(lanes.map(({ day, agenda, stops }) => `${day} ${agenda} ${stops.length}`)).toEqual([
      '2027-03-18 bento 1', '2027-03-18 okoro 1', '2027-03-19 bento 0', '2027-03-19 okoro 0']);
  });

  it('names a holiday for the day when every agenda keeps it, else for its lane alone', () => {
    const holiday = (agenda: string) => ({ agenda, date: THURSDAY, fr: 'Lundi de Pâques', en: 'Easter Monday' });
    const all = viewOf({ ...empty, holidays: [holiday('bento'), holiday('okoro')] }, [bento, okoro], [THURSDAY]).days[0]!;
    const one = viewOf({ ...empty, holidays: [holiday('bento')] }, [bento, okoro], [THURSDAY]).days[0]!;
    expect([all.holiday?.fr, one.holiday]).toEqual(['Lundi de Pâques', null]);
    expect(one.lanes.map((lane) => lane.holiday?.en)).toEqual(['Easter Monday', undefined]);
  });

  it('makes the hour taller for short visits, so that a block keeps 24 px', () => {
    expect(hourHeight(viewOf({ ...empty, visits: [visit('alice', 9, 0, 20)] }, [bento], [THURSDAY]))).toBe(80);
    expect(hourHeight(viewOf({ ...empty, visits: [visit('alice', 9, 0, 10)] }, [bento], [THURSDAY]))).toBe(156);
  });
});

describe('the state of a visit', () => {
  it('is said in words, what matters first', () => {
    expect(statesOf(visit('alice', 9, 0, 20))).toEqual(['expected']);
    expect(statesOf(visit('alice', 9, 0, 20, { fresh: true, verified: false }))).toEqual(['unverified', 'fresh']);
    expect(statesOf(visit('alice', 9, 0, 20, { fresh: true, rev: 2 }))).toEqual(['moved']);
    expect(statesOf(visit('alice', 9, 0, 20, { reading: 'sealed', status: 'requested' }))).toEqual(['sealed', 'request']);
    expect(statesOf(visit('alice', 9, 0, 20, { reading: 'unreadable', fresh: true }))).toEqual(['unreadable']);
    expect(statesOf(visit('alice', 9, 0, 20, { overbooked: true, status: 'arrived' }))).toEqual(['arrived', 'extra']);
    expect(statesOf(visit('alice', 9, 0, 20, { status: 'seen', fresh: true }))).toEqual(['seen']);
  });

  it('calls nothing unverified before it was checked', () => {
    expect(statesOf(visit('alice', 9, 0, 20, { verified: null }))).toEqual(['expected']);
  });

  it('counts an age in whole years, the birthday included', () => {
    expect(ageOn('1988-09-07', '2027-09-06')).toBe(38);
    expect(ageOn('1988-09-07', '2027-09-07')).toBe(39);
  });
});
