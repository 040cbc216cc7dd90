// SPDX-License-Identifier: AGPL-3.0-or-later
/** A removal that stands is told so, and by the desk's own roster, though the line broke before the list could be read anew; one that does not stand is not. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { base64, fromBase64, uuidFromId } from '../../src/seal/bytes';
import { Team } from '../../src/pages/practice/members/team.svelte';
import type { Desk } from '../../src/pages/practice/desk.svelte';
import type { OpenDesk } from '../../src/usecases/desk/unlock';
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

/** `sent`: whether the line breaks after what is posted has stood, or before. */
async function bentosTeam(sent = true) {
  const { desk, unit, practice } = await bentosDesk();
  const [bento] = practice.roster.members.filter(({ role }) => role === 'owner');
  const open = { ...desk, practice: { ...desk.practice, member: uuidFromId(bento!.id) }, house: { ...desk.house, units: [{ unit, name: 'Soins' }] } } as OpenDesk;
  let chain = [...practice.chain];
  let [seeds, line]: [{ seeds: unknown[]; previous: unknown[] }, boolean] = [{ seeds: [], previous: [] }, true];
  const told = {
    members: [bento!.id, practice.samId].map((id, at) => ({ member: uuidFromId(id), name: ['Dr Bento', 'Sam'][at], suspended: false, until: null, dormant: false, served: true })),
    invitations: [], old_keys: [], stopped: [], looked: [],
  };
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    if (path.endsWith('/members')) {
      if (!line) throw new TypeError('the line broke');
      return Response.json(told);
    }
    if (init.method === 'POST') {
      line = false;
      if (!sent) throw new TypeError('the line broke');
      const batch = JSON.parse(init.body as string) as { events: { event: string; sig: string }[]; seeds: unknown[]; previous: unknown[] };
      chain = [...chain, ...batch.events.map(({ event, sig }) => ({ event: fromBase64(event), signature: fromBase64(sig) }))];
      seeds = batch;
      return Response.json({ seq: chain.length, head: '' });
    }
    if (path.endsWith('/seeds')) return Response.json(seeds);
    if (!path.includes('roster')) return problem(404, 'no_such_thing');
    const after = Number(new URL(path, 'http://x').searchParams.get('after') ?? 0);
    return Response.json({ instance: 'x', events: chain.slice(after).map(({ event, signature }) => ({ event: base64(event), sig: base64(signature) })) });
  });
  const said: string[] = [];
  const team = new Team({ open, reading: {}, deeds: { say: (text: string) => said.push(text) }, close: () => said.push('closed'), readHouse: async () => undefined } as unknown as Desk);
  await team.read();
  return { team, said };
}

describe('a removal', () => {
  it('that stands is no outage, though the line broke before the list was read anew', async () => {
    const { team, said } = await bentosTeam();
    expect(await team.remove(team.people.find(({ name }) => name === 'Sam')!)).toBe(true);
    expect(said).toHaveLength(1);
    expect([team.people.map(({ name }) => name), team.units.map(({ e }) => e)]).toEqual([['Dr Bento'], [2]]);
    expect(team.away).toContain('n’a pas pu être relue');
    // Asked once more, it is no less done.
    await team.read();
    expect(team.away).toContain('est fait');
  });

  it('that never left says nothing of what is done', async () => {
    const { team, said } = await bentosTeam(false);
    expect(await team.remove(team.people.find(({ name }) => name === 'Sam')!)).toBe(false);
    expect([said, team.people.map(({ name }) => name)]).toEqual([[], ['Dr Bento', 'Sam']]);
    expect(team.away).not.toBeNull();
    expect(team.away).not.toContain('est fait');
  });
});
