// SPDX-License-Identifier: AGPL-3.0-or-later
/** Dr Heir takes Dr Bento's practice up by its sheet, from a server that may have written a chain of its own around the sheet's root. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { base64, base64url, random, uuidFromId } from '../../src/seal/bytes';
import { SigningKey } from '../../src/seal/primitives';
import { newSeed, userKeys } from '../../src/seal/keys';
import { Roster, signGenesis } from '../../src/seal/roster';
import type { Member, SignedEvent } from '../../src/seal/roster_events';
import { writePaper } from '../../src/usecases/account/paper';
import { findByPaper } from '../../src/usecases/members/restore';
import { readyToSeal } from '../../src/usecases/sealing';
import { WrongPractice } from '../../src/usecases/trust';

const [PRACTICE, UNIT] = [random(16), random(16)];
let sheet: string;
let chain: SignedEvent[];
let real: Roster;

async function begun(root: SigningKey): Promise<{ chain: SignedEvent[]; roster: Roster }> {
  const user = await userKeys(newSeed());
  const owner: Member = { kind: 'member', id: random(16), kemPk: user.kem.publicKey, signPk: user.sign.publicKey, role: 'owner', units: [UNIT] };
  const first = [await signGenesis(PRACTICE, { kind: 'genesis', instance: 'x', rootPk: root.publicKey, owner }, root)];
  return { chain: first, roster: await Roster.verify(first, null) };
}

beforeEach(async () => {
  await readyToSeal();
  const seed = newSeed();
  const root = await SigningKey.fromSeed(seed);
  sheet = writePaper('root', seed).join(' ');
  ({ chain, roster: real } = await begun(root));
  const store = new Map<string, string>();
  vi.stubGlobal('localStorage', { getItem: (key: string) => store.get(key) ?? null, setItem: (key: string, value: string) => void store.set(key, value) });
  vi.stubGlobal('fetch', (path: string) => Promise.resolve(path.includes('/roster')
    ? Response.json({ instance: 'x', events: chain.map(({ event, signature }) => ({ event: base64(event), sig: base64(signature) })) })
    : Response.json({ practice: uuidFromId(PRACTICE), slug: 'bento', name: 'Cabinet Bento', fingerprint: null })));
});
afterEach(() => vi.unstubAllGlobals());

/** The host knows the sheet's public key: a practice begun by another root names it as the new one. */
async function forge(): Promise<void> {
  const other = await SigningKey.fromSeed(newSeed());
  const { chain: first, roster } = await begun(other);
  chain = [...first, await roster.sign({ kind: 'new root', rootPk: real.rootPk }, other)];
}

const link = () => `https://x/fr/p/bento?lang=fr#k=${base64url(real.fingerprint)}`;

describe('a practice taken up by its sheet', () => {
  it('is vouched for by the whole link', async () => {
    const found = await findByPaper(link(), sheet);
    expect([found.unvouched, found.trusted.roster.fingerprint]).toEqual([false, real.fingerprint]);
  });

  it('is refused where the server serves a chain of its own that ends at the sheet’s root', async () => {
    await forge();
    await expect(findByPaper(link(), sheet)).rejects.toBeInstanceOf(WrongPractice);
  });

  it('is to be compared where no fingerprint came with the link', async () => {
    await forge();
    const found = await findByPaper('bento', sheet);
    expect(found.unvouched).toBe(true);
    expect(found.trusted.roster.fingerprint).not.toEqual(real.fingerprint);
  });

  it('is refused by a link whose fingerprint was cut short', async () => {
    await expect(findByPaper(link().slice(0, -3), sheet)).rejects.toBeInstanceOf(WrongPractice);
  });
});
