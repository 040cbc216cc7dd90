// SPDX-License-Identifier: AGPL-3.0-or-later
/** Opened by its printed code, an account is owed another one: until that was tried, the sheet before is what opens, and this browser says so. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newSeed } from '../../src/seal/keys';
import { Account, newAccountId, newRecoveryCode, openByCode } from '../../src/usecases/account/account';
import { oldCodeStands } from '../../src/usecases/account/old_code';
import type { Way } from '../../src/usecases/account/routes';
import { readyToSeal } from '../../src/usecases/sealing';
import { NoAnswer } from '../../src/wire/problem';

/** The server's part: one account's ways in, compared and swapped; the answer to a change may be lost. */
let [account, version, ways, lost]: [string, number, (Way & { bytes: string })[], boolean] = ['', 1, [], false];

beforeEach(async () => {
  await readyToSeal();
  [account, version, ways, lost] = [newAccountId(), 1, [], false];
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key),
  });
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    if (path.endsWith('/recover')) return Response.json({ account, version, unlocks: ways, practices: [], dormant: [] });
    if (init.method !== 'PUT') return Response.json({ account, version, ways, devices: [] });
    const { seen, put } = JSON.parse(init.body as string) as { seen: number; put: (Way & { bytes: string })[] };
    if (seen !== version) return new Response(JSON.stringify({ type: 'urn:serment:error:stale_ways' }), { status: 409 });
    ways = put;
    version += 1;
    if (lost) throw new TypeError('the line broke');
    return Response.json({ version });
  });
});
afterEach(() => vi.unstubAllGlobals());

const made = () => Account.of('x', { account, version, unlocks: [], practices: [], dormant: [] } as never, newSeed());

describe('an account opened by its code', () => {
  it('says that the code before stands until the next one was tried', async () => {
    const [first, second] = [newRecoveryCode(), newRecoveryCode()];
    await (await made()).putCode(first);
    const { user } = await openByCode('x', first);
    expect(await oldCodeStands(user)).toBe(true);
    // The page is closed. Whoever opens again here still holds the old sheet.
    const again = await openByCode('x', first);
    await again.putCode(second);
    expect(await oldCodeStands(user)).toBe(false);
  });

  it('says so of no other account', async () => {
    const first = newRecoveryCode();
    await (await made()).putCode(first);
    await openByCode('x', first);
    expect(await oldCodeStands((await made()).user)).toBe(false);
  });

  it('says nothing of a code that was replaced in another browser, nor where its ways in cannot be read', async () => {
    const [first, second] = [newRecoveryCode(), newRecoveryCode()];
    await (await made()).putCode(first);
    const { user } = await openByCode('x', first);
    const answers = fetch;
    vi.stubGlobal('fetch', async () => { throw new TypeError('the line broke'); });
    expect(await oldCodeStands(user)).toBe(false);
    vi.stubGlobal('fetch', answers);
    expect(await oldCodeStands(user)).toBe(true);
    const here = localStorage;
    vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
    await (await openByCode('x', first)).putCode(second);
    vi.stubGlobal('localStorage', here);
    expect(await oldCodeStands(user)).toBe(false);
  });

  it('has the code that was tried, also where the answer was lost', async () => {
    const one = await made();
    const code = newRecoveryCode();
    lost = true;
    await expect(one.putCode(code)).rejects.toThrow(NoAnswer);
    lost = false;
    await one.putCode(code);
    expect((await openByCode('x', code)).id).toBe(account);
  });
});
