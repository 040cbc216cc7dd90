// SPDX-License-Identifier: AGPL-3.0-or-later
/** A new card whose answer is lost, kept again: one card, with what was typed last. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { blankCard, formOf } from '../../src/pages/practice/patients/card_form.svelte';
import type { Desk } from '../../src/pages/practice/desk.svelte';
import deskFr from '../../src/words/fr/desk.json';
import patientsFr from '../../src/words/fr/desk_patients.json';
import { speak } from '../../src/words/index';
import { bentosDesk, cardServer, type CardServer } from './a_desk';

let server: CardServer;
beforeEach(() => {
  speak('fr', deskFr, patientsFr);
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
  server = cardServer();
});
afterEach(() => vi.unstubAllGlobals());

it.each([['as it was', ''], ['with more on it', 'Le matin.']])('is one card where it is kept again %s', async (_how, note) => {
  const { desk } = await bentosDesk();
  const at = { open: desk, shown: { today: '2027-01-15' } } as unknown as Desk;
  const form = formOf(at, blankCard(at, 'Fontbonne Alice 14/3/1961'));
  server.lost = ['cards'];
  expect(await form.save()).toBeNull();
  form.typed.note = note;
  const kept = await form.save();
  expect([form.conflict, kept?.content.note, server.cards.size]).toEqual([null, note === '' ? null : note, 1]);
});
