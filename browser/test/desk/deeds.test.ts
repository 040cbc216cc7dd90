// SPDX-License-Identifier: AGPL-3.0-or-later
/** What a desk sends when somebody notes an arrival, and when they take it back. */
import { afterEach, expect, it, vi } from 'vitest';
import { Deeds } from '../../src/pages/practice/deeds.svelte';
import type { Desk } from '../../src/pages/practice/desk.svelte';
import type { Visit } from '../../src/usecases/desk/model';
import common from '../../src/words/en/common.json';
import words from '../../src/words/en/desk.json';
import { speak } from '../../src/words/index';

afterEach(() => { vi.unstubAllGlobals(); vi.useRealTimers(); });

it('an arrival is taken back from the arrival that was noted, whatever a colleague has noted since', async () => {
  vi.useFakeTimers();
  speak('en', { ...common, ...words });
  const sent: unknown[] = [];
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    sent.push(JSON.parse(init.body as string));
    return Promise.resolve(Response.json({ status: 'arrived', acts: 0, late: false }));
  });
  const visit = { record: 'r', rev: 1, status: 'booked' } as Visit;
  const desk = {
    open: { practice: { practice: 'p' } },
    reading: { markSeen: () => undefined, read: async () => undefined },
    choice: { keepFocus: async () => undefined, bring: async () => ({ ...visit, status: 'seen' }) },
  } as unknown as Desk;
  const deeds = new Deeds(desk);
  await deeds.mark(visit, 'arrive');
  await deeds.said?.undo?.();
  expect(sent).toEqual([{ rev: 1, kind: 'arrive', was: 'booked' }, { rev: 1, kind: 'expect', was: 'arrived' }]);
});
