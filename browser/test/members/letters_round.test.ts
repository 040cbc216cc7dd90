// SPDX-License-Identifier: AGPL-3.0-or-later
/** A round of letters against a server that keeps what it is given: broken off and gone on with, nobody is written to twice. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { base64, fromBase64, idFromUuid, uuidFromId } from '../../src/seal/bytes';
import { sha256 } from '../../src/seal/conventions';
import { type CapKeys } from '../../src/seal/keys';
import { letterId, openLetter } from '../../src/seal/letters';
import { fromT, openMessage, reminderId, sealMessage } from '../../src/seal/messages';
import { sealBooking } from '../../src/seal/readers';
import { keyring } from '../../src/seal/record';
import { slotBytes } from '../../src/seal/slot';
import { readStanza } from '../../src/seal/stanza';
import { start as startTier } from '../../src/seal/tiers';
import { sealMessages } from '../../src/usecases/messages/place';
import { readCarried, withLetter } from '../../src/usecases/desk/steer';
import type { OpenDesk } from '../../src/usecases/desk/unlock';
import type { Dossier } from '../../src/usecases/members/incidents';
import { lettersRound } from '../../src/usecases/members/letters';
import { NoAnswer } from '../../src/wire/problem';
import type { Sealed } from '../../src/wire/types';
import { problem } from '../patients/a_desk';
import { INSTANCE, alicesCap, alicesGroups, openPractice, placeIn, type Practice } from '../seal/cast';

const INCIDENT = '00000000-0000-4000-8000-0000000000aa';
const NOON = Date.parse('2026-11-24T12:00:00+01:00');
const LETTER = { nature: 'Ce qui est arrivé.', contact: '02 98 00 00 00', consequences: 'Ce qui peut suivre.', measures: 'Ce que nous avons fait.', advice: 'Ce que vous pouvez faire.' };
const dossier = { incident: INCIDENT, rev: 3, letter: LETTER, timezone: 'Europe/Paris' } as unknown as Dossier;

interface Patient { cap: CapKeys; row: Sealed; t: Uint8Array<ArrayBuffer>; h: Uint8Array<ArrayBuffer>; start: number }
interface Stored { mid: string; send_day: string; set: number; message: string; result: string; channel: null; reason: null; seen_to: boolean }
interface Posted { record: string; sealed: string; head: string; sig: string }

async function booked(practice: Practice): Promise<Patient> {
  const [place, groups, cap] = [placeIn(practice), alicesGroups(), await alicesCap()];
  const sealed = await sealBooking(place, groups, cap, practice.roster);
  const [id, ct, rs] = sealed.bodies;
  const { agenda, start, minutes, visitType } = place.slot;
  const row = {
    practice: uuidFromId(place.practice), unit: uuidFromId(place.unit), record: uuidFromId(place.record), rev: 1,
    slot: { agenda: uuidFromId(agenda), start: new Date(start * 1000).toISOString(), minutes, visit_type: uuidFromId(visitType) }, sealed_slot: base64(slotBytes(place.slot)),
    status: 'booked', confirmed: false, overbooked: false, acts: [], bodies: { id: base64(id) }, body_hashes: { id: base64(sha256(id)), ct: base64(sha256(ct)), rs: base64(sha256(rs)) },
    stanzas: sealed.stanzas.map((bytes) => ({ kid: base64(readStanza(bytes).kid), bytes: base64(bytes) })), sig: base64(sealed.signature), head: base64(sealed.head),
    booking_pk: base64(sealed.bookingPk), pkh: base64(cap.pkh), writer: 'patient', writer_kid: null, patient_pk: base64(cap.kem.publicKey),
  } as unknown as Sealed;
  return { cap, row, t: groups.id.t, h: groups.id.h, start };
}

class Server {
  readonly letters = new Map<string, Posted>();
  readonly sets = new Map<string, { set: number; messages: Stored[] }>();
  replaced = 0;
  posted = 0;
  reached: unknown = null;
  /** Letters that get lost on their way. */
  lost = 0;
  /** The dossier's. */
  rev = 3;
  constructor(readonly patients: readonly Patient[]) {}

  answer = (path: string, init: { body: string }): Promise<Response> => {
    const body = JSON.parse(init.body) as { rev?: number; handles?: string[]; replacements?: { h: string; set: number; messages: { mid: string; send_day: string; bytes: string }[] }[]; letters?: Posted[] };
    if (path.endsWith('/recipients')) {
      if (body.rev !== undefined && body.rev !== this.rev) return Promise.resolve(problem(409, 'stale_dossier'));
      const recipients = this.patients.map(({ row }) => ({ sent: this.letters.has(row.record), sealed: row }));
      return Promise.resolve(Response.json({ concerned: recipients.length, elsewhere: 0, gone: 0, recipients, more: false }));
    }
    if (path.endsWith('/messages/read')) return Promise.resolve(Response.json({ handles: body.handles!.map((h) => ({ h, set: this.sets.get(h)?.set ?? null, messages: this.sets.get(h)?.messages ?? [] })) }));
    if (path.endsWith('/messages')) {
      for (const { h, set, messages } of body.replacements!) {
        this.replaced += 1;
        this.sets.set(h, { set, messages: messages.map(({ mid, send_day, bytes }) => ({ mid, send_day, set, message: bytes, result: 'planned', channel: null, reason: null, seen_to: false })) });
      }
      return Promise.resolve(new Response(null, { status: 204 }));
    }
    if (path.endsWith('/reached')) {
      this.reached = body;
      return Promise.resolve(Response.json({}));
    }
    if (this.lost > 0) {
      this.lost -= 1;
      return Promise.reject(new TypeError('the line broke'));
    }
    for (const letter of body.letters!) this.letters.set(letter.record, letter);
    this.posted += body.letters!.length;
    return Promise.resolve(new Response(null, { status: 204 }));
  };
}

describe('a round of letters', () => {
  let practice: Practice;
  let alice: Patient;
  let unwritten: Patient;
  let server: Server;
  let desk: OpenDesk;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOON });
    await startTier();
    practice = await openPractice();
    [alice, unwritten] = [await booked(practice), await booked(practice)];
    server = new Server([alice, unwritten]);
    const { messageKey } = fromT(alice.t);
    const reminder = { instance: INSTANCE, h: alice.h, mid: reminderId(messageKey, '2026-11-25'), sendDay: '2026-11-25', set: 1 };
    const message = await sealMessage(reminder, messageKey, { kind: 'reminder', notBefore: alice.start - 86_400, zone: 'Europe/Paris', start: alice.start });
    server.sets.set(base64(alice.h), { set: 1, messages: [{ mid: base64(reminder.mid), send_day: reminder.sendDay, set: 1, message: base64(message), result: 'planned', channel: null, reason: null, seen_to: false }] });
    vi.stubGlobal('fetch', server.answer);
    desk = {
      instance: INSTANCE, practice: { practice: uuidFromId(practice.id) }, house: { agendas: [], sites: [], visit_types: [] },
      trusted: { roster: practice.roster }, user: practice.bento, ring: keyring(practice.keys.record, practice.keys.kem), kids: [],
    } as unknown as OpenDesk;
  });

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  const kinds = () => Promise.all(server.sets.get(base64(alice.h))!.messages.map(async ({ mid, send_day: sendDay, set, message }) =>
    (await openMessage({ instance: INSTANCE, h: alice.h, mid: fromBase64(mid), sendDay, set }, fromT(alice.t).messageKey, fromBase64(message))).kind));

  it('that broke off after the message is gone on with: one message beside the reminder, one letter each, read by that link alone', async () => {
    server.lost = 1;
    await expect(lettersRound(desk, dossier, true, () => true)).rejects.toThrow(NoAnswer);
    expect(await kinds()).toEqual(['reminder', 'letter']);
    expect(server.letters.size).toBe(0);
    const round = await lettersRound(desk, dossier, true, () => true);
    expect(await kinds()).toEqual(['reminder', 'letter']);
    expect([server.replaced, server.posted]).toEqual([1, 2]);
    expect(server.reached).toEqual({ waiting: 1, told: 0, unreached: 1 });
    expect(round.unreached).toMatchObject([{ record: unwritten.row.record, why: 'no_message', identity: { firstName: 'Alice' } }]);
    for (const { row, cap } of [alice, unwritten]) {
      const { sealed, head, sig } = server.letters.get(row.record)!;
      const at = { practice: practice.id, unit: practice.unit, record: idFromUuid(row.record), incident: idFromUuid(INCIDENT) };
      const opened = await openLetter(practice.roster, at, cap.kem, { sealed: fromBase64(sealed), head: fromBase64(head), signature: fromBase64(sig) }, practice.bento.sign.kid);
      expect(opened).toEqual({ ...LETTER, day: '2026-11-24' });
    }
  });

  it('that only looks writes to nobody, and says who was told, and whose message failed', async () => {
    await lettersRound(desk, dossier, true, () => true);
    const own = server.sets.get(base64(alice.h))!.messages.find(({ mid }) => mid === base64(letterId(fromT(alice.t).messageKey, idFromUuid(INCIDENT))))!;
    own.result = 'delivered';
    await lettersRound(desk, dossier, false, () => true);
    expect(server.reached).toEqual({ waiting: 0, told: 1, unreached: 1 });
    own.result = 'undelivered';
    expect((await lettersRound(desk, dossier, false, () => true)).unreached.map(({ why }) => why)).toEqual(['failed', 'no_message']);
    expect([server.replaced, server.posted]).toEqual([1, 2]);
  });

  it('of a letter that another owner changed meanwhile places no message, and looking at it is no writing', async () => {
    server.rev = 4;
    await expect(lettersRound(desk, dossier, true, () => true)).rejects.toMatchObject({ name: 'stale_dossier' });
    expect([server.replaced, server.posted]).toEqual([0, 0]);
    expect((await lettersRound(desk, dossier, false, () => true)).concerned).toBe(2);
  });

  /** Alice's appointment, sealed anew as a desk does it (`plan` stands for what the move says), or as she does, who knows of no letter. */
  async function sealedAnew(byDesk: boolean) {
    const groups = alicesGroups();
    const { t, h } = groups.id;
    const visit = { start: alice.start, zone: 'Europe/Paris', silent: false, reminds: { week: true, eve: true } };
    const plan = byDesk ? withLetter(() => [], await readCarried(desk, alice), t) : () => [];
    const messages = await sealMessages(INSTANCE, h, t, 1, plan(visit, NOON / 1000));
    const kept = messages.map(({ mid, send_day, bytes }) => ({ mid, send_day, set: 1, message: bytes, result: 'planned', channel: null, reason: null, seen_to: false as const }));
    const place = { instance: INSTANCE, practice: practice.id, unit: practice.unit, record: idFromUuid(alice.row.record), rev: 2, slot: { ...placeIn(practice).slot, start: alice.start } };
    const sealed = await sealBooking(place, groups, alice.cap, practice.roster);
    const [id, ct, rs] = sealed.bodies;
    const row = {
      ...alice.row, rev: 2, bodies: { id: base64(id) }, body_hashes: { id: base64(sha256(id)), ct: base64(sha256(ct)), rs: base64(sha256(rs)) }, sealed_slot: base64(slotBytes(place.slot)),
      stanzas: sealed.stanzas.map((bytes) => ({ kid: base64(readStanza(bytes).kid), bytes: base64(bytes) })), sig: base64(sealed.signature),
      slot: { ...alice.row.slot, agenda: uuidFromId(place.slot.agenda), visit_type: uuidFromId(place.slot.visitType) },
    } as Sealed;
    server.sets.delete(base64(alice.h));
    alice = { ...alice, row, t, h };
    server.sets.set(base64(h), { set: 1, messages: kept });
    (server as { patients: readonly Patient[] }).patients = [alice, unwritten];
  }

  it.each([['waits', 'planned'], ['did not arrive', 'undelivered']])('whose message %s when the desk moves the visit goes on with it, known as the letter’s, and is not placed twice', async (_how, result) => {
    await lettersRound(desk, dossier, true, () => true);
    server.sets.get(base64(alice.h))!.messages.find(({ send_day: day }) => day === '2026-11-24')!.result = result;
    await sealedAnew(true);
    expect(await kinds()).toEqual(['letter']);
    const round = await lettersRound(desk, dossier, true, () => true);
    expect(await kinds()).toEqual(['letter']);
    expect(round.unreached.map(({ record }) => record)).toEqual([unwritten.row.record]);
    server.sets.get(base64(alice.h))!.messages[0]!.result = 'delivered';
    await lettersRound(desk, dossier, false, () => true);
    expect(server.reached).toEqual({ waiting: 0, told: 1, unreached: 1 });
    expect(server.posted).toBe(2);
  });

  it('goes once more to whoever moved their own appointment, which took the message away', async () => {
    await lettersRound(desk, dossier, true, () => true);
    await sealedAnew(false);
    expect((await lettersRound(desk, dossier, false, () => true)).unreached.map(({ why }) => why)).toEqual(['no_message', 'no_message']);
    await lettersRound(desk, dossier, true, () => true);
    expect(await kinds()).toEqual(['letter']);
    expect(server.posted).toBe(2);
  });

  it('writes nothing to an appointment whose key was exchanged on the server, and says that it is unsure', async () => {
    const other = await alicesCap();
    server = new Server([{ ...alice, row: { ...alice.row, patient_pk: base64(other.kem.publicKey) } }]);
    vi.stubGlobal('fetch', server.answer);
    expect((await lettersRound(desk, dossier, true, () => true)).unreached).toMatchObject([{ why: 'unreadable', identity: null }]);
    expect(server.posted).toBe(0);
  });
});
