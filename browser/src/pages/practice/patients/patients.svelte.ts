// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * The people of an open desk, for its components. The index is read when the desk opens; some seconds after the agenda was read or a
 * booking entered, cards are written: in batches, and never in one request with an appointment.
 */
import { CardChanged, newCardId, PatientBook } from '../../../usecases/patients/book';
import type { Card } from '../../../usecases/patients/cards';
import type { Address } from '../../../usecases/patients/readdress';
import { Learning, namedOf } from '../../../usecases/patients/learn';
import type { Person } from '../../../usecases/patients/search';
import { VisitSearch } from '../../../usecases/patients/visits';
import { Waiting, type Heard } from '../../../usecases/patients/waiting';
import { isOutage } from '../../../usecases/desk/routes';
import { Refused } from '../../../wire/problem';
import { SealError } from '../../../seal/errors';
import type { CardContent } from '../../../seal/people';
import type { Visit } from '../../../usecases/desk/model';
import type { Id } from '../../../wire/types';
import type { Desk } from '../desk.svelte';
import { LookingAhead } from './looking_ahead.svelte';

/** After the agenda has been quiet for so long, what it tells is written down. */
const SETTLE_MS = 2500;

export class Patients {
  readonly book: PatientBook;
  /** reading: nothing can be found yet; away: the index could not be read. */
  state = $state<'reading' | 'ready' | 'away' | 'altered'>('reading');
  /** Rows of the index that open to nothing: who stands there is not found. */
  spoilt = $state(0);
  /** Counts changes of the index: whoever shows results looks again. */
  version = $state(0);
  /** The link just given, shown until it is forgotten: the visit is read anew meanwhile, its panel with it. */
  given = $state.raw<{ record: Id; address: string } | null>(null);
  /** What a card that was just saved says otherwise than before: appointments to come may bear what it said. */
  readdressed = $state.raw<{ card: Id; told: Partial<Address> } | null>(null);
  readonly #learning: Learning;
  readonly waiting: Waiting;
  readonly ahead: LookingAhead;
  readonly search: VisitSearch;
  /** The card of the person for whom a place is being looked for: the next booking begins with them. */
  bookFor = $state<Id | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #names: ReturnType<typeof setTimeout> | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(readonly desk: Desk) {
    this.book = new PatientBook(desk.open);
    this.#learning = new Learning(this.book);
    this.waiting = new Waiting(desk.open);
    this.search = new VisitSearch(desk.open);
    this.ahead = new LookingAhead(desk, this.#learning, (work) => this.#inTurn(work));
    void this.read();
  }

  get thisYear(): number {
    return Number(this.desk.shown.today.slice(0, 4));
  }

  find(typed: string, unit: Id | null = null): { found: Person[]; count: number } {
    void this.version;
    return this.book.people.find(typed, this.thisYear, unit);
  }

  /** Whether an appointment is of the person on this card, by names and birth date. */
  isTheirs({ card, unit }: Pick<Card, 'card' | 'unit'>, visit: Visit): boolean {
    const named = visit.unit === unit ? namedOf(visit) : null;
    return named !== null && this.book.same(unit, named).some((person) => person.card === card);
  }

  /** The same, and no other card fits: namesakes that were told apart are not mixed up where something is said or done for one of them. */
  isTheirsAlone({ card, unit }: Pick<Card, 'card' | 'unit'>, visit: Visit): boolean {
    const named = visit.unit === unit ? namedOf(visit) : null;
    const same = named === null ? [] : this.book.same(unit, named);
    return same.length === 1 && same[0]!.card === card;
  }

  /** Reads what is new; what fails is told by `state`, and tried again with the next change. */
  async read(): Promise<void> {
    try {
      await this.book.refresh();
      this.state = 'ready';
      this.spoilt = this.book.spoilt;
      this.version += 1;
      this.#readNames();
    } catch (error) {
      if (this.#isOver(error)) return;
      if (this.state !== 'ready' || !isOutage(error)) this.state = isOutage(error) || error instanceof Refused ? 'away' : 'altered';
    }
  }

  /** Some people's names a turn, before anybody types one. */
  #readNames(): void {
    if (this.book.people.readNames()) this.#names = setTimeout(() => this.#readNames(), 0);
  }

  #isOver(error: unknown): boolean {
    if (!(error instanceof Refused) || !error.is('signed_out')) return false;
    this.desk.close('signed out');
    return true;
  }

  /** The booking stands: its card is written with the next batch. */
  booked(record: Id): void {
    this.waiting.booked(record);
    this.soon();
  }

  /** Writes down what was heard and seen, in a moment. */
  soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#inTurn(() => this.#settle()), SETTLE_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#names);
    this.ahead.end();
  }

  /** One after the other: two at once would write one person's card twice. */
  #inTurn(work: () => Promise<void>): void {
    this.#working = this.#working.then(async () => {
      try {
        await work();
      } catch (error) {
        // The next change, or the half-minute's look at the agenda, finds the rest.
        if (!this.#isOver(error) && !isOutage(error) && !(error instanceof Refused)) this.state = 'altered';
      }
      this.version += 1;
    });
  }

  async #settle(): Promise<void> {
    const { desk, book } = this;
    await book.refresh();
    for (const { record, heard } of await this.waiting.due()) if (await this.#writes(heard)) this.waiting.drop(record);
    await this.#learning.learn(desk.reading.week.visits, (agenda) => desk.rules.zoneOf(agenda));
    await book.gather();
    this.state = 'ready';
    this.spoilt = book.spoilt;
    this.ahead.soon();
  }

  /** False for a card that opens to nothing, or that others keep writing: it waits, and holds no other up. */
  async #writes(heard: Heard): Promise<boolean> {
    try {
      await this.#write(heard);
      return true;
    } catch (error) {
      if (error instanceof SealError || error instanceof CardChanged) return false;
      throw error;
    }
  }

  async #write({ unit, card, apart, person, lastVisit }: Heard): Promise<void> {
    const draft = this.book.draft(unit, person, lastVisit, apart ? (card ?? newCardId()) : null);
    const stands = await this.book.read(card ?? draft.card);
    const next = stands === null ? draft : withContact(stands, person, draft.month);
    if (next === null) return;
    try {
      await this.book.save(next);
    } catch (error) {
      // Somebody else wrote it in that very moment: what is new is put on theirs.
      if (!(error instanceof CardChanged)) throw error;
      const again = error.current === null ? this.book.draft(unit, person, lastVisit, newCardId()) : withContact(error.current, person, draft.month);
      if (again !== null) await this.book.save(again);
    }
  }
}

/** The next revision: the newest contact, the latest month. Nothing else of a card is changed by a booking. Null where it says all of it. */
function withContact(card: Card, { phone, email, language }: CardContent, month: number): Card | null {
  const content = { ...card.content, phone: phone ?? card.content.phone, email: email ?? card.content.email, language: language ?? card.content.language };
  const same = content.phone === card.content.phone && content.email === card.content.email && content.language === card.content.language;
  if (same && month <= card.month) return null;
  return { ...card, rev: card.rev + 1, month: Math.max(card.month, month), content };
}

const OF_DESK = new WeakMap<Desk, Patients>();

/** The one of this desk, made at first use; forgotten with it. */
export function patientsOf(desk: Desk): Patients {
  let patients = OF_DESK.get(desk);
  if (patients === undefined) OF_DESK.set(desk, (patients = new Patients(desk)));
  return patients;
}

/** From the desk's opening on: what the agenda tells is written down. Answers what ends it. */
export function follow(desk: Desk): () => void {
  const patients = patientsOf(desk);
  // What a tab that closed too soon has left here.
  patients.soon();
  const end = $effect.root(() => {
    $effect(() => {
      // Each reading brings a new week, also one in which nothing stands: what was booked may lie beyond it.
      if (desk.reading.week.days > 0) patients.soon();
    });
  });
  return () => {
    end();
    patients.end();
  };
}
