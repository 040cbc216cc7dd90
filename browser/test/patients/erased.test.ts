// SPDX-License-Identifier: AGPL-3.0-or-later
/** A card that was erased by hand stays erased: no visit that stands brings it back, whatever key it was made under. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OpenEpoch } from '../../src/seal/epoch';
import { epochKeys, newSeed } from '../../src/seal/keys';
import type { OpenDesk } from '../../src/usecases/desk/unlock';
import { newCardId, PatientBook } from '../../src/usecases/patients/book';
import { Learning } from '../../src/usecases/patients/learn';
import { bentosDesk, cardServer, visitOf, ALICE, type BentosDesk, type CardServer } from './a_desk';

let server: CardServer;
beforeEach(() => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
  server = cardServer();
});
afterEach(() => vi.unstubAllGlobals());

/** Takes up another seed: the unit's keys were turned. */
async function turned(desk: OpenDesk, unit: string): Promise<OpenDesk> {
  const seed = newSeed();
  const next = { epoch: { e: 2 }, seed, keys: await epochKeys(seed) } as OpenEpoch;
  return { ...desk, units: new Map([[unit, [next, ...desk.units.get(unit)!]]]) };
}

async function learns({ desk, unit }: Pick<BentosDesk, 'desk' | 'unit'>): Promise<number> {
  const book = new PatientBook(desk);
  await book.refresh();
  return new Learning(book).learn([visitOf(unit, ALICE)], () => 'Europe/Paris');
}

describe('a card erased by hand', () => {
  it('is not made again after the keys were turned', async () => {
    const { desk, unit } = await bentosDesk();
    const book = new PatientBook(desk);
    const card = book.draft(unit, ALICE, '2027-01-15');
    await book.save(card);
    await book.erase(card);
    expect(await learns({ desk: await turned(desk, unit), unit })).toBe(0);
    expect(server.cards.size).toBe(0);
  });

  it('is not made again where staff had made it', async () => {
    const { desk, unit } = await bentosDesk();
    const book = new PatientBook(desk);
    const card = book.draft(unit, ALICE, '2027-01-15', newCardId());
    await book.save(card);
    await book.erase(card);
    expect(await learns({ desk, unit })).toBe(0);
  });

  it('leaves the card of a namesake of the same day', async () => {
    const { desk, unit } = await bentosDesk();
    const book = new PatientBook(desk);
    const [first, second] = [book.draft(unit, ALICE, '2027-01-15'), book.draft(unit, ALICE, '2027-01-15', newCardId())];
    await book.save(first);
    await book.save(second);
    await book.erase(second);
    expect(book.people.of(first.card)).toBeDefined();
  });
});
