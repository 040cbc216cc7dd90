// SPDX-License-Identifier: AGPL-3.0-or-later
/** Whoever may write may write bytes that open to nothing, and the server cannot tell: no one row stops a unit. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { base64, fromBase64, random, uuidFromId } from '../../src/seal/bytes';
import { openIndex, sealCard, sealEntry } from '../../src/seal/cards';
import { Altered } from '../../src/seal/errors';
import { epochKeys, newSeed } from '../../src/seal/keys';
import { readPage, writeCard, writeEntry } from '../../src/seal/people';
import type { CardContent, EntryContent } from '../../src/seal/people';
import type { OpenDesk } from '../../src/usecases/desk/unlock';
import { IndexBook, sheetPlace } from '../../src/usecases/patients/index_book';
import { resealUnit } from '../../src/usecases/patients/reseal';
import type { CardWire, EntryWire } from '../../src/usecases/patients/routes';
import { People } from '../../src/usecases/patients/search';
import { readyToSeal } from '../../src/usecases/sealing';

const MONTH = 202903;
const ALICE: CardContent = {
  givenName: 'Alice', birthName: 'Fontbonne', usedName: null, birthDate: '1980-02-29', sex: 'female', phone: null, email: null, language: null, note: null, refuse: null, noShows: [],
};

beforeEach(() => vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined }));
afterEach(() => vi.unstubAllGlobals());

/** A desk of one unit, at the last of so many epochs. */
async function deskOf(epochs: number) {
  await readyToSeal();
  const unit = uuidFromId(random(16));
  const open = [];
  for (let e = epochs; e >= 1; e -= 1) {
    const seed = newSeed();
    open.push({ epoch: { e }, seed, keys: await epochKeys(seed) });
  }
  return { unit, open, desk: { instance: 'x', practice: { practice: uuidFromId(random(16)) }, units: new Map([[unit, open]]) } as unknown as OpenDesk };
}

type Desk = Awaited<ReturnType<typeof deskOf>>;
const keysAt = ({ open }: Desk, e: number) => open.find(({ epoch }) => epoch.e === e)!.keys;

async function entry(at: Desk, e: number): Promise<EntryWire> {
  const id = random(16);
  const content: EntryContent = { card: base64(random(16)), rev: 1, gone: false, givenName: 'Alice', birthName: 'Fontbonne', usedName: null, birthDate: '1980-02-29', phone: null, refused: false, noShows: 0, into: null };
  const bytes = await sealEntry(sheetPlace(at.desk, at.unit, e, MONTH), id, keysAt(at, e).index, writeEntry(content));
  return { entry: uuidFromId(id), month: MONTH, epoch: e, bytes: base64(bytes) };
}

const spoiltEntry = (e: number): EntryWire => ({ entry: uuidFromId(random(16)), month: MONTH, epoch: e, bytes: base64(random(284)) });

async function card(at: Desk, e: number, spoilt = false): Promise<CardWire> {
  const id = random(16);
  const bytes = spoilt ? random(1052) : await sealCard(sheetPlace(at.desk, at.unit, e, MONTH), id, 1, keysAt(at, e).card, writeCard(ALICE));
  return { card: uuidFromId(id), unit: at.unit, epoch: e, rev: 1, month: MONTH, bytes: base64(bytes) };
}

const problem = (status: number, name: string, more: object = {}) =>
  new Response(JSON.stringify({ type: `urn:serment:error:${name}`, title: name, status, ...more }), { status, headers: { 'Content-Type': 'application/problem+json' } });

/** The server's part: it keeps rows and opens none. */
class Server {
  pages = new Map<number, { month: number; epoch: number; version: number; bytes: string }>();

  constructor(public cards: CardWire[], public entries: EntryWire[], readonly perAnswer = 50) {
    vi.stubGlobal('fetch', (path: string, init: RequestInit) => Promise.resolve(this.answer(path.split('/').slice(4).join('/'), JSON.parse(init.body as string))));
  }

  answer(path: string, body: Record<string, any>): Response {
    if (path === 'cards/behind') {
      const behind = this.cards.filter(({ epoch }) => epoch === 1).sort((a, b) => (a.card < b.card ? -1 : 1));
      const cards = behind.filter((one) => body['after'] === undefined || one.card > body['after'].card).slice(0, this.perAnswer);
      return Response.json({ cards_left: behind.length, entries_left: 0, pages_left: 0, cards });
    }
    if (path === 'cards') {
      const written = body['cards'] as CardWire[];
      if (written.length === 0) return problem(400, 'malformed');
      const stale = written.filter((now) => this.cards.some((one) => one.card === now.card && one.rev >= now.rev)).map(({ card }) => card);
      if (stale.length > 0) return problem(409, 'stale_card', { cards: stale });
      this.cards = this.cards.map((one) => written.find((now) => now.card === one.card) ?? one);
      return new Response(null, { status: 204 });
    }
    if (path === 'index/page') return Response.json(this.pages.get(body['month'])!);
    if (path === 'index/entries') {
      this.entries.push(...(body['entries'] as EntryWire[]).map((one) => ({ ...one, epoch: body['epoch'] as number })));
      return new Response(null, { status: 204 });
    }
    if (path === 'index/merge') {
      const { month, epoch, version, bytes, gathered } = body as { month: number; epoch: number; version: number; bytes: string; gathered: string[] };
      this.pages.set(month, { month, epoch, version, bytes });
      this.entries = this.entries.filter((one) => !gathered.includes(one.entry));
      return new Response(null, { status: 204 });
    }
    const pages = [...this.pages.values()].map(({ bytes, ...page }) => ({ ...page, size: bytes.length }));
    return Response.json({ changed: true, state: base64(random(32)), pages, entries: this.entries, more: false });
  }
}

describe('a row that opens to nothing', () => {
  it('is counted, and who stands beside it is found', async () => {
    const at = await deskOf(1);
    new Server([], [spoiltEntry(1), await entry(at, 1)]);
    const people = new People();
    const book = new IndexBook(at.desk, at.unit, people);
    await book.refresh();
    expect(people.find('fontbonne', 2027).count).toBe(1);
    expect(book.spoilt).toBe(1);
  });

  it('as a whole month hides that month alone, and is not gathered away on the side', async () => {
    const at = await deskOf(1);
    const server = new Server([], [await entry(at, 1)]);
    server.pages.set(MONTH, { month: MONTH, epoch: 1, version: 7, bytes: base64(new Uint8Array(65_536 + 28)) });
    const people = new People();
    const book = new IndexBook(at.desk, at.unit, people);
    await book.refresh();
    await book.gatherIfMany();
    expect([people.find('fontbonne', 2027).count, book.spoilt, server.pages.get(MONTH)!.version]).toEqual([1, 1, 7]);
  });

  it('is gathered away with its neighbours, who stay', async () => {
    const at = await deskOf(1);
    const server = new Server([], [spoiltEntry(1), await entry(at, 1)]);
    const book = new IndexBook(at.desk, at.unit, new People());
    await book.refresh();
    expect(await book.gather(MONTH)).toBe(true);
    const page = server.pages.get(MONTH)!;
    const people = readPage(await openIndex(sheetPlace(at.desk, at.unit, 1, MONTH), 1, keysAt(at, 1).index, fromBase64(page.bytes)));
    expect([people.length, server.entries.length, book.spoilt]).toEqual([1, 0, 0]);
  });
});

describe('after a removal', () => {
  it('every other card is sealed anew, however many the leaver spoilt', async () => {
    const at = await deskOf(2);
    const spoilt = await Promise.all(Array.from({ length: 5 }, () => card(at, 1, true)));
    const good = await Promise.all([card(at, 1), card(at, 1)]);
    const server = new Server([...spoilt, ...good], [], 2);
    const behind = await resealUnit(at.desk, at.unit);
    expect(server.cards.filter(({ epoch }) => epoch === 2).map(({ card: id }) => id).sort()).toEqual(good.map(({ card: id }) => id).sort());
    expect(behind).toEqual({ left: 5, unopened: 0, spoilt: 5 });
  });

  it('a desk goes on where another one was quicker with all that it had in hand', async () => {
    const at = await deskOf(2);
    const server = new Server(await Promise.all(Array.from({ length: 4 }, () => card(at, 1))), [], 2);
    let first = true;
    const answer = server.answer.bind(server);
    server.answer = (path, body) => {
      const told = answer(path, body);
      if (path === 'cards/behind' && first) {
        first = false;
        const quick = [...server.cards].sort((a, b) => (a.card < b.card ? -1 : 1)).slice(0, 2).map((one) => one.card);
        server.cards = server.cards.map((one) => (quick.includes(one.card) ? { ...one, epoch: 2, rev: 2 } : one));
      }
      return told;
    };
    await resealUnit(at.desk, at.unit);
    expect(server.cards.filter(({ epoch }) => epoch === 1)).toEqual([]);
  });

  it('whoever stood in a row that was spoilt is found again, and the row is gone', async () => {
    const at = await deskOf(2);
    const server = new Server([await card(at, 1)], [spoiltEntry(1)]);
    server.pages.set(MONTH, { month: MONTH, epoch: 1, version: 7, bytes: base64(new Uint8Array(65_536 + 28)) });
    await resealUnit(at.desk, at.unit);
    const people = new People();
    const book = new IndexBook(at.desk, at.unit, people);
    await book.refresh();
    expect([people.find('fontbonne', 2027).count, book.spoilt, server.pages.get(MONTH)!.version]).toEqual([1, 0, 8]);
    expect(server.pages.get(MONTH)!.epoch).toBe(2);
  });
});

describe('a page older than one that was seen', () => {
  it('is refused, of whichever of two units that were read at the same time', async () => {
    const kept = new Map<string, string>();
    vi.stubGlobal('localStorage', { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) });
    const [one, other] = [await deskOf(1), await deskOf(1)];
    const server = new Server([], []);
    const page = (version: number) => server.pages.set(MONTH, { month: MONTH, epoch: 1, version, bytes: base64(new Uint8Array(65_536 + 28)) });
    page(7);
    await Promise.all([one, other].map(({ desk, unit }) => new IndexBook(desk, unit, new People()).refresh()));
    page(6);
    for (const { desk, unit } of [one, other]) await expect(new IndexBook(desk, unit, new People()).refresh()).rejects.toThrow(Altered);
  });
});
