// SPDX-License-Identifier: AGPL-3.0-or-later
/** What was done can be taken back from whichever week is on screen by then. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Visit } from '../../src/usecases/desk/model';
import type { Desk } from '../../src/pages/practice/desk.svelte';
import deskFr from '../../src/words/fr/desk.json';
import { speak } from '../../src/words/index';

const NINE = Date.UTC(2026, 10, 26, 8) / 1000;
const ALICE = { record: 'alice', agenda: 'bento', start: NINE, end: NINE + 1800, status: 'arrived', rev: 1, acts: 0, reading: 'open' } as Visit;

beforeEach(() => {
  speak('fr', deskFr);
  vi.stubGlobal('document', { documentElement: { lang: 'fr' }, getElementById: () => null });
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
});
afterEach(() => vi.unstubAllGlobals());

/** A desk that holds the visits of the week on screen; `line`: whether another week can be read. */
async function desk(line = true) {
  const { Choice } = await import('../../src/pages/practice/choice.svelte');
  const { Deeds } = await import('../../src/pages/practice/deeds.svelte');
  const [posts, weeks]: [string[], string[]] = [[], []];
  let seen: Visit[] = [ALICE];
  const made = {
    open: { practice: { practice: 'p' } }, rules: { zoneOf: () => 'Europe/Paris' },
    reading: { visit: (record: string) => seen.find((one) => one.record === record), read: async () => undefined, markSeen: () => undefined },
    shown: {
      narrow: false, hidden: new Set<string>(),
      show: async (date: string) => {
        weeks.push(date);
        seen = line && date === '2026-11-26' ? [ALICE] : [];
      },
    },
  };
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    posts.push(`${path.split('/').at(-1)} ${String(init.body)}`);
    return Response.json({ status: 'booked', acts: 0, late: false });
  });
  const choice = new Choice(made as unknown as Desk);
  const whole = Object.assign(made, { choice, deeds: null as unknown as InstanceType<typeof Deeds> });
  choice.keepFocus = async () => undefined;
  whole.deeds = new Deeds(whole as unknown as Desk);
  return { deeds: whole.deeds, shown: made.shown, posts, weeks };
}

describe('taking back', () => {
  it('turns back to the week it was done in', async () => {
    const { deeds, shown, posts, weeks } = await desk();
    await deeds.mark(ALICE, 'seen');
    await shown.show('2026-12-03');
    await deeds.said!.undo!();
    expect(weeks).toEqual(['2026-12-03', '2026-11-26']);
    expect(posts).toHaveLength(2);
    expect(deeds.said!.text).toBe('C’est défait.');
  });

  it('says so where that week cannot be read', async () => {
    const { deeds, shown, posts } = await desk(false);
    await deeds.mark(ALICE, 'seen');
    await shown.show('2026-12-03');
    await deeds.said!.undo!();
    expect(posts).toHaveLength(1);
    expect(deeds.said!.text).toContain('Rien n’a été défait');
  });
});
