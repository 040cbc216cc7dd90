// SPDX-License-Identifier: AGPL-3.0-or-later
/** What a call told of somebody whom staff tell apart from a namesake: one card, however often its entry is lost. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { random, uuidFromId } from '../../src/seal/bytes';
import { patientsOf } from '../../src/pages/practice/patients/patients.svelte';
import type { Desk } from '../../src/pages/practice/desk.svelte';
import type { Visit } from '../../src/usecases/desk/model';
import { newCardId } from '../../src/usecases/patients/book';
import { ALICE, bentosDesk, cardServer, type CardServer } from './a_desk';

let server: CardServer;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
  server = cardServer();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('makes one card though its first entry was lost', async () => {
  const { desk, unit } = await bentosDesk();
  const at = { open: desk, shown: { today: '2027-01-15' }, reading: { week: { visits: [] } }, rules: { zoneOf: () => 'Europe/Paris' } } as unknown as Desk;
  const patients = patientsOf(at);
  await patients.read();
  const record = uuidFromId(random(16));
  await patients.waiting.keep(record, { unit, card: newCardId(), apart: true, person: ALICE, lastVisit: '2027-01-15' });
  server.unsent = ['index/entries'];
  patients.booked(record);
  const settled = async (entries: number, lost: number) => {
    vi.runOnlyPendingTimers();
    await vi.waitFor(() => expect([server.cards.size, server.entries.length, server.unsent.length]).toEqual([1, entries, lost]), { timeout: 10_000 });
  };
  await settled(0, 0);
  patients.soon();
  await settled(1, 0);
  patients.end();
});

it('and where two cards fit an appointment, it is nobody’s alone', async () => {
  const { desk, unit } = await bentosDesk();
  const at = { open: desk, shown: { today: '2027-01-15' }, reading: { week: { visits: [] } }, rules: { zoneOf: () => 'Europe/Paris' } } as unknown as Desk;
  const patients = patientsOf(at);
  await patients.read();
  const card = patients.book.draft(unit, ALICE, '2027-01-15', newCardId());
  await patients.book.save(card);
  const visit = { unit, identity: { firstName: ALICE.givenName, birthName: ALICE.birthName, usedName: null, birthDate: ALICE.birthDate } } as Visit;
  expect(patients.isTheirsAlone(card, visit)).toBe(true);
  await patients.book.save(patients.book.draft(unit, ALICE, '2027-01-15', newCardId()));
  expect([patients.isTheirs(card, visit), patients.isTheirsAlone(card, visit)]).toEqual([true, false]);
  patients.end();
});
