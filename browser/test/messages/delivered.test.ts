// SPDX-License-Identifier: AGPL-3.0-or-later
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { base64, random } from '../../src/seal/bytes';
import { start as startTier } from '../../src/seal/tiers';
import { drawMessageSecrets, fromT, sealMessage, type MessageKind } from '../../src/seal/messages';
import { hasObjected, owesCall, readLines, readLinesAmong, type Line, type Outcome } from '../../src/usecases/desk/delivered';
import type { Visit } from '../../src/usecases/desk/model';
import type { OpenDesk } from '../../src/usecases/desk/unlock';

const INSTANCE = 'serment-test';
const START = Date.parse('2026-11-30T08:00:00Z') / 1000;
const desk = { instance: INSTANCE, practice: { practice: '00000000-0000-4000-8000-000000000001' } } as unknown as OpenDesk;

function visit(record: string): Visit {
  const { t, h } = drawMessageSecrets();
  return { record, start: START, status: 'booked', writer: 'patient', identity: { steering: { t, h } } } as Visit;
}

async function row(of: Visit, kind: MessageKind, set: number, result: string, more: object = {}) {
  const { t, h } = of.identity!.steering;
  const place = { instance: INSTANCE, h, mid: random(16), sendDay: '2026-11-29', set };
  const message = await sealMessage(place, fromT(t).messageKey, { kind, notBefore: START - 86_400, zone: 'Europe/Paris', start: START });
  return { mid: base64(place.mid), send_day: place.sendDay, set, message: base64(message), result, channel: null, reason: null, seen_to: false, ...more };
}

const told = new Map<string, object>();
const asked: string[][] = [];

beforeEach(async () => {
  await startTier();
  told.clear();
  asked.length = 0;
  vi.stubGlobal('fetch', (_: string, { body }: { body: string }) => {
    const { handles } = JSON.parse(body) as { handles: string[] };
    asked.push(handles);
    return Promise.resolve(Response.json({ handles: handles.map((h) => told.get(h) ?? { h, set: null, messages: [] }) }));
  });
});

afterEach(() => vi.unstubAllGlobals());

describe('what became of messages', () => {
  it('is told by message and channel; what an earlier set planned is void, and what opens to another appointment says nothing', async () => {
    const alice = visit('alice');
    const tom = visit('tom');
    const h = base64(alice.identity!.steering.h);
    const gone = await row(alice, 'reminder', 1, 'delivered', { channel: 'sms' });
    const planned = await row(alice, 'cancelled', 2, 'planned');
    const messages = [gone, { ...gone, result: 'undelivered', channel: 'mail', reason: '550' }, await row(alice, 'reminder', 1, 'planned'), planned, await row(tom, 'moved', 2, 'planned')];
    told.set(h, { h, set: 2, messages });
    const lines = (await readLines(desk, [alice, tom])).get('alice')!;
    expect(lines.map(({ kind, waiting }) => [kind, waiting])).toEqual([['reminder', false], ['cancelled', true]]);
    expect(lines[0]!.outcomes.map(({ channel, result }) => [channel, result])).toEqual([['sms', 'delivered'], ['mail', 'undelivered']]);
  });

  it('is asked of one person among others: whether a message was kept back since its address wants none', async () => {
    const [alice, tom, ...others] = Array.from({ length: 40 }, (_, nth) => visit(`r${nth}`));
    const h = base64(alice!.identity!.steering.h);
    told.set(h, { h, set: 1, messages: [await row(alice!, 'reminder', 1, 'dropped', { channel: 'sms', reason: 'objected' })] });
    const all = [alice!, tom!, ...others];
    expect([await hasObjected(desk, [alice!], all), await hasObjected(desk, [tom!], all), await hasObjected(desk, [], all)]).toEqual([true, false, false]);
    expect(asked.map(({ length }) => length)).toEqual([40, 40]);
  });

  it('is asked for among others, in an order that says nothing', async () => {
    const all = Array.from({ length: 40 }, (_, nth) => visit(`r${nth}`));
    await readLinesAmong(desk, all[11]!, all);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toEqual(all.map(({ identity }) => base64(identity!.steering.h)).sort());
  });
});

describe('a call is owed', () => {
  const line = (kind: MessageKind, ...outcomes: Outcome[]): Line =>
    ({ mid: '', kind, weekAhead: false, at: 0, zone: 'Europe/Paris', waiting: false, outcomes, seenTo: false });
  const sms = (result: Outcome['result'], reason: string | null = null): Outcome => ({ channel: 'sms', result, reason });
  const mail = (result: Outcome['result'], reason: string | null = null): Outcome => ({ channel: 'mail', result, reason });
  const none = (reason: string): Outcome => ({ channel: null, result: 'dropped', reason });
  const booked = { status: 'booked', writer: 'patient' } as const;
  const moved = { status: 'booked', writer: 'member' } as const;
  const cancelled = { status: 'cancelled', writer: 'patient' } as const;

  it.each([
    ['a number that takes no SMS', line('reminder', sms('dropped', 'number_refused')), booked, true],
    ['the same though an e-mail arrived', line('reminder', sms('undelivered', '1'), mail('delivered')), booked, true],
    ['an e-mail refused beside an SMS that went', line('reminder', sms('sent'), mail('dropped', 'address_refused')), booked, false],
    ['an e-mail refused alone', line('booked', mail('dropped', 'address_refused')), booked, true],
    ['nobody to send it to', line('reminder', none('no_address')), booked, false],
    ['a reminder that nobody wanted', line('reminder', sms('dropped', 'objected')), booked, false],
    ['a cancellation to somebody who wants no messages', line('cancelled', sms('dropped', 'objected')), cancelled, true],
    ['a move by the practice to somebody who wants none', line('moved', sms('dropped', 'objected')), moved, true],
    ['a move by the patient who wants none', line('moved', sms('dropped', 'objected')), booked, false],
    ['a cancellation that was taken back', line('cancelled', sms('undelivered', '1')), booked, false],
    ['a reminder of what was cancelled since', line('reminder', sms('undelivered', '1')), cancelled, false],
    ['what somebody saw to', { ...line('reminder', sms('undelivered', '1')), seenTo: true }, booked, false],
  ])('for %s', (_, one, about, owed) => {
    expect(owesCall(one, about)).toBe(owed);
  });
});
