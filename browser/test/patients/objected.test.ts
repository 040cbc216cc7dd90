// SPDX-License-Identifier: AGPL-3.0-or-later
/** Who answered STOP is promised no reminder: said while they are booked, and forgotten with them. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Desk } from '../../src/pages/practice/desk.svelte';
import { BookingForm } from '../../src/pages/practice/patients/booking.svelte';
import { hasObjected } from '../../src/usecases/desk/delivered';
import { ALICE, bentosDesk, cardServer, visitOf } from './a_desk';

vi.mock('../../src/usecases/desk/delivered', () => ({ hasObjected: vi.fn() }));

beforeEach(() => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
  cardServer();
});
afterEach(() => vi.unstubAllGlobals());

it('asks about theirs among everybody’s of these days', async () => {
  const { desk, unit } = await bentosDesk();
  const rules = { zoneOf: () => 'Europe/Paris', agenda: () => ({ unit }), usualType: () => undefined };
  const at = { open: desk, shown: { today: '2027-01-15', now: 1_800_000_000 }, reading: { week: { visits: [] } }, rules } as unknown as Desk;
  const form = new BookingForm(at, 'bento', 1_800_000_000, undefined);
  const { patients } = form;
  await patients.read();
  const card = patients.book.draft(unit, ALICE, '2027-01-15');
  await patients.book.save(card);
  const [alices, toms] = [visitOf(unit, ALICE), visitOf(unit, { ...ALICE, givenName: 'Tom' })];
  vi.spyOn(patients.search, 'opened').mockResolvedValue([alices, toms].map((visit) => ({ visit, record: null as never })));
  vi.mocked(hasObjected).mockResolvedValue(true);
  await form.pick(card);
  await vi.waitFor(() => expect(form.objected).toBe(true));
  expect(vi.mocked(hasObjected).mock.calls[0]!.slice(1)).toEqual([[alices], [alices, toms]]);
  form.again();
  expect(form.objected).toBe(false);
  patients.end();
});
