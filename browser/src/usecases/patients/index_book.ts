// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * One unit's sealed index, opened into memory: pages of a month, and entries that no page has gathered yet. Of the entries of one
 * card the one with the highest revision holds, wherever it lies. A page older than one this browser has seen is refused. A row that
 * opens to nothing is counted and stepped over: whoever may write can write such a one, and the server cannot tell.
 */
import { base64, fromBase64, idFromUuid, random, uuidFromId } from '../../seal/bytes';
import { openEntry, openIndex, sealEntry, sealIndex, type SheetPlace } from '../../seal/cards';
import type { OpenEpoch } from '../../seal/epoch';
import { Altered, SealError } from '../../seal/errors';
import { readEntry, readPage, writeEntry, writePage, type EntryContent } from '../../seal/people';
import { Refused } from '../../wire/problem';
import type { Id } from '../../wire/types';
import type { OpenDesk } from '../desk/unlock';
import { postEntries, postIndex, postIndexPage, postMerge, type EntryWire, type IndexAnswer } from './routes';
import type { People } from './search';

/** So many entries that lie about are gathered into pages by whoever reads them. */
export const GATHER_FROM_ENTRIES = 64;
const ENTRIES_PER_REQUEST = 500;
const PAGES_AT_ONCE = 4;
const SEEN = 'serment.index';

interface Kept {
  content: EntryContent;
  month: number;
}

interface KeptPage {
  epoch: number;
  version: number;
  /** null: the page opens to nothing. */
  people: EntryContent[] | null;
}

/** An entry that no page has gathered; `content` null: it opens to nothing. */
interface KeptEntry {
  content: EntryContent | null;
  month: number;
  epoch: number;
}

/** What opens, or null for what opens to nothing. */
async function orNothing<Answer>(open: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
}

/** The unit at one epoch and month, as the sealing ground names it. */
export function sheetPlace(desk: OpenDesk, unit: Id, e: number, month: number): SheetPlace {
  return { instance: desk.instance, practice: idFromUuid(desk.practice.practice), unit: idFromUuid(unit), e, month };
}

/** The keys of one epoch of a unit; null where this member has none. */
export function epochOf(desk: OpenDesk, unit: Id, e: number): OpenEpoch | null {
  return desk.units.get(unit)?.find(({ epoch }) => epoch.e === e) ?? null;
}

/** The keys a unit seals with now. */
export function presentEpoch(desk: OpenDesk, unit: Id): OpenEpoch {
  const present = desk.units.get(unit)?.[0];
  if (present === undefined) throw new Altered('unit');
  return present;
}

/** Versions seen by this browser, by unit and month: numbers, which the server knows. Storage that is refused remembers nothing. */
class VersionsSeen {
  readonly #all = VersionsSeen.#stored();

  constructor(readonly unit: Id) {}

  static #stored(): Record<string, number> {
    try {
      return JSON.parse(localStorage.getItem(SEEN) ?? '{}') as Record<string, number>;
    } catch {
      return {};
    }
  }

  check(month: number, version: number): void {
    const key = `${this.unit} ${month}`;
    if ((this.#all[key] ?? 0) > version) throw new Altered('index version');
    this.#all[key] = version;
  }

  /** Beside what other units, and other tabs, have kept meanwhile. */
  keep(): void {
    const all = VersionsSeen.#stored();
    for (const [key, version] of Object.entries(this.#all)) all[key] = Math.max(all[key] ?? 0, version);
    try {
      localStorage.setItem(SEEN, JSON.stringify(all));
    } catch {
      // A browser that keeps nothing refuses nothing older.
    }
  }
}

export class IndexBook {
  readonly #pages = new Map<number, KeptPage>();
  readonly #entries = new Map<Id, KeptEntry>();
  readonly #latest = new Map<string, Kept>();
  #state: string | undefined;

  constructor(readonly desk: OpenDesk, readonly unit: Id, readonly people: People) {}

  /** Pages and entries that open to nothing. */
  get spoilt(): number {
    return [...this.#pages.values()].filter(({ people }) => people === null).length + [...this.#entries.values()].filter(({ content }) => content === null).length;
  }

  /** Reads what is new. Throws Altered for a page older than what was seen, Refused, NoAnswer, NotNow. */
  async refresh(): Promise<void> {
    const ask = this.#state === undefined ? { unit: this.unit } : { unit: this.unit, state: this.#state };
    let answer = await postIndex(this.desk.practice.practice, ask);
    if (!answer.changed) return;
    const { state } = answer;
    const entries = [...answer.entries];
    const pages = this.#readPages(answer);
    while (answer.more) {
      answer = await postIndex(this.desk.practice.practice, { unit: this.unit, after: entries.at(-1)!.entry });
      entries.push(...answer.entries);
    }
    await pages;
    await this.#readEntries(entries);
    this.#state = state;
  }

  async #readPages({ pages }: IndexAnswer): Promise<void> {
    const seen = new VersionsSeen(this.unit);
    for (const { month, version } of pages) seen.check(month, version);
    const due = pages.filter(({ month, version }) => this.#pages.get(month)?.version !== version);
    for (let from = 0; from < due.length; from += PAGES_AT_ONCE) await Promise.all(due.slice(from, from + PAGES_AT_ONCE).map(({ month }) => this.#readPage(month)));
    seen.keep();
  }

  async #readPage(month: number): Promise<void> {
    const page = await postIndexPage(this.desk.practice.practice, this.unit, month);
    const epoch = epochOf(this.desk, this.unit, page.epoch);
    if (epoch === null) return;
    const place = sheetPlace(this.desk, this.unit, page.epoch, month);
    const people = await orNothing(async () => readPage(await openIndex(place, page.version, epoch.keys.index, fromBase64(page.bytes))));
    this.#pages.set(month, { epoch: page.epoch, version: page.version, people });
    for (const one of people ?? []) this.#take({ content: one, month });
  }

  async #readEntries(entries: readonly EntryWire[]): Promise<void> {
    const standing = new Set(entries.map(({ entry }) => entry));
    for (const entry of this.#entries.keys()) if (!standing.has(entry)) this.#entries.delete(entry);
    await Promise.all(entries.filter(({ entry }) => !this.#entries.has(entry)).map(async (one) => {
      const epoch = epochOf(this.desk, this.unit, one.epoch);
      if (epoch === null) return;
      const place = sheetPlace(this.desk, this.unit, one.epoch, one.month);
      const content = await orNothing(async () => readEntry(await openEntry(place, idFromUuid(one.entry), epoch.keys.index, fromBase64(one.bytes))));
      this.#entries.set(one.entry, { content, month: one.month, epoch: one.epoch });
      if (content !== null) this.#take({ content, month: one.month });
    }));
  }

  #take(kept: Kept): void {
    const { content, month } = kept;
    const before = this.#latest.get(content.card);
    if (before !== undefined && before.content.rev >= content.rev) return;
    this.#latest.set(content.card, kept);
    const card = uuidFromId(fromBase64(content.card));
    if (content.gone) {
      this.people.gone(card, content.into === null ? null : { named: content, into: uuidFromId(fromBase64(content.into)) });
    } else {
      const { rev, givenName, birthName, usedName, birthDate, phone, refused, noShows } = content;
      this.people.put({ card, unit: this.unit, rev, month, givenName, birthName, usedName, birthDate, phone, refused, noShows });
    }
  }

  /** Whether the card with this id was erased, or joined to another one: no card has it again. */
  isGone(card: Id): boolean {
    return this.#latest.get(base64(idFromUuid(card)))?.content.gone === true;
  }

  /** Appends entries under the present keys; they are found at once. Throws Refused, NoAnswer, NotNow. */
  async append(entries: readonly Kept[]): Promise<void> {
    const { epoch, keys } = presentEpoch(this.desk, this.unit);
    for (let from = 0; from < entries.length; from += ENTRIES_PER_REQUEST) {
      const part = entries.slice(from, from + ENTRIES_PER_REQUEST);
      const sealed = await Promise.all(part.map(async ({ content, month }) => {
        const entry = random(16);
        const bytes = await sealEntry(sheetPlace(this.desk, this.unit, epoch.e, month), entry, keys.index, writeEntry(content));
        return { entry: uuidFromId(entry), month, bytes: base64(bytes) };
      }));
      await postEntries(this.desk.practice.practice, this.unit, epoch.e, sealed);
      sealed.forEach(({ entry, month }, at) => {
        const { content } = part[at]!;
        this.#entries.set(entry, { content, month, epoch: epoch.e });
        this.#take({ content, month });
      });
    }
  }

  /** Months with a row under an older key than the present one. */
  monthsBehind(): number[] {
    const { e } = presentEpoch(this.desk, this.unit).epoch;
    const behind = [...this.#pages].filter(([, page]) => page.epoch < e).map(([month]) => month);
    for (const { month, epoch } of this.#entries.values()) if (epoch < e) behind.push(month);
    return [...new Set(behind)].sort();
  }

  /** Gathers when many entries lie about; another browser that does so at the same time is left to it. A page that opens to nothing is left to a renewal of keys. */
  async gatherIfMany(): Promise<void> {
    if (this.#entries.size < GATHER_FROM_ENTRIES) return;
    for (const month of new Set([...this.#entries.values()].map((kept) => kept.month))) {
      if (this.#pages.get(month)?.people === null) continue;
      if (!(await this.gather(month))) return;
    }
  }

  /**
   * Seals one month anew under the present keys with the entries it has; what opens to nothing is left out and goes. False where another
   * browser was first: read anew then.
   * Throws Unknown for a month of more people than a page holds: its entries stay, and are found all the same.
   */
  async gather(month: number): Promise<boolean> {
    const { epoch, keys } = presentEpoch(this.desk, this.unit);
    const before = this.#pages.get(month);
    const gathered = [...this.#entries].filter(([, kept]) => kept.month === month);
    const all = [...(before?.people ?? []), ...gathered.flatMap(([, { content }]) => content ?? [])];
    // What a later revision replaces, in whatever month, needs no place any more.
    const people = [...new Map(all.filter((one) => this.#latest.get(one.card)?.content.rev === one.rev).map((one) => [one.card, one])).values()];
    const version = (before?.version ?? 0) + 1;
    const bytes = await sealIndex(sheetPlace(this.desk, this.unit, epoch.e, month), version, keys.index, writePage(people));
    try {
      await postMerge(this.desk.practice.practice, { unit: this.unit, epoch: epoch.e, month, version, bytes: base64(bytes), gathered: gathered.map(([entry]) => entry) });
    } catch (error) {
      if (error instanceof Refused && error.is('stale_page')) return false;
      throw error;
    }
    this.#pages.set(month, { epoch: epoch.e, version, people });
    for (const [entry] of gathered) this.#entries.delete(entry);
    return true;
  }
}
