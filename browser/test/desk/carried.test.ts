// SPDX-License-Identifier: AGPL-3.0-or-later
/** A visit that is being moved, and that its patient cancels meanwhile. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Carry } from '../../src/pages/practice/carry.svelte';
import type { Desk } from '../../src/pages/practice/desk.svelte';
import type { Visit } from '../../src/usecases/desk/model';
import deskFr from '../../src/words/fr/desk.json';
import { speak } from '../../src/words/index';

const ALICE = { record: 'alice', agenda: 'bento', start: 1_800_000_000, end: 1_800_001_800, minutes: 30, status: 'booked', rev: 1, reading: 'open', verified: true, identity: null } as Visit;

beforeEach(() => {
  vi.stubGlobal('document', { getElementById: () => null });
  speak('fr', deskFr);
});

/** A desk that carries Alice's visit, and then reads her as she is `now`. */
function carriedThen(now: Visit | undefined) {
  const selected: unknown[] = [];
  const desk = {
    reading: { visit: () => now }, deeds: { problem: null as string | null, dismiss: () => undefined },
    choice: { selection: null, is: () => false, select: (one: unknown) => selected.push(one), focusStop: async () => undefined, focusId: null },
    shown: { drawn: { days: [] }, chosen: '2027-01-15' }, rules: { zoneOf: () => 'Europe/Paris' },
  };
  const carry = new Carry(desk as unknown as Desk);
  carry.lift(ALICE);
  carry.look();
  return { carry, desk, selected };
}

describe('a visit in somebody’s hand', () => {
  it('is put down, and its panel says that it was cancelled', () => {
    const { carry, desk, selected } = carriedThen({ ...ALICE, status: 'cancelled' });
    expect(carry.moving).toBeNull();
    expect(selected).toEqual([{ kind: 'visit', record: 'alice' }]);
    expect(desk.deeds.problem).toContain('vient d’être annulé');
  });

  it.each([['as it was', ALICE], ['of another week', undefined]])('stays there where it is read %s', (_how, now) => {
    const { carry, desk } = carriedThen(now);
    expect(carry.moving).not.toBeNull();
    expect(desk.deeds.problem).toBeNull();
  });
});
