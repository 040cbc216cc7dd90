// SPDX-License-Identifier: AGPL-3.0-or-later
/** The list of an absence: what was decided and who is to be called stands, wherever somebody goes meanwhile. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../../src/pages/practice/desk.svelte';
import { RulesDesk } from '../../src/pages/practice/rules/rules_desk.svelte';
import type { Stranded } from '../../src/usecases/rules/routes';
import deskFr from '../../src/words/fr/desk.json';
import { speak } from '../../src/words/index';

const TWO = Date.UTC(2027, 2, 18, 13) / 1000;
const stranded = (record: string): Stranded => ({ record, rev: 1, agenda: 'bento', visit_type: 'x', start: '2027-03-18T13:00:00Z', acts: 0 }) as unknown as Stranded;

beforeEach(() => speak('fr', deskFr));

/** The list with Alice, who is cancelled and to be called, and Tom, who was moved; somebody has just come back to it. */
function backAtTheList() {
  const desk = {
    open: { house: { agendas: [], sites: [], practitioners: [] }, units: new Map() }, reading: { week: null }, shown: { now: TWO - 86_400 },
    rules: { zone: 'Europe/Paris', zoneOf: () => 'Europe/Paris' }, moved: () => undefined, wayBack: null,
  } as unknown as Desk;
  const room = RulesDesk.of(desk);
  room.found = { stranded: [stranded('alice'), stranded('tom')], booking: 0 };
  room.settle({ record: 'alice', acts: 0 }, 'cancelled', { acts: 1 });
  room.told = new Map([['alice', { kind: 'call' }]]);
  desk.wayBack = () => room.undecided.length;
  desk.moved({ record: 'tom' }, 'bento', TWO + 86_400, 2);
  desk.wayBack = null;
  return { desk, room };
}

describe('the list of an absence', () => {
  it('asks about Tom again when his move is taken back after the list was returned to', () => {
    const { desk, room } = backAtTheList();
    expect([room.fates.get('tom')?.fate, room.undecided]).toEqual(['moved', []]);
    desk.moved({ record: 'tom' }, 'bento', TWO, 3);
    expect(room.undecided.map(({ record, rev }) => [record, rev])).toEqual([['tom', 3]]);
  });

  it('says still that Alice is to be called', () => {
    const { room } = backAtTheList();
    expect(room.fates.get('alice')?.fate).toBe('cancelled');
    expect(RulesDesk.of(room.desk).told.get('alice')).toEqual({ kind: 'call' });
  });
});
