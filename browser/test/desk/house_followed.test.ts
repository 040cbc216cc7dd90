// SPDX-License-Identifier: AGPL-3.0-or-later
/** Whichever part of an open desk takes up another roster: what a new unit brings is read with it. */
import { afterEach, expect, it, vi } from 'vitest';
import { Desk } from '../../src/pages/practice/desk.svelte';
import type { OpenDesk } from '../../src/usecases/desk/unlock';
import deskFr from '../../src/words/fr/desk.json';
import { speak } from '../../src/words/index';
import { bentosDesk, problem } from '../patients/a_desk';

afterEach(() => vi.unstubAllGlobals());

it('an open desk that takes up another roster reads the name of the unit that came with it', async () => {
  speak('fr', deskFr);
  const nothing = () => undefined;
  const quiet = { addEventListener: nothing, removeEventListener: nothing, postMessage: nothing, close: nothing, matches: false };
  vi.stubGlobal('document', { ...quiet, documentElement: { lang: 'fr' }, getElementById: () => null, activeElement: null, querySelector: () => null });
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: nothing });
  for (const name of ['addEventListener', 'removeEventListener']) vi.stubGlobal(name, nothing);
  vi.stubGlobal('innerWidth', 1440);
  vi.stubGlobal('getComputedStyle', () => ({ fontSize: '16' }));
  vi.stubGlobal('matchMedia', () => quiet);
  for (const name of ['EventSource', 'BroadcastChannel', 'IntersectionObserver']) vi.stubGlobal(name, class { disconnect = nothing; observe = nothing; unobserve = nothing; addEventListener = nothing; postMessage = nothing; close = nothing; });
  const { desk: opened, unit, practice } = await bentosDesk();
  const empty = { agendas: [], sites: [], visit_types: [], practitioners: [], members: [], resources: [], units: [] };
  let line = true;
  vi.stubGlobal('fetch', async (path: string) => {
    if (!path.endsWith('/house')) return problem(404, 'no_such_thing');
    if (!line) throw new TypeError('the line broke');
    return Response.json({ ...empty, units: [{ unit, name: 'Soins' }] });
  });
  const open = { ...opened, practice: { ...opened.practice, member: practice.samId }, house: empty } as unknown as OpenDesk;
  const desk = new Desk(open, null, nothing);
  try {
    // A line that breaks just then is told by the agenda, and throws at nobody: vitest fails on a rejection that nobody caught.
    line = false;
    open.renewed!();
    await new Promise((done) => { setTimeout(done); });
    line = true;
    open.renewed!();
    await vi.waitFor(() => expect(desk.open.house.units).toEqual([{ unit, name: 'Soins' }]));
  } finally {
    desk.close('idle');
  }
});
