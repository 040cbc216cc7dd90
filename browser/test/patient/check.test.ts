// SPDX-License-Identifier: AGPL-3.0-or-later
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Bytes, base64, base64url, fromBase64, fromBase64url, idFromUuid, join, random } from '../../src/seal/bytes';
import { T, day, inst } from '../../src/seal/conventions';
import { capKeys } from '../../src/seal/keys';
import { binding, checkSecret, openAsk, prove } from '../../src/seal/phone_check';
import { PrivateKey, SigningKey } from '../../src/seal/primitives';
import type { Roster } from '../../src/seal/roster';
import { start as startTier } from '../../src/seal/tiers';
import { NoCodeNow, askCode, checkedAddress, checkedAmong, drawQuestion, isAsked, shown } from '../../src/usecases/check';
import { addressesOf, mayReach } from '../../src/usecases/check_address';
import type { KeptCheck } from '../../src/usecases/keep';
import { INSTANCE, openPracticeWithNotifier } from '../seal/cast';

const ALICE = { kind: 'phone', address: '+33639981234' } as const;
const TOM = { kind: 'phone', address: '+33639985678' } as const;
const TODAY = '2026-11-26';
const MONTH = 202611;

let root: SigningKey;
let stranger: SigningKey;
let codePair: PrivateKey;
let roster: Roster;
let unnamed: Roster;

beforeAll(async () => {
  await startTier();
  ({ root, unnamed, roster } = await openPracticeWithNotifier());
  [stranger, codePair] = await Promise.all([SigningKey.fromSeed(random(32)), PrivateKey.fromSeed(random(32))]);
});

afterEach(() => vi.unstubAllGlobals());

async function codeKey(signer: SigningKey, pk: Bytes) {
  const sig = await signer.sign(join(T('code key'), inst(INSTANCE), day('2026-11-23'), day('2026-11-30'), pk));
  return { since: '2026-11-23', until: '2026-11-30', pk: base64(pk), sig: base64(sig) };
}

/** Answers every request; tells what was posted. */
function serves(notifier: unknown): unknown[] {
  const posted: unknown[] = [];
  vi.stubGlobal('fetch', (_: string, asked: { body?: string }) => {
    if (asked.body === undefined) return Promise.resolve(Response.json(notifier));
    posted.push(JSON.parse(asked.body));
    return Promise.resolve(new Response(null, { status: 204 }));
  });
  return posted;
}

async function kept(address: typeof ALICE | typeof TOM, month = MONTH, by = root): Promise<KeptCheck> {
  const [cap, r, salt] = [random(32), random(32), random(32)];
  const { sign } = await capKeys(cap);
  const ask = { ...address, r, replyKey: random(32), binds: [binding(sign.publicKey, salt)] };
  const { proofs: [proof] } = await prove(INSTANCE, ask, month, by);
  return { cap: base64url(cap), r: base64(checkSecret(r, 1)), salt: base64(salt), month, proof: base64(proof!) };
}

describe('asking for a code', () => {
  it('seals to the first code key that the notifier of the roster signed, past those it did not', async () => {
    const foreign = await codeKey(stranger, codePair.publicKey);
    const posted = serves({ root: base64(root.publicKey), code_keys: [foreign, await codeKey(root, codePair.publicKey)] });
    const asked = await drawQuestion(roster, ALICE, false);
    await askCode(roster, asked);
    const [{ q, ask }] = posted as [{ q: string; ask: string }];
    const opened = await openAsk(INSTANCE, idFromUuid(q), codePair, fromBase64(ask));
    expect(opened).toMatchObject(ALICE);
    const keys = await capKeys(fromBase64url(asked.caps[9]!));
    expect(base64(opened.binds[9]!)).toBe(base64(binding(keys.sign.publicKey, fromBase64(asked.salts[9]!))));
    serves({ root: base64(root.publicKey), code_keys: [foreign] });
    await expect(drawQuestion(roster, ALICE, false)).rejects.toBeInstanceOf(NoCodeNow);
  });

  it('is for one booking on a shared device, where nothing is kept', async () => {
    serves({ root: base64(root.publicKey), code_keys: [await codeKey(root, codePair.publicKey)] });
    expect((await drawQuestion(roster, ALICE, true)).caps).toHaveLength(1);
  });

  it('is due where the practice asks and has named the notifier that serves here', async () => {
    serves({ root: base64(root.publicKey), code_keys: [] });
    expect(await isAsked({ check: 'phone' }, roster)).toBe(true);
    expect(await isAsked({ check: 'none' }, roster)).toBe(false);
    expect(await isAsked({ check: 'phone' }, unnamed)).toBe(false);
    serves({ root: base64(stranger.publicKey), code_keys: [] });
    expect(await isAsked({ check: 'any' }, roster)).toBe(false);
  });

  it('goes to an e-mail address only where the practice takes one, and to no landline at night', () => {
    const contact = { phone: ALICE.address, email: 'alice@exemple.fr' };
    expect(addressesOf({ check: 'phone' }, contact)).toEqual([ALICE]);
    expect(addressesOf({ check: 'any' }, contact)).toEqual([ALICE, { kind: 'mail', address: 'alice@exemple.fr' }]);
    const evening = Date.parse('2026-11-26T19:30:00Z');
    expect(mayReach(ALICE, evening)).toBe(true);
    expect(mayReach({ kind: 'phone', address: '+33475220000' }, evening)).toBe(false);
    expect(mayReach({ kind: 'phone', address: '+594594123456' }, evening)).toBe(true);
  });
});

describe('a signature that this browser keeps', () => {
  it('is found for its own address, its own notifier and its own year', async () => {
    const list = [await kept(TOM), await kept(ALICE, MONTH, stranger), await kept(ALICE, 202510), await kept(ALICE, 202511)];
    const found = await checkedAmong(list, roster, [ALICE], TODAY);
    expect(found?.cap).toBe(list[3]!.cap);
    expect(await checkedAmong(list.slice(0, 3), roster, [ALICE], TODAY)).toBeNull();
  });

  it('is shown to the server without the address, and tells the practice which address answered', async () => {
    const found = await checkedAmong([await kept(ALICE)], roster, [ALICE], TODAY);
    expect(JSON.stringify(await shown(roster, [TOM, ALICE], found!))).not.toContain('639981234');
    expect(await checkedAddress(roster, { check: found!.check, phone: ALICE.address, email: null })).toBe('phone');
    expect(await checkedAddress(roster, { check: found!.check, phone: TOM.address, email: null })).toBeNull();
  });
});
