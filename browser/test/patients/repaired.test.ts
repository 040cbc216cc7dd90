// SPDX-License-Identifier: AGPL-3.0-or-later
/** A card and the entry that finds it are two writes: whatever is lost between them is made good at the next reading. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NoAnswer } from '../../src/wire/problem';
import { CardChanged, newCardId, PatientBook } from '../../src/usecases/patients/book';
import { Learning } from '../../src/usecases/patients/learn';
import { ALICE, bentosDesk, cardServer, visitOf, type CardServer } from './a_desk';

const DAY = '2025-01-15';
let server: CardServer;
beforeEach(() => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
  server = cardServer();
});
afterEach(() => vi.unstubAllGlobals());

/** The index as another desk reads it. */
async function reads(desk: PatientBook['desk']): Promise<PatientBook> {
  const book = new PatientBook(desk);
  await book.refresh();
  return book;
}

describe('an entry that was lost', () => {
  it('of a card that visits keep for longer is told when the next desk learns of them', async () => {
    const { desk, unit } = await bentosDesk();
    const book = await reads(desk);
    const card = book.draft(unit, ALICE, DAY);
    await book.save(card);
    server.unsent = ['index/entries'];
    const visits = [visitOf(unit, ALICE)];
    await expect(new Learning(book).learn(visits, () => 'Europe/Paris')).rejects.toThrow(NoAnswer);
    await new Learning(await reads(desk)).learn(visits, () => 'Europe/Paris');
    expect((await reads(desk)).people.of(card.card)).toMatchObject({ rev: 2, month: server.cards.get(card.card)!.month });
  });

  it('of a new card is told where the same card is sent again, once', async () => {
    const { desk, unit } = await bentosDesk();
    const book = await reads(desk);
    const card = book.draft(unit, ALICE, DAY, newCardId());
    server.unsent = ['index/entries'];
    await expect(book.save(card)).rejects.toThrow(NoAnswer);
    await book.save(card);
    expect((await reads(desk)).people.of(card.card)).toBeDefined();
    expect([server.cards.size, server.entries.length]).toEqual([1, 1]);
  });

  it('that cannot be told now either keeps nobody from reading the card', async () => {
    const { desk, unit } = await bentosDesk();
    const book = await reads(desk);
    const card = book.draft(unit, ALICE, DAY, newCardId());
    server.unsent = ['index/entries', 'index/entries'];
    await expect(book.save(card)).rejects.toThrow(NoAnswer);
    expect(await book.read(card.card)).toMatchObject({ rev: 1 });
    await expect(book.save(card)).resolves.toBeUndefined();
    expect((await reads(desk)).people.of(card.card)).toBeDefined();
  });

  it('of a card that was erased is told by whoever looks for it', async () => {
    const { desk, unit } = await bentosDesk();
    const book = await reads(desk);
    const card = book.draft(unit, ALICE, DAY);
    await book.save(card);
    server.unsent = ['index/entries'];
    await expect(book.erase(card)).rejects.toThrow(NoAnswer);
    const other = await reads(desk);
    expect(await other.read(card.card)).toBeNull();
    expect((await reads(desk)).people.of(card.card)).toBeUndefined();
    expect(other.isGone(unit, ALICE)).toBe(true);
  });
});

describe('a card that got no answer', () => {
  it('is not taken for somebody else’s change, and another content is', async () => {
    const { desk, unit } = await bentosDesk();
    const book = await reads(desk);
    const card = book.draft(unit, ALICE, DAY, newCardId());
    server.lost = ['cards'];
    await expect(book.save(card)).rejects.toThrow(NoAnswer);
    await book.save(card);
    await expect(book.save({ ...card, content: { ...ALICE, note: 'Le matin.' } })).rejects.toThrow(CardChanged);
  });

  it('under keys that a member does not have is not called gone', async () => {
    const { desk, unit } = await bentosDesk();
    const book = await reads(desk);
    const card = book.draft(unit, ALICE, DAY);
    await book.save(card);
    server.cards.set(card.card, { ...server.cards.get(card.card)!, epoch: 9 });
    expect(await book.read(card.card)).toBeNull();
    expect(book.people.of(card.card)).toBeDefined();
  });
});
