// SPDX-License-Identifier: AGPL-3.0-or-later
/** A removal that stands is told so, and by the desk's own roster, though the line broke before the list could be read anew; who left is told still. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { base64, fromBase64, uuidFromId } from '../../src/seal/bytes';
import { Team } from '../../src/pages/practice/members/team.svelte';
import type { Desk } from '../../src/pages/practice/desk.svelte';
import type { OpenDesk } from '../../src/usecases/desk/unlock';
import type { LookedBack } from '../../src/usecases/members/routes';
import deskFr from '../../src/words/fr/desk.json';
import membersFr from '../../src/words/fr/desk_members.json';
import { speak } from '../../src/words/index';
import { bentosDesk, problem } from '../patients/a_desk';

beforeEach(() => {
  speak('fr', deskFr, membersFr);
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) });
});
afterEach(() => vi.unstubAllGlobals());

async function bentosTeam(looked: (members: string[]) => LookedBack[] = () => []) {
  const { desk, unit, practice } = await bentosDesk();
  const [bento] = practice.roster.members.filter(({ role }) => role === 'owner');
  const open = { ...desk, practice: { ...desk.practice, member: uuidFromId(bento!.id) }, house: { ...desk.house, units: [{ unit, name: 'Soins' }] } } as OpenDesk;
  let chain = [...practice.chain];
  let [seeds, line]: [{ seeds: unknown[]; previous: unknown[] }, boolean] = [{ seeds: [], previous: [] }, true];
  const told = {
    members: [bento!.id, practice.samId].map((id, at) => ({ member: uuidFromId(id), name: ['Dr Bento', 'Sam'][at], suspended: false, until: null, dormant: false, served: true })),
    invitations: [], old_keys: [], stopped: [], looked: looked([bento!.id, practice.samId].map(uuidFromId)),
  };
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    if (path.endsWith('/members')) {
      if (!line) throw new TypeError('the line broke');
      return Response.json(told);
    }
    if (init.method === 'POST') {
      const batch = JSON.parse(init.body as string) as { events: { event: string; sig: string }[]; seeds: unknown[]; previous: unknown[] };
      chain = [...chain, ...batch.events.map(({ event, sig }) => ({ event: fromBase64(event), signature: fromBase64(sig) }))];
      seeds = batch;
      line = false;
      return Response.json({ seq: chain.length, head: '' });
    }
    if (path.endsWith('/seeds')) return Response.json(seeds);
    if (!path.includes('roster')) return problem(404, 'no_such_thing');
    const after = Number(new URL(path, 'http://x').searchParams.get('after') ?? 0);
    return Response.json({ instance: 'x', events: chain.slice(after).map(({ event, signature }) => ({ event: base64(event), sig: base64(signature) })) });
  });
  const said: string[] = [];
  const team = new Team({ open, deeds: { say: (text: string) => said.push(text) }, close: () => said.push('closed'), readHouse: async () => undefined } as unknown as Desk);
  await team.read();
  return { team, said };
}

describe('who opened many visits long over', () => {
  it('stands among the team still, with a few signs of the id, though they are gone', async () => {
    const gone = { member: '0f0e0d0c-0b0a-4908-8706-050403020100', at: '2027-03-08T12:00:00Z', files: 41, seen_at: null, seen_by: null };
    const { team } = await bentosTeam((members) => [gone, { ...gone, member: members[1]! }]);
    expect(team.people.map(({ looked }) => looked?.files ?? 0)).toEqual([0, 41]);
    expect(team.lookedAndGone).toEqual([gone]);
  });
});

describe('a removal', () => {
  it('that stands is no outage, though the line broke before the list was read anew', async () => {
    const { team, said } = await bentosTeam();
    expect(await team.remove(team.people.find(({ name }) => name === 'Sam')!)).toBe(true);
    expect(said).toHaveLength(1);
    expect([team.people.map(({ name }) => name), team.units.map(({ e }) => e)]).toEqual([['Dr Bento'], [2]]);
    expect(team.away).toContain('n’a pas pu être relue');
  });
});
