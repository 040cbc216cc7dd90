// SPDX-License-Identifier: AGPL-3.0-or-later
/** The people of an open desk: all units' indexes in one memory, cards on demand. Forgotten with the desk. */
import { equal, idFromUuid, random, uuidFromId } from '../../seal/bytes';
import { Altered, SealError } from '../../seal/errors';
import { entryOf, goneEntry, joinedEntry, NO_SHOWS_MAX, type CardContent } from '../../seal/people';
import type { Language } from '../../seal/groups';
import { Refused } from '../../wire/problem';
import type { Id, LocalDate } from '../../wire/types';
import { isOutage } from '../desk/routes';
import type { OpenDesk } from '../desk/unlock';
import { fallsAfter, isSameCard, readCards, readOneCard, writeCards, type Card } from './cards';
import { personId } from './folding';
import { IndexBook } from './index_book';
import { postCardErase } from './routes';
import { People, type Person } from './search';

/** Somebody else wrote the card since it was read: nothing was kept; `current` is what stands, null if it was erased. */
export class CardChanged extends Error {
  constructor(readonly current: Card | null) {
    super('The card was changed meanwhile.');
  }
}

/** The ids that a browser derives, or derived under keys that were turned since, for a person's card: the present one first. */
function derivedIds(desk: OpenDesk, unit: Id, person: CardContent): [Id, ...Id[]] {
  const [present, ...older] = (desk.units.get(unit) ?? []).map(({ seed }) => uuidFromId(personId(seed, person)));
  if (present === undefined) throw new Altered('unit');
  return [present, ...older];
}

/** A card is read though its entry cannot be made good just now: whoever reads it next tries again. */
function leftToTheNext(error: unknown): void {
  if (!(error instanceof Refused) && !(error instanceof SealError) && !isOutage(error)) throw error;
}

/** Of a card that staff make by hand. */
export const newCardId = (): Id => uuidFromId(random(16));

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
    if (found === 'gone') {
      await this.#mend([], [card]).catch(leftToTheNext);
      return null;
    }
    if (found === null) return null;
    if (found.rev < (this.people.of(card)?.rev ?? 0)) throw new Altered('card revision');
    await this.#mend([found], []).catch(leftToTheNext);
    return found;
  }

  /** Those of these cards that stand and open. Throws Refused, NoAnswer, NotNow. */
  async readAll(cards: readonly Id[]): Promise<Map<Id, Card>> {
    const { found, gone } = await readCards(this.desk, cards);
    await this.#mend([...found.values()], gone);
    return found;
  }

  /** Whoever wrote or erased a card may have closed before its entry was kept: where the index, read anew, says less than the cards, it is told. */
  async #mend(found: readonly Card[], gone: readonly Id[]): Promise<void> {
    const untold = () => found.filter(({ card, unit, rev }) => rev > (this.people.of(card)?.rev ?? 0) && !this.unit(unit).isGone(card));
    const unsaid = () => gone.flatMap((card) => this.people.of(card) ?? []);
    if (untold().length + unsaid().length === 0) return;
    await this.refresh();
    await this.tell(untold());
    for (const { card, unit, rev, month } of unsaid()) await this.unit(unit).append([{ content: goneEntry(idFromUuid(card), rev + 1), month }]);
  }

  /** A card that a browser makes by itself has, or had under older keys, this id: it was erased, or joined to another one, and is not made again. */
  isGone(unit: Id, person: CardContent): boolean {
    return derivedIds(this.desk, unit, person).some((id) => this.unit(unit).isGone(id));
  }

  /** A new card. `apart`: staff tell this person from a namesake of the same day; this is its id then, drawn once for all tries, and no derived one. */
  draft(unit: Id, content: CardContent, lastVisit: LocalDate, apart: Id | null = null): Card {
    // No card comes again under an id that the index calls gone: nothing would find it.
    const own = apart !== null && !this.unit(unit).isGone(apart) ? apart : null;
    const card = own ?? (apart !== null || this.isGone(unit, content) ? newCardId() : derivedIds(this.desk, unit, content)[0]);
    return { card, unit, rev: 1, month: fallsAfter(lastVisit), content };
  }

  /** Writes one card and the entry that finds it; a card that was written so before, and got no answer, has its entry. Throws CardChanged, Altered, Refused, NoAnswer, NotNow. */
  async save(card: Card): Promise<void> {
    const stale = await writeCards(this.desk, [card]);
    if (stale.length === 0) return this.tell([card]);
    const stands = await this.read(card.card);
    if (stands === null || !isSameCard(stands, card)) throw new CardChanged(stands);
    if ((this.people.of(card.card)?.rev ?? 0) < card.rev) await this.tell([card]);
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
    await this.unit(card.unit).append([card.card, ...this.#notAgain(card)].map((id) => ({ content: goneEntry(idFromUuid(id), card.rev + 1), month: card.month })));
  }

  /** A card made by hand has an id of its own: the one that a browser would derive goes with it, unless a namesake of the same day has it. */
  #notAgain({ card, unit, content }: Card): Id[] {
    const ids = derivedIds(this.desk, unit, content);
    return ids.includes(card) || ids.some((id) => this.people.of(id) !== undefined || this.unit(unit).isGone(id)) ? [] : [ids[0]];
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
