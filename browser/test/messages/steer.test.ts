// SPDX-License-Identifier: AGPL-3.0-or-later
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { base64, fromBase64, random } from '../../src/seal/bytes';
import { start as startTier } from '../../src/seal/tiers';
import { drawMessageSecrets, fromT, openMessage, sealMessage } from '../../src/seal/messages';
import type { Steered } from '../../src/usecases/desk/steer';
import type { OpenDesk } from '../../src/usecases/desk/unlock';
import { noticeGoes } from '../../src/usecases/messages/plan';
import { now } from '../../src/usecases/clock';

const INSTANCE = 'serment-test';
const PRACTICE = '00000000-0000-4000-8000-000000000001';
const AGENDA = '00000000-0000-4000-8000-00000000000a';
const TYPE = '00000000-0000-4000-8000-00000000000b';
const DAY = 86_400;
const NOON = Date.parse('2026-11-26T12:00:00+01:00');

const desk = {
  instance: INSTANCE, practice: { practice: PRACTICE },
  house: { agendas: [{ agenda: AGENDA, site: 's' }], sites: [{ site: 's', timezone: 'Europe/Paris', town: 'Die', word: '', reminds_week: true, reminds_eve: true }], visit_types: [{ visit_type: TYPE, silent: false }] },
} as unknown as OpenDesk;

interface Stored { h: string; set: number | null; messages: { mid: string; send_day: string; set: number; message: string; result: string; channel: null; reason: null }[] }

/** A server that keeps sets as the real one does: all of a request, or none. */
class Server {
  readonly rows = new Map<string, Stored>();
  readonly batches: number[] = [];
  /** Requests that get no answer, though they were done. */
  lost = 0;
  /** Somebody else is quicker, so often. */
  raced = 0;

  answer = (path: string, init: { body: string }): Promise<Response> => {
    const body = JSON.parse(init.body) as { handles?: string[]; replacements?: { h: string; set: number; messages: { mid: string; send_day: string; bytes: string }[] }[] };
    if (path.endsWith('/messages/read')) {
      return Promise.resolve(Response.json({ handles: body.handles!.map((h) => this.rows.get(h) ?? { h, set: null, messages: [] }) }));
    }
    const all = body.replacements!;
    this.batches.push(all.length);
    if (this.raced > 0) {
      this.raced -= 1;
      for (const { h } of all) this.rows.get(h)!.set! += 1;
      return Promise.resolve(Response.json({ type: 'urn:serment:error:stale_set' }, { status: 409 }));
    }
    const same = all.every(({ h, set }) => this.rows.get(h)?.set === set);
    if (!same && all.some(({ h, set }) => this.rows.get(h)?.set !== set - 1)) return Promise.resolve(Response.json({ type: 'urn:serment:error:stale_set' }, { status: 409 }));
    for (const { h, set, messages } of all) {
      const row = this.rows.get(h)!;
      row.set = set;
      row.messages = [
        ...row.messages.filter(({ result }) => result !== 'planned'),
        ...messages.map(({ mid, send_day, bytes }) => ({ mid, send_day, set, message: bytes, result: 'planned', channel: null, reason: null })),
      ];
    }
    if (this.lost > 0) {
      this.lost -= 1;
      return Promise.reject(new TypeError('the line broke'));
    }
    return Promise.resolve(new Response(null, { status: 204 }));
  };
}

let server: Server;
let steering: typeof import('../../src/usecases/desk/steer');
const stored = new Map<string, string>();

beforeEach(async () => {
  // Notices go by day; only the clock is made up, so that a test holds at night.
  vi.useFakeTimers({ toFake: ['Date'], now: NOON });
  await startTier();
  server = new Server();
  stored.clear();
  vi.stubGlobal('fetch', server.answer);
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => stored.get(name) ?? null, setItem: (name: string, value: string) => { stored.set(name, value); }, removeItem: (name: string) => { stored.delete(name); },
  });
  steering = await import('../../src/usecases/desk/steer');
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function visit(nth: number, status: Steered['status'], placed = true): Steered {
  const { t, h } = drawMessageSecrets();
  if (placed) server.rows.set(base64(h), { h: base64(h), set: 1, messages: [] });
  const start = now() + 30 * DAY;
  return { record: `r${nth}`, identity: { steering: { t, h } } as Steered['identity'], agenda: AGENDA, visitType: TYPE, start, status };
}

/** A message that lies on the server. */
async function put({ identity, start }: Steered, kind: 'booked' | 'cancelled' | 'letter', { notBefore = now() - DAY, result = 'planned', set = 1 }): Promise<void> {
  const { t, h } = identity!.steering;
  const place = { instance: INSTANCE, h, mid: random(16), sendDay: '2026-11-26', set };
  const message = await sealMessage(place, fromT(t).messageKey, { kind, notBefore, zone: 'Europe/Paris', start });
  const row = server.rows.get(base64(h))!;
  row.set = set;
  row.messages.push({ mid: base64(place.mid), send_day: place.sendDay, set, message: base64(message), result, channel: null, reason: null });
}

async function standing({ identity }: Steered): Promise<string[]> {
  const { t, h } = identity!.steering;
  const row = server.rows.get(base64(h))!;
  const planned = row.messages.filter(({ result }) => result === 'planned');
  return await Promise.all(planned.map(async ({ mid, send_day: sendDay, set, message }) =>
    (await openMessage({ instance: INSTANCE, h, mid: fromBase64(mid), sendDay, set }, fromT(t).messageKey, fromBase64(message))).kind));
}

describe('messages that follow what the desk decides', () => {
  it('leave the notice of a breach’s letter where it is, under its own id', async () => {
    const one = visit(0, 'cancelled');
    await put(one, 'letter', { notBefore: now() + 600 });
    const { mid } = server.rows.get(base64(one.identity!.steering.h))!.messages[0]!;
    await steering.steer(desk, [one]);
    expect(await standing(one)).toEqual(['cancelled', 'letter']);
    expect(server.rows.get(base64(one.identity!.steering.h))!.messages.map((message) => message.mid)).toContain(mid);
  });

  it('are replaced fifty at a time, whoever of a hundred and twenty has some, and nothing stays owed', async () => {
    const all = Array.from({ length: 120 }, (_, nth) => visit(nth, 'cancelled', nth !== 7));
    steering.oweTo(desk, all.map(({ record }) => record));
    const told = await steering.steer(desk, all);
    expect(server.batches).toEqual([49, 50, 20]);
    expect(told.get('r7')).toBeNull();
    expect(await standing(all[8]!)).toEqual(['cancelled']);
    expect([...told.values()].filter((one) => one !== null)).toHaveLength(119);
    expect(stored.size).toBe(0);
  });

  it('are the reminders again when a cancellation is taken back in time, and say so when it was told', async () => {
    const inTime = visit(1, 'booked');
    const late = visit(2, 'booked');
    const { t, h } = late.identity!.steering;
    const mid = random(16);
    const place = { instance: INSTANCE, h, mid, sendDay: '2026-11-26', set: 1 };
    const message = await sealMessage(place, fromT(t).messageKey, { kind: 'cancelled', notBefore: 1, zone: 'Europe/Paris', start: late.start });
    server.rows.get(base64(h))!.messages.push({ mid: base64(mid), send_day: place.sendDay, set: 1, message: base64(message), result: 'delivered', channel: null, reason: null });
    await steering.steer(desk, [inTime, late]);
    expect(await standing(inTime)).toEqual(['reminder', 'reminder']);
    expect(await standing(late)).toEqual(['booked', 'reminder', 'reminder']);
  });

  it('go to nobody where none is wanted, and no desk says that somebody is told', async () => {
    const one = visit(1, 'cancelled');
    const quiet = { ...one, identity: { ...one.identity!, quiet: true } };
    expect((await steering.steer(desk, [quiet])).get('r1')).toBeNull();
    expect(await standing(quiet)).toEqual(['cancelled']);
  });

  it('of a request: none while it waits, a confirmation at once when it is accepted, a notice when it is refused', async () => {
    const [waits, accepted, refused] = [visit(1, 'requested'), { ...visit(2, 'booked'), accepted: true }, visit(3, 'refused')];
    await steering.steer(desk, [waits, accepted, refused]);
    expect(await standing(waits)).toEqual([]);
    expect(await standing(accepted)).toEqual(['booked', 'reminder', 'reminder']);
    expect(await standing(refused)).toEqual(['cancelled']);
  });

  it('are sent once more when no answer came, and anew when somebody else was quicker', async () => {
    const one = visit(1, 'cancelled');
    server.lost = 1;
    await steering.steer(desk, [one]);
    expect(server.batches).toEqual([1, 1]);
    expect(await standing(one)).toEqual(['cancelled']);
    const other = visit(2, 'cancelled');
    server.raced = 2;
    await steering.steer(desk, [other]);
    expect(server.batches).toHaveLength(5);
    expect(await standing(other)).toEqual(['cancelled']);
  });

  it('stay owed while nothing answers', async () => {
    const one = visit(1, 'cancelled');
    steering.oweTo(desk, ['r1']);
    server.lost = 2;
    expect(await steering.steerOrOwe(desk, [one])).toBeNull();
    expect([...stored.values()]).toEqual(['["r1"]']);
  });

  it('say that it stands when the notice of a cancellation is about to go, as it is taken back', async () => {
    const one = visit(1, 'booked');
    await put(one, 'cancelled', { notBefore: now() + 5 });
    const inTime = visit(2, 'booked');
    await put(inTime, 'cancelled', { notBefore: now() + 300 });
    await steering.steer(desk, [one, inTime]);
    expect(await standing(one)).toEqual(['booked', 'reminder', 'reminder']);
    expect(await standing(inTime)).toEqual(['reminder', 'reminder']);
  });

  it('do not tell a cancellation twice, whether its notice went or waits, but tell one that came after it was said to stand', async () => {
    const [went, waits, again] = [visit(1, 'cancelled'), visit(2, 'cancelled'), visit(3, 'cancelled')];
    await put(went, 'cancelled', { result: 'sent' });
    await put(waits, 'cancelled', { notBefore: now() + 5 });
    await put(again, 'cancelled', { result: 'sent' });
    await put(again, 'booked', { result: 'sent', set: 2 });
    const before = server.rows.get(base64(waits.identity!.steering.h))!.messages[0]!.mid;
    const told = await steering.steer(desk, [went, waits, again]);
    expect(await standing(went)).toEqual([]);
    expect(server.rows.get(base64(waits.identity!.steering.h))!.messages.map(({ mid }) => mid)).toEqual([before]);
    expect(told.get('r2')?.map(({ message }) => message.kind)).toEqual(['cancelled']);
    expect(await standing(again)).toEqual(['cancelled']);
  });

  it('keep in mind that a request was accepted, and tell it later, once', async () => {
    const one = visit(1, 'booked');
    steering.oweTo(desk, ['r1'], true);
    steering.oweTo(desk, ['r1', 'r2']);
    expect(steering.owed(desk)).toEqual([{ record: 'r1', accepted: true }, { record: 'r2', accepted: false }]);
    const accepted = { ...one, accepted: true };
    await steering.steer(desk, [accepted]);
    expect(await standing(one)).toEqual(['booked', 'reminder', 'reminder']);
    const row = server.rows.get(base64(one.identity!.steering.h))!;
    row.messages[0]!.result = 'sent';
    await steering.steer(desk, [accepted]);
    expect(await standing(one)).toEqual(['reminder', 'reminder']);
    expect(steering.owed(desk)).toEqual([{ record: 'r2', accepted: false }]);
  });
});

describe('the hour a notice goes', () => {
  const at = (text: string) => Date.parse(text) / 1000;
  const notice = (notBefore: string, start: string) => noticeGoes({ kind: 'cancelled', zone: 'Europe/Paris', notBefore: at(notBefore), start: at(start) });

  it('is its own by day, eight in the morning by night, and its own again where the visit is soon after', () => {
    expect(notice('2026-11-26T14:32:00+01:00', '2026-11-30T09:00:00+01:00')).toBe(at('2026-11-26T14:32:00+01:00'));
    expect(notice('2026-11-26T20:00:00+01:00', '2026-11-30T09:00:00+01:00')).toBe(at('2026-11-27T08:00:00+01:00'));
    expect(notice('2026-11-27T06:10:00+01:00', '2026-11-30T09:00:00+01:00')).toBe(at('2026-11-27T08:00:00+01:00'));
    expect(notice('2026-11-26T22:00:00+01:00', '2026-11-27T10:59:00+01:00')).toBe(at('2026-11-26T22:00:00+01:00'));
    expect(notice('2026-10-24T22:00:00+02:00', '2026-10-30T10:00:00+01:00')).toBe(at('2026-10-25T08:00:00+01:00'));
  });
});
