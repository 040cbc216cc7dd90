// SPDX-License-Identifier: AGPL-3.0-or-later
/** The people of an open desk: all units' indexes in one memory, cards on demand. Forgotten with the desk. */
import { equal, idFromUuid, random, text, uuidFromId } from '../../seal/bytes';
import { D, hmac } from '../../seal/conventions';
import { Altered } from '../../seal/errors';
import { entryOf, goneEntry, NO_SHOWS_MAX, type CardContent } from '../../seal/people';
import type { Id, LocalDate } from '../../wire/types';
import type { OpenDesk } from '../desk/unlock';
import { fallsAfter, readCards, writeCards, type Card } from './cards';
import { keysOf } from './folding';
import { IndexBook, presentEpoch } from './index_book';
import { postCardErase } from './routes';
import { People, type Person } from './search';

/** Somebody else wrote the card since it was read: nothing was kept; `current` is what stands, null if it was erased. */
export class CardChanged extends Error {
  constructor(readonly current: Card | null) {
    super('The card was changed meanwhile.');
  }
}

/** The card's id that every browser of the unit derives for a person: two that meet one booking make one card. */
function derivedId(desk: OpenDesk, unit: Id, person: CardContent): Id {
  const key = D(presentEpoch(desk, unit).seed, 'person');
  return uuidFromId(hmac(key, text(keysOf({ ...person, usedName: null })[0]!)).slice(0, 16));
}

export class PatientBook {
  readonly people = new People();
  readonly #units = new Map<Id, IndexBook>();

  constructor(readonly desk: OpenDesk) {
    for (const unit of desk.units.keys()) this.#units.set(unit, new IndexBook(desk, unit, this.people));
  }

  unit(unit: Id): IndexBook {
    const book = this.#units.get(unit);
    if (book === undefined) throw new Altered('unit');
    return book;
  }

  get units(): readonly Id[] {
    return [...this.#units.keys()];
  }

  /** Reads what is new in every unit. Throws Altered, Refused, NoAnswer, NotNow. */
  async refresh(): Promise<void> {
    await Promise.all([...this.#units.values()].map((book) => book.refresh()));
  }

  async gather(): Promise<void> {
    for (const book of this.#units.values()) await book.gatherIfMany();
  }

  /** The card as it stands; null if it is gone. A revision before the one the index told is refused. */
  async read(card: Id): Promise<Card | null> {
    const found = (await readCards(this.desk, [card])).get(card) ?? null;
    if (found !== null && found.rev < (this.people.of(card)?.rev ?? 0)) throw new Altered('card revision');
    return found;
  }

  /** A new card. `apart`: staff tell this person from a namesake of the same day, so the id is no derived one. */
  draft(unit: Id, content: CardContent, lastVisit: LocalDate, apart = false): Card {
    const card = apart ? uuidFromId(random(16)) : derivedId(this.desk, unit, content);
    return { card, unit, rev: 1, month: fallsAfter(lastVisit), content };
  }

  /** Writes one card and the entry that finds it. Throws CardChanged, Altered, Refused, NoAnswer, NotNow. */
  async save(card: Card): Promise<void> {
    const stale = await writeCards(this.desk, [card]);
    if (stale.length > 0) throw new CardChanged(await this.read(card.card));
    await this.tell([card]);
  }

  /** Appends the entries that find these cards. */
  async tell(cards: readonly Card[]): Promise<void> {
    for (const unit of new Set(cards.map((card) => card.unit))) {
      const entries = cards.filter((card) => card.unit === unit).map(({ card, rev, month, content }) => ({ content: entryOf(idFromUuid(card), rev, content), month }));
      await this.unit(unit).append(entries);
    }
  }

  /** Erases a card. Throws CardChanged, Refused, NoAnswer, NotNow. */
  async erase(card: Card): Promise<void> {
    await postCardErase(this.desk.practice.practice, card.card, card.rev);
    await this.unit(card.unit).append([{ content: goneEntry(idFromUuid(card.card), card.rev + 1), month: card.month }]);
  }

  /** The people a visit's identity may be: same names and birth date. */
  same(unit: Id, named: Parameters<People['same']>[0]): Person[] {
    return this.people.same(named, unit);
  }
}

/** The card with this visit's no-show counted, or no longer counted; the same object where nothing changes. */
export function countNoShow(content: CardContent, record: Id, day: LocalDate, missed: boolean): CardContent {
  const id = idFromUuid(record);
  const counted = content.noShows.some((one) => equal(one.record, id));
  if (counted === missed) return content;
  const others = content.noShows.filter((one) => !equal(one.record, id));
  return { ...content, noShows: missed ? [...others, { record: id, day }].slice(-NO_SHOWS_MAX) : others };
}
