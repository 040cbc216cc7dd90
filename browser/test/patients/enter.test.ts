// SPDX-License-Identifier: AGPL-3.0-or-later
/** A booking at the desk whose answer is lost: repeated, it is the same one; changed, it is never the first one's letter under another's name. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fromBase64, random, uuidFromId } from '../../src/seal/bytes';
import { sha256 } from '../../src/seal/conventions';
import { keyring, open } from '../../src/seal/record';
import type { Desk } from '../../src/pages/practice/desk.svelte';
import { BookingForm } from '../../src/pages/practice/patients/booking.svelte';
import deskFr from '../../src/words/fr/desk.json';
import patientsFr from '../../src/words/fr/desk_patients.json';
import { speak } from '../../src/words/index';
import { Entering } from '../../src/usecases/patients/enter';
import { placeOf, type Confided } from '../../src/usecases/sealing';
import { NoAnswer } from '../../src/wire/problem';
import type { Booking } from '../../src/wire/types';
import { INSTANCE } from '../seal/cast';
import { bentosDesk, problem, type BentosDesk } from './a_desk';

const said = (givenName: string, phone: string): Confided => ({
  id: { birthName: 'Fontbonne', givenName, usedName: null, birthDate: '1961-03-14', sex: 'unknown', relation: 'self', series: null, quiet: false },
  ct: { phone, email: null, name: null, check: null, messages: null }, rs: { reason: null, notes: null, answers: [], files: [] },
});
const [ALICE, TOM] = [said('Alice', '+33639980001'), said('Tom', '+33639980002')];

/** The server's part: holds, and the bookings it keeps; the answers of some sendings are lost, or the sendings themselves. */
let [held, booked, sent, lost]: [Set<string>, Map<string, Booking>, Booking[], ('sending' | 'answer')[]] = [new Set(), new Map(), [], []];

function answer(path: string, body: Record<string, any>): Response {
  if (path === 'holds') {
    held.add(body['record']);
    return Response.json({ record: body['record'], start: body['start'], minutes: 30, expires_at: body['start'], extensions_left: 2 });
  }
  if (path === 'holds/release') {
    held.delete(body['record']);
    return new Response(null, { status: 204 });
  }
  if (path.endsWith('/read')) return booked.has(path.split('/')[1]!) ? Response.json({}) : problem(404, 'no_such_appointment');
  const booking = body as unknown as Booking;
  const { record } = booking.revision;
  sent.push(booking);
  const what = lost.shift();
  if (what === 'sending') throw new TypeError('the line broke');
  const before = booked.get(record);
  if (before !== undefined && before.revision.sig !== booking.revision.sig) return problem(409, 'already_used');
  if (before === undefined && !held.delete(record)) return problem(409, 'hold_expired', { alternatives: [] });
  booked.set(record, booking);
  if (what === 'answer') throw new TypeError('the line broke');
  return Response.json({ record, rev: 1, status: 'booked' });
}

beforeEach(() => {
  [held, booked, sent, lost] = [new Set(), new Map(), [], []];
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => answer(path.split('/').slice(4).join('/'), JSON.parse(init.body as string)));
});
afterEach(() => vi.unstubAllGlobals());

async function identityOf({ practice }: BentosDesk, { revision }: Booking) {
  const bodies = [revision.bodies.id, revision.bodies.ct, revision.bodies.rs].map((body) => fromBase64(body!));
  const record = {
    place: placeOf(INSTANCE, revision), bodies, bodyHashes: bodies.map((body) => sha256(body)), stanzas: revision.stanzas.map((one) => fromBase64(one)), signature: fromBase64(revision.sig),
    writer: 'member', writerKid: fromBase64(revision.writer_kid!), head: fromBase64(revision.head), bookingPk: fromBase64(revision.booking_pk), pkh: null,
  } as unknown as Parameters<typeof open>[0];
  return (await open(record, keyring(practice.keys.record, practice.keys.kem))).groups.id;
}

const whoIs = async (bento: BentosDesk, booking: Booking) => (await identityOf(bento, booking))?.givenName;

async function held9(bento: BentosDesk): Promise<Entering> {
  const entering = new Entering(bento.desk);
  await entering.hold({ unit: bento.unit, agenda: uuidFromId(random(16)), visitType: uuidFromId(random(16)), start: 1_800_000_000, minutes: 30 }, null);
  return entering;
}

describe('a booking that got no answer', () => {
  it('is sent again as the very same bytes', async () => {
    const bento = await bentosDesk();
    const entering = await held9(bento);
    lost = ['answer'];
    await expect(entering.book(bento.unit, 'fr', ALICE)).rejects.toThrow(NoAnswer);
    await entering.book(bento.unit, 'fr', ALICE);
    expect(sent[1]).toEqual(sent[0]);
  });

  it('and never arrived, is not sent in the place of what was typed since', async () => {
    const bento = await bentosDesk();
    const entering = await held9(bento);
    lost = ['sending'];
    await expect(entering.book(bento.unit, 'fr', ALICE)).rejects.toThrow(NoAnswer);
    await entering.book(bento.unit, 'fr', TOM);
    expect(await whoIs(bento, booked.get(entering.record)!)).toBe('Tom');
  });

  it('but arrived, is no success of what was typed since', async () => {
    const bento = await bentosDesk();
    const entering = await held9(bento);
    lost = ['answer'];
    await expect(entering.book(bento.unit, 'fr', ALICE)).rejects.toThrow(NoAnswer);
    await expect(entering.book(bento.unit, 'fr', TOM)).rejects.toMatchObject({ name: 'already_used' });
    expect(await entering.stands()).toBe(true);
    expect(await whoIs(bento, booked.get(entering.record)!)).toBe('Alice');
  });

  it('and has not arrived when that is asked, comes to nothing later', async () => {
    const bento = await bentosDesk();
    const entering = await held9(bento);
    lost = ['sending'];
    await expect(entering.book(bento.unit, 'fr', ALICE)).rejects.toThrow(NoAnswer);
    expect(await entering.stands()).toBe(false);
    expect(answer('appointments', sent[0] as unknown as Record<string, unknown>).status).toBe(409);
  });
});

describe('at the desk', () => {
  async function form() {
    speak('fr', deskFr, patientsFr);
    vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
    const bento = await bentosDesk();
    const [agenda, visitType] = [uuidFromId(random(16)), uuidFromId(random(16))];
    const type = { visitType, minutes: 30, agendas: [agenda] };
    const desk = {
      open: bento.desk, shown: { today: '2027-01-15', now: 1_799_990_000 }, reading: { read: async () => undefined },
      rules: { zoneOf: () => 'Europe/Paris', agenda: () => ({ unit: bento.unit }), visitTypes: [type], visitType: () => type },
    } as unknown as Desk;
    const typing = new BookingForm(desk, agenda, 1_800_000_000, visitType);
    typing.start('Fontbonne Alice 14/3/1961');
    typing.typed.phone = '06 39 98 00 01';
    return { bento, typing };
  }

  it('what had arrived is told, and what was typed since is entered only when it is sent again', async () => {
    const { bento, typing } = await form();
    lost = ['answer'];
    expect(await typing.send()).toBeNull();
    expect(typing.problem).toContain('Alice Fontbonne a peut-être déjà ce rendez-vous');
    typing.typed.givenName = 'Tom';
    expect(await typing.send()).toBeNull();
    expect(typing.problem).toContain('Alice Fontbonne a ce rendez-vous');
    expect(await Promise.all([...booked.values()].map((one) => whoIs(bento, one)))).toEqual(['Alice']);
    expect(await typing.send()).not.toBeNull();
    expect(await Promise.all([...booked.values()].map((one) => whoIs(bento, one)))).toEqual(['Alice', 'Tom']);
  });

  it('that nothing is to be sent is forgotten with the person it was said of, and where no message comes', async () => {
    const { bento, typing } = await form();
    typing.quiet = true;
    typing.again();
    expect(typing.quiet).toBe(false);
    typing.quiet = true;
    typing.start('Fontbonne Tom 14/3/1961');
    expect(typing.quiet).toBe(false);
    typing.quiet = true;
    expect(typing.told).toBe(false);
    expect(await typing.send()).not.toBeNull();
    const [one] = [...booked.values()];
    expect((await identityOf(bento, one!))?.quiet).toBe(false);
    expect(typing.reminded).not.toContain('Aucun message');
  });

  it('what had not arrived gives way to what was typed since', async () => {
    const { bento, typing } = await form();
    lost = ['sending'];
    expect(await typing.send()).toBeNull();
    typing.typed.givenName = 'Tom';
    expect(await typing.send()).not.toBeNull();
    expect(await Promise.all([...booked.values()].map((one) => whoIs(bento, one)))).toEqual(['Tom']);
  });
});
