// SPDX-License-Identifier: AGPL-3.0-or-later
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, dateAt, instantOf, localDay, wallOf } from '../../src/usecases/desk/days';
import { type PlannedMessage, type Visit, keyDayOf, planBooked, planCancelled, planMoved, planRestored } from '../../src/usecases/messages/plan';

const PARIS = 'Europe/Paris';
const ZONES = [PARIS, 'America/Guadeloupe', 'Indian/Reunion', 'Pacific/Noumea', 'America/Miquelon', 'Australia/Lord_Howe', 'America/Santiago'];
/** Days on or after which clocks change somewhere above, and a plain one. */
const DAYS = ['2026-03-29', '2026-03-30', '2026-10-25', '2026-10-26', '2026-04-05', '2026-09-06', '2026-11-26', '2027-01-01'];
const BOTH = { week: true, eve: true };
const MINUTE = 60;
const HOUR = 3600;

function at(date: string, hour: number, zone = PARIS, minute = 0): number {
  return instantOf(localDay(zone, date), hour * 60 + minute)!;
}

function visit(date: string, hour: number, zone = PARIS, minute = 0): Visit {
  return { start: at(date, hour, zone, minute), zone, silent: false, reminds: BOTH };
}

/** "reminder 2026-11-25 9:00" of each, by the site's clock. */
function said(plan: PlannedMessage[]): string[] {
  return plan.map(({ sendDay, message: { kind, notBefore, zone } }) => {
    const { minute } = wallOf(localDay(zone, dateAt(zone, notBefore)), notBefore);
    return `${kind} ${sendDay} ${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`;
  });
}

const anyVisit = fc.record({
  zone: fc.constantFrom(...ZONES), date: fc.constantFrom(...DAYS), minute: fc.integer({ min: 0, max: 1439 }),
}).map(({ zone, date, minute }) => ({ zone, silent: false, reminds: BOTH, start: instantOf(localDay(zone, date), minute) ?? localDay(zone, date).end - 1 }));
/** How long before the visit it is booked. */
const ahead = fc.integer({ min: -HOUR, max: 20 * 24 * HOUR });
const plans = [
  (of: Visit, now: number) => planBooked(of, now, { confirm: false }),
  (of: Visit, now: number) => planBooked(of, now, { confirm: true }),
  planMoved,
  planCancelled,
  (of: Visit, now: number) => planRestored(of, now, { cancelled: false, reminded: [] }),
  (of: Visit, now: number) => planRestored(of, now, { cancelled: true, reminded: [] }),
];

describe('what is planned for an appointment', () => {
  it('bears the local day it goes on, is never in the past, and never after the visit has begun', () => {
    fc.assert(fc.property(anyVisit, ahead, fc.constantFrom(...plans), (of, seconds, plan) => {
      const now = of.start - seconds;
      for (const { sendDay, message } of plan(of, now)) {
        expect(sendDay).toBe(dateAt(of.zone, message.notBefore));
        expect(message.notBefore).toBeGreaterThanOrEqual(message.kind === 'booked' ? now : now + 10 * MINUTE);
        expect(message.notBefore).toBeLessThan(of.start);
        expect(message).toMatchObject({ start: of.start, zone: of.zone });
        expect(sendDay < keyDayOf(of)).toBe(true);
      }
    }));
  });

  it('reminds at nine by the clock on the site\'s wall, a week before and the day before, across every clock change', () => {
    fc.assert(fc.property(anyVisit, fc.constantFrom(...plans.slice(0, 3)), (of, plan) => {
      const date = dateAt(of.zone, of.start);
      const reminders = plan(of, of.start - 20 * 24 * HOUR).filter(({ message }) => message.kind === 'reminder');
      expect(said(reminders)).toEqual([`reminder ${addDays(date, -7)} 9:00`, `reminder ${addDays(date, -1)} 9:00`]);
    }));
  });

  it('tells everybody something, unless the visit is about to begin', () => {
    fc.assert(fc.property(anyVisit, fc.integer({ min: 41 * MINUTE, max: 20 * 24 * HOUR }), fc.constantFrom(...plans), (of, seconds, plan) => {
      expect(plan(of, of.start - seconds).length).toBeGreaterThan(0);
    }));
  });

  it('names the day after the appointment as the day of its key', () => {
    expect(keyDayOf(visit('2026-11-26', 9))).toBe('2026-11-27');
    expect(keyDayOf(visit('2026-12-31', 23, 'Pacific/Noumea'))).toBe('2027-01-01');
    expect(keyDayOf(visit('2026-11-26', 22, 'America/Guadeloupe'))).toBe('2026-11-27');
  });
});

describe('Alice books', () => {
  it('five months ahead: by e-mail a week before, and the day before', () => {
    expect(said(planBooked(visit('2027-04-26', 9), at('2026-11-25', 15), { confirm: false })))
      .toEqual(['reminder 2027-04-19 9:00', 'reminder 2027-04-25 9:00']);
  });

  it('for tomorrow: ten minutes later', () => {
    expect(said(planBooked(visit('2026-11-26', 9), at('2026-11-25', 15), { confirm: false }))).toEqual(['reminder 2026-11-25 15:10']);
    expect(said(planBooked(visit('2026-11-26', 9), at('2026-11-25', 23, PARIS, 55), { confirm: false }))).toEqual(['reminder 2026-11-26 0:05']);
  });

  it('for tomorrow, early in the morning: at nine like everybody', () => {
    expect(said(planBooked(visit('2026-11-26', 9), at('2026-11-25', 8, PARIS, 50), { confirm: false }))).toEqual(['reminder 2026-11-25 9:00']);
    expect(said(planBooked(visit('2026-11-26', 9), at('2026-11-25', 8, PARIS, 51), { confirm: false }))).toEqual(['reminder 2026-11-25 9:01']);
  });

  it('and asks to be told at once: no second message ten minutes later says the same', () => {
    expect(said(planBooked(visit('2026-11-26', 9), at('2026-11-25', 15), { confirm: true }))).toEqual(['booked 2026-11-25 15:00']);
    expect(said(planBooked(visit('2026-12-02', 9), at('2026-11-25', 15), { confirm: true })))
      .toEqual(['booked 2026-11-25 15:00', 'reminder 2026-12-01 9:00']);
  });

  it('half an hour before: nothing that would reach her on the way', () => {
    expect(planBooked(visit('2026-11-26', 9), at('2026-11-26', 8, PARIS, 20), { confirm: false })).toEqual([]);
    expect(said(planBooked(visit('2026-11-26', 9), at('2026-11-26', 8, PARIS, 19), { confirm: false }))).toEqual(['reminder 2026-11-26 8:29']);
  });

  it('a visit about which nothing is sent: nothing is', () => {
    const silent = { ...visit('2026-11-26', 9), silent: true };
    for (const plan of plans) expect(plan(silent, at('2026-11-01', 9))).toEqual([]);
  });
});

describe('a site that sends fewer messages', () => {
  const now = at('2026-11-25', 15);
  const of = (week: boolean, eve: boolean, date = '2026-12-10') => ({ ...visit(date, 9), reminds: { week, eve } });

  it('reminds when it chose to, of visits booked late as well', () => {
    const planned = (one: Visit) => said(planBooked(one, now, { confirm: false }));
    expect(planned(of(true, false))).toEqual(['reminder 2026-12-03 9:00']);
    expect(planned(of(false, true))).toEqual(['reminder 2026-12-09 9:00']);
    expect(planned(of(true, false, '2026-11-26'))).toEqual([]);
    expect(planned(of(false, true, '2026-11-26'))).toEqual(['reminder 2026-11-25 15:10']);
  });

  it('tells of a move and of a cancellation all the same', () => {
    expect(said(planMoved(of(false, false), now))).toEqual(['moved 2026-11-25 15:10']);
    expect(said(planCancelled(of(false, false), now))).toEqual(['cancelled 2026-11-25 15:10']);
  });
});

describe('Sam changes an appointment', () => {
  const of = visit('2026-12-10', 9);
  const now = at('2026-11-25', 15);

  it('cancels it: ten minutes later that is told, and no reminder', () => {
    expect(said(planCancelled(of, now))).toEqual(['cancelled 2026-11-25 15:10']);
  });

  it('moves it: that is told, and the reminders are those of the new time', () => {
    expect(said(planMoved(of, now))).toEqual(['moved 2026-11-25 15:10', 'reminder 2026-12-03 9:00', 'reminder 2026-12-09 9:00']);
    expect(said(planMoved(visit('2026-11-26', 9), now))).toEqual(['moved 2026-11-25 15:10']);
  });

  it('takes a cancellation back within the grace: nobody hears of either', () => {
    expect(said(planRestored(of, now, { cancelled: false, reminded: [] }))).toEqual(['reminder 2026-12-03 9:00', 'reminder 2026-12-09 9:00']);
  });

  it('takes it back within the grace, after the reminder of the eve or of the same day went out: nobody is reminded twice', () => {
    const restored = (now: number, ...reminded: string[]) => said(planRestored(of, now, { cancelled: false, reminded }));
    expect(restored(at('2026-12-09', 14), '2026-12-03', '2026-12-09')).toEqual([]);
    expect(restored(at('2026-12-10', 7), '2026-12-09')).toEqual([]);
    // That of the week before is no reminder of the eve, which this one is too late for by a minute.
    expect(restored(at('2026-12-09', 8, PARIS, 51), '2026-12-03')).toEqual(['reminder 2026-12-09 9:01']);
  });

  it('takes it back later: who was told that it is off is told that it stands', () => {
    expect(said(planRestored(of, now, { cancelled: true, reminded: [] }))[0]).toBe('booked 2026-11-25 15:00');
  });
});
