// SPDX-License-Identifier: AGPL-3.0-or-later
import { afterEach, describe, expect, it, vi } from 'vitest';
import { shownBy } from '../../src/usecases/desk/presence';
import { ASKED_ON_MAX, postAgenda, type AgendaRow } from '../../src/usecases/desk/routes';

const row = (record: string) => ({ record, start: '2027-03-02T08:00:00Z' }) as AgendaRow;
const nothing = { openings: [], absences: [], holidays: [], holds: [], used: [] };
const ask = { agendas: ['a'], from: '2027-03-01', days: 7, known: [], kids: [] };

/** A server that has these answers, one after another; what it was asked. */
function serverWith(...answers: object[]): unknown[] {
  const asked: unknown[] = [];
  vi.stubGlobal('fetch', (_: string, { body }: { body: string }) => {
    asked.push(JSON.parse(body));
    return Promise.resolve(new Response(JSON.stringify({ ...nothing, ...answers[asked.length - 1] })));
  });
  return asked;
}

describe('days of agendas', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('with more appointments than one answer holds are asked for until they are whole', async () => {
    const place = (record: string) => ({ start: '2027-03-02T08:00:00Z', record });
    const asked = serverWith(
      { appointments: [row('1'), row('2')], complete_until: place('2') },
      { appointments: [row('3'), row('4')], complete_until: place('4') },
      { appointments: [row('5')], complete_until: null },
    );
    const { appointments, complete_until: until } = await postAgenda('p', ask);
    expect(until).toBeNull();
    expect(appointments.map(({ record }) => record)).toEqual(['1', '2', '3', '4', '5']);
    expect(asked).toEqual([ask, { ...ask, after: place('2') }, { ...ask, after: place('4') }]);
  });

  it('that are too many to read say where they break off', async () => {
    const place = { start: '2027-03-02T08:00:00Z', record: '1' };
    const asked = serverWith(...Array.from({ length: ASKED_ON_MAX + 2 }, () => ({ appointments: [row('1')], complete_until: place })));
    expect((await postAgenda('p', ask)).complete_until).toEqual(place);
    expect(asked).toHaveLength(ASKED_ON_MAX + 1);
  });

  it('that lie far off are read once somebody has shown to be there, and not if nobody does', async () => {
    const answers = [false, true];
    for (const shown of answers) {
      let asked = 0;
      vi.stubGlobal('fetch', () => {
        asked += 1;
        const refused = { type: 'urn:serment:error:prove_presence', title: 'show', status: 403 };
        if (asked > 1) return Promise.resolve(new Response(JSON.stringify({ ...nothing, appointments: [row('1')], complete_until: null })));
        return Promise.resolve(new Response(JSON.stringify(refused), { status: 403, headers: { 'Content-Type': 'application/problem+json' } }));
      });
      const gone = shownBy(() => Promise.resolve(shown));
      if (shown) expect((await postAgenda('p', ask)).appointments).toHaveLength(1);
      else await expect(postAgenda('p', ask)).rejects.toThrow();
      expect(asked).toBe(shown ? 2 : 1);
      gone();
    }
  });

  it('that are whole are asked for once', async () => {
    const asked = serverWith({ appointments: [row('1')], complete_until: null });
    expect((await postAgenda('p', ask)).appointments).toHaveLength(1);
    expect(asked).toHaveLength(1);
  });
});
