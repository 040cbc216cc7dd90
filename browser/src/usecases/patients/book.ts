// SPDX-License-Identifier: AGPL-3.0-or-later
/** The people of an open desk: all units' indexes in one memory, cards on demand. Forgotten with the desk. */
import { equal, idFromUuid, random, uuidFromId } from '../../seal/bytes';
import { Altered } from '../../seal/errors';
import { entryOf, goneEntry, joinedEntry, NO_SHOWS_MAX, type CardContent } from '../../seal/people';
import type { Language } from '../../seal/groups';
import type { Id, LocalDate } from '../../wire/types';
import type { OpenDesk } from '../desk/unlock';
import { fallsAfter, readOneCard, writeCards, type Card } from './cards';
import { personId } from './folding';
import { IndexBook, presentEpoch } from './index_book';
import { postCardErase } from './routes';
import { People, type Person } from './search';

/** Somebody else wrote the card since it was read: nothing was kept; `current` is what stands, null if it was erased. */
export class CardChanged extends Error {
  constructor(readonly current: Card | null) {
    super('The card was changed meanwhile.');
  }
}

function derivedId(desk: OpenDesk, unit: Id, person: CardContent): Id {
  return uuidFromId(personId(presentEpoch(desk, unit).seed, person));
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

  /** Rows of the index that open to nothing: whoever stands there is not found until the unit's keys are renewed. */
  get spoilt(): number {
    return [...this.#units.values()].reduce((sum, { spoilt }) => sum + spoilt, 0);
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
    const found = await readOneCard(this.desk, card);
    if (found !== null && found.rev < (this.people.of(card)?.rev ?? 0)) throw new Altered('card revision');
    return found;
  }

  /** A card that a browser makes by itself would have this id: it was erased, or joined to another one, and is not made again. */
  isGone(unit: Id, person: CardContent): boolean {
    return this.unit(unit).isGone(derivedId(this.desk, unit, person));
  }

  /** A new card. `apart`: staff tell this person from a namesake of the same day, so the id is no derived one. */
  draft(unit: Id, content: CardContent, lastVisit: LocalDate, apart = false): Card {
    // No card comes again under an id that the index calls gone: nothing would find it.
    const card = apart || this.isGone(unit, content) ? uuidFromId(random(16)) : derivedId(this.desk, unit, content);
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

  /** Writes the joined card and takes the other one away, both or neither; the other's names find it from then on. Throws CardChanged, Altered, Refused, NoAnswer, NotNow. */
  async join(joined: Card, other: Card): Promise<void> {
    const { card, unit, rev, month, content } = other;
    const stale = await writeCards(this.desk, [joined], [other]);
    if (stale.length > 0) throw new CardChanged(await this.read(stale[0]!));
    const into = idFromUuid(joined.card);
    await this.unit(unit).append([
      { content: entryOf(into, joined.rev, joined.content), month: joined.month }, { content: joinedEntry(idFromUuid(card), rev + 1, content, into), month },
    ]);
  }

  /** The names of a card that was joined find the other one no more. Throws Refused, NoAnswer, NotNow. */
  async forgetName({ card, unit, rev, month }: Card): Promise<void> {
    await this.unit(unit).append([{ content: goneEntry(idFromUuid(card), rev + 2), month }]);
  }

  /** The people a visit's identity may be: same names and birth date. */
  same(unit: Id, named: Parameters<People['same']>[0]): Person[] {
    return this.people.same(named, unit);
  }
}

/** What a card says of the language of messages: French is said where another one stood. */
export function chosenLanguage(chosen: Language, before: Language | null): Language | null {
  return chosen === 'fr' && before === null ? null : chosen;
}

/** The card with this visit's no-show counted, or no longer counted; the same object where nothing changes. */
export function countNoShow(content: CardContent, record: Id, day: LocalDate, missed: boolean): CardContent {
  const id = idFromUuid(record);
  const counted = content.noShows.some((one) => equal(one.record, id));
  if (counted === missed) return content;
  const others = content.noShows.filter((one) => !equal(one.record, id));
  return { ...content, noShows: missed ? [...others, { record: id, day }].slice(-NO_SHOWS_MAX) : others };
}
