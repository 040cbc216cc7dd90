// SPDX-License-Identifier: AGPL-3.0-or-later
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { base64, fromBase64, fromText, join, random, text } from '../../src/seal/bytes';
import { T, day, inst, sha256 } from '../../src/seal/conventions';
import { Altered } from '../../src/seal/errors';
import { readIdentity, writeIdentity } from '../../src/seal/groups';
import { fromC, openPage } from '../../src/seal/message_link';
import { drawMessageSecrets, fromT, openCapsule, openMessage } from '../../src/seal/messages';
import { PrivateKey, SigningKey } from '../../src/seal/primitives';
import { start as startTier } from '../../src/seal/tiers';
import type { Roster } from '../../src/seal/roster';
import { type Telling, placeMessages, sealMessages } from '../../src/usecases/messages/place';
import { planBooked } from '../../src/usecases/messages/plan';
import { type Confided, placedWith } from '../../src/usecases/sealing';
import type { Trusted } from '../../src/usecases/trust';
import { asWord, wordingFor } from '../../src/usecases/messages/word';
import { INSTANCE, openPracticeWithNotifier } from '../seal/cast';

/** Thursday 26 November 2026, 9:00 in Die; booked a fortnight before. */
const START = 1_795_680_000;
const NOW = START - 14 * 86_400;
const KEY_DAY = '2026-11-27';
const PLACE = '00000000-0000-4000-8000-000000000001';
const TELLING: Telling = { zone: 'Europe/Paris', word: 'Die', silent: false, reminds: { week: true, eve: true }, plan: (visit, now) => planBooked(visit, now, { confirm: true }) };
const ALICE = { phone: '+33639981234', email: null, messages: { language: 'en', word: 'Die (T)' } } as const;

let root: SigningKey;
let dayPair: PrivateKey;
let roster: Roster;
let unnamed: Roster;

beforeAll(async () => {
  await startTier();
  ({ root, unnamed, roster } = await openPracticeWithNotifier());
  dayPair = await PrivateKey.fromSeed(random(32));
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function publishes(signer: SigningKey, signedDay = KEY_DAY): Promise<string[]> {
  const asked: string[] = [];
  const sig = await signer.sign(join(T('day key'), inst(INSTANCE), day(signedDay), dayPair.publicKey));
  vi.stubGlobal('fetch', (path: string) => {
    asked.push(path);
    return Promise.resolve(Response.json({ keys: [{ day: KEY_DAY, pk: base64(dayPair.publicKey), sig: base64(sig) }] }));
  });
  return asked;
}

function refuses(status: number, name: string): void {
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ type: `urn:serment:error:${name}` }, { status })));
}

describe('placing the messages of an appointment', () => {
  it('seals to the key of the day after, signed by the notifier that the roster names, and the notifier reads what was chosen', async () => {
    const asked = await publishes(root);
    const { t, c, h } = drawMessageSecrets();
    const { bytes, planned } = await placeMessages(roster, START, { t, c }, ALICE, TELLING, NOW);
    expect(asked).toEqual([`/api/notifier/day-keys?day=${KEY_DAY}`]);
    const capsule = await openCapsule(INSTANCE, h, KEY_DAY, dayPair, fromBase64(bytes.capsule!.capsule));
    expect(capsule).toEqual({ language: 'en', word: 'Die (T)', sms: ALICE.phone, mail: null, c, messageKey: fromT(t).messageKey });
    expect(bytes.capsule).toMatchObject({ h: base64(h), key_day: KEY_DAY, del_hash: base64(sha256(fromC(c).del)), write_hash: base64(sha256(fromT(t).write)) });
    expect(await openPage(INSTANCE, c, fromBase64(bytes.page!))).toBe('Die (T)');
    const opened = await Promise.all(bytes.messages!.map(({ mid, send_day: sendDay, bytes: sealed }) =>
      openMessage({ instance: INSTANCE, h, mid: fromBase64(mid), sendDay, set: 1 }, fromT(t).messageKey, fromBase64(sealed))));
    expect(opened).toEqual(planned!.map(({ message }) => message));
    expect(opened.map(({ kind }) => kind)).toEqual(['booked', 'reminder', 'reminder']);
  });

  it('gives a reminder the same id in every set and a notice another one, so that what is taken back repeats no reminder and swallows no notice', async () => {
    const { t, h } = drawMessageSecrets();
    const planned = TELLING.plan({ start: START, zone: 'Europe/Paris', silent: false, reminds: TELLING.reminds }, NOW);
    const [first, second] = await Promise.all([1, 2].map((set) => sealMessages(INSTANCE, h, t, set, planned)));
    expect(planned.map(({ message }) => message.kind)).toEqual(['booked', 'reminder', 'reminder']);
    expect(first!.map(({ mid }, nth) => mid === second![nth]!.mid)).toEqual([false, true, true]);
    expect(new Set(first!.map(({ mid }) => mid)).size).toBe(3);
  });

  it('names nobody in the capsule of an appointment about which none is wanted, and the rows look like everybody’s', async () => {
    await publishes(root);
    vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 });
    const at = { practice: PLACE, unit: PLACE, record: PLACE, rev: 1, slot: { agenda: PLACE, visit_type: PLACE, start: new Date(START * 1000).toISOString(), minutes: 20 } };
    const place = async (quiet: boolean) => {
      const { t, c, h } = drawMessageSecrets();
      const confided = { id: { quiet }, ct: { ...ALICE, name: null, check: null } } as Pick<Confided, 'id' | 'ct'>;
      const { bytes, planned } = await placedWith({ roster } as Trusted, at, { t, c }, confided, TELLING);
      return { bytes, planned, capsule: await openCapsule(INSTANCE, h, KEY_DAY, dayPair, fromBase64(bytes.capsule!.capsule)) };
    };
    const [told, quiet] = [await place(false), await place(true)];
    expect(told.capsule.sms).toBe(ALICE.phone);
    expect(quiet.capsule).toMatchObject({ sms: null, mail: null });
    expect(quiet.planned).toBeNull();
    expect(quiet.bytes.messages!.map(({ send_day: day, bytes }) => [day, bytes.length])).toEqual(told.bytes.messages!.map(({ send_day: day, bytes }) => [day, bytes.length]));
    expect(quiet.bytes.capsule!.capsule.length).toBe(told.bytes.capsule!.capsule.length);
  });

  it('reads in the identity that none is wanted, said as true or not at all', () => {
    const { t, h } = drawMessageSecrets();
    const id = { givenName: 'Alice', birthName: 'Izarn', usedName: null, birthDate: '1984-02-29', sex: 'female', relation: 'self', series: null, t, h, pkh: null } as const;
    const written = [true, false].map((quiet) => fromText(writeIdentity({ ...id, quiet })));
    expect(written.map((json) => readIdentity(text(json)).quiet)).toEqual([true, false]);
    expect(written[1]).not.toContain('quiet');
    expect(() => readIdentity(text(written[0]!.replace('"quiet":true', '"quiet":false')))).toThrow(Altered);
  });

  it('says the town in French where nothing was chosen', async () => {
    await publishes(root);
    const { t, c, h } = drawMessageSecrets();
    const { bytes } = await placeMessages(roster, START, { t, c }, { ...ALICE, messages: null }, TELLING, NOW);
    const { language, word } = await openCapsule(INSTANCE, h, KEY_DAY, dayPair, fromBase64(bytes.capsule!.capsule));
    expect({ language, word }).toEqual({ language: 'fr', word: 'Die' });
  });

  it('places nothing where no notifier is named, no key is published, another signed it, or for another day', async () => {
    const secrets = drawMessageSecrets();
    const nothing = { bytes: {}, planned: null };
    const place = (of: Roster, telling = TELLING) => placeMessages(of, START, secrets, ALICE, telling, NOW);
    const asked = await publishes(root);
    expect(await place(unnamed)).toEqual(nothing);
    expect(await place(roster, { ...TELLING, silent: true })).toEqual(nothing);
    expect(asked).toEqual([]);
    await publishes(await SigningKey.fromSeed(random(32)));
    expect(await place(roster)).toEqual(nothing);
    await publishes(root, '2026-11-28');
    expect(await place(roster)).toEqual(nothing);
    refuses(404, 'no_day_key');
    expect(await place(roster)).toEqual(nothing);
  });

  it('waits for an answer rather than leave somebody without a reminder', async () => {
    refuses(503, 'busy');
    await expect(placeMessages(roster, START, drawMessageSecrets(), ALICE, TELLING, NOW)).rejects.toMatchObject({ name: 'NotNow' });
  });
});

describe('the word of a message', () => {
  it('is the town, with the initial of whoever is not the one who books', () => {
    expect(wordingFor('Die', 'fr', { relation: 'self', givenName: 'Alice' }).word).toBe('Die');
    expect(wordingFor('Die', 'fr', { relation: 'child', givenName: 'tom' }).word).toBe('Die (T)');
    expect(wordingFor('Saint-Étienne-du-Rouvray', 'en', { relation: 'relative', givenName: 'Élodie' })).toEqual({ language: 'en', word: 'Saint-Étienne-du-R (É)' });
  });

  it('is 24 bytes at most and cuts no letter, whatever the town', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (town, givenName) => {
      for (const word of [asWord(town), wordingFor(town, 'fr', { relation: 'child', givenName }).word]) {
        expect(text(word).length).toBeGreaterThan(0);
        expect(text(word).length).toBeLessThanOrEqual(24);
        expect(new TextDecoder().decode(text(word))).toBe(word);
      }
    }));
  });
});
