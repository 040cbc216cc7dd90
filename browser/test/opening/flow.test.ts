// SPDX-License-Identifier: AGPL-3.0-or-later
/** An opening whose line breaks at the worst moments is one practice, and the sheet on the table is its root. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newSeed, userKeys } from '../../src/seal/keys';
import { Opening } from '../../src/pages/opening/flow.svelte';
import type { Account } from '../../src/usecases/account/account';
import type { Said } from '../../src/usecases/opening/found';
import { readyToSeal } from '../../src/usecases/sealing';
import common from '../../src/words/en/common.json';
import account from '../../src/words/en/account.json';
import opening from '../../src/words/en/opening.json';
import { speak } from '../../src/words/index';

const PRACTICE = { name: 'Cabinet', who: { specialty: 'SM54' }, where: {} } as Said;

/** What fails next, by the end of its path, and whether the server keeps it all the same. */
let fails: Record<string, 'unread' | 'lost' | 'refused'> = {};
let kept: string[] = [];

function storage() {
  const store = new Map<string, string>();
  return { getItem: (key: string) => store.get(key) ?? null, setItem: (key: string, value: string) => void store.set(key, value), removeItem: (key: string) => void store.delete(key) };
}

/** What a tab keeps goes with it. */
const closeTab = () => vi.stubGlobal('sessionStorage', storage());

beforeEach(() => {
  fails = {};
  kept = [];
  vi.stubGlobal('localStorage', storage());
  closeTab();
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) => {
    const name = path.includes('/templates') ? 'templates' : path.split('/').at(-1)!;
    const how = fails[name];
    if (how === 'refused') return Promise.resolve(Response.json({ type: 'urn:serment:error:claim_taken', title: '' }, { status: 409, headers: { 'content-type': 'application/problem+json' } }));
    if (how === 'unread') throw new TypeError('the line broke');
    if (name === 'templates') return Promise.resolve(Response.json({ hours: [], visit_types: [] }));
    const { practice } = JSON.parse(init!.body as string) as { practice: string };
    kept.push(practice);
    if (how === 'lost') throw new TypeError('the line broke');
    return Promise.resolve(Response.json({ practice, slug: 's', fingerprint: '' }));
  });
});
afterEach(() => vi.unstubAllGlobals());

async function atTheSheet(): Promise<Opening> {
  await readyToSeal();
  speak('en', { ...common, ...account, ...opening });
  const flow = new Opening('x');
  flow.account = { id: 'ferrand', instance: 'x', user: await userKeys(newSeed()), methods: 2, practices: [] } as unknown as Account;
  flow.say(PRACTICE);
  return flow;
}

describe('an opening', () => {
  it('is past its sheet once the practice stands, though the next page could not be read', async () => {
    const flow = await atTheSheet();
    fails = { templates: 'unread' };
    await flow.found();
    expect([flow.step, flow.template, kept.length]).toEqual(['hours', null, 1]);
    expect(flow.problem).not.toBeNull();
  });

  it('whose answer was lost draws no other sheet, and is the same practice when it is asked again', async () => {
    const flow = await atTheSheet();
    const { groups } = flow.root;
    fails = { practices: 'lost' };
    await flow.found();
    flow.newRoot();
    flow.say({ ...PRACTICE, name: 'Another' });
    expect([flow.sent, flow.root.groups]).toEqual([true, groups]);
    fails = {};
    await flow.found();
    expect([new Set(kept).size, kept.length, flow.step, flow.begun?.name]).toEqual([1, 2, 'hours', 'Cabinet']);
  });

  it('is the practice whose fingerprint the printed sheet bears, though its name was corrected after', async () => {
    const flow = await atTheSheet();
    const { fingerprint } = (await flow.written()).roster;
    flow.say({ ...PRACTICE, name: 'Corrected' });
    await flow.found();
    expect([flow.begun?.fingerprint, flow.begun?.name]).toEqual([fingerprint, 'Corrected']);
  });

  it('of a closed tab goes on with what was said, on a machine that remembers, by the same account', async () => {
    const flow = await atTheSheet();
    const other = { ...flow.account, id: 'other' } as unknown as Account;
    flow.entered(flow.account!, true);
    flow.say(PRACTICE);
    closeTab();
    const later = new Opening('x');
    expect([later.known, later.said]).toEqual([true, null]);
    later.entered(other, true);
    expect(later.said).toBeNull();
    later.entered(flow.account!, true);
    expect(later.said).toEqual(PRACTICE);
  });

  it('of a closed tab leaves nothing on a machine that is not to remember', async () => {
    const flow = await atTheSheet();
    flow.entered(flow.account!, false);
    flow.say(PRACTICE);
    closeTab();
    const later = new Opening('x');
    later.entered(flow.account!, false);
    expect([later.known, later.said]).toEqual([false, null]);
  });

  it('that was refused may be said and drawn anew', async () => {
    const flow = await atTheSheet();
    const { groups } = flow.root;
    fails = { practices: 'refused' };
    await flow.found();
    flow.newRoot();
    expect([flow.sent, flow.root.groups === groups, kept]).toEqual([false, false, []]);
  });
});
