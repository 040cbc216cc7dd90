// SPDX-License-Identifier: AGPL-3.0-or-later
/** Two cards being compared: what is taken of each, the note that both leave, and what is written when they are joined. */
import { CardChanged } from '../../../usecases/patients/book';
import { CARD_NOTE_BYTES_MAX, type Card } from '../../../usecases/patients/cards';
import { differing, joinCards, joinedContent, leftOut, partCards, type Pair, type SingleField } from '../../../usecases/patients/join';
import type { CardContent } from '../../../seal/people';
import { CALL_SECONDS } from '../deeds.svelte';
import type { Desk } from '../desk.svelte';
import { dateInWords } from '../say';
import { inWords } from '../wrong';
import { patientsOf } from './patients.svelte';
import { fieldInWords, fullNameOf } from './say';
import { openCard } from './shown_card.svelte';
import { t } from '../../../words/index';

export class Joining {
  pair = $state.raw<Pair>()!;
  fromOther = $state.raw<ReadonlySet<SingleField>>(new Set());
  /** Null until somebody changes it: it follows what is chosen. */
  typedNote = $state<string | null>(null);
  problem = $state<string | null>(null);
  working = $state(false);
  readonly different = $derived(differing(this.pair));
  readonly content = $derived(joinedContent(this.pair, this.fromOther));
  readonly note = $derived(this.typedNote ?? this.#bothNotes());

  constructor(readonly desk: Desk, kept: Card, other: Card) {
    this.pair = { kept, other };
  }

  take(field: SingleField, fromOther: boolean): void {
    const next = new Set(this.fromOther);
    if (fromOther) next.add(field);
    else next.delete(field);
    this.fromOther = next;
  }

  /** The kept card's note, then what of the other card stands nowhere else, with the day. */
  #bothNotes(): string {
    const { kept, other } = this.pair;
    const facts = leftOut(this.pair, this.content).filter((field) => field !== 'birthName' && field !== 'givenName' && field !== 'usedName').map((field) => fieldInWords(other.content, field));
    const told = [fullNameOf(other.content), ...facts].join(', ');
    const lead = t('patients.twin_lead', { date: dateInWords(this.desk.shown.today), told });
    const more = other.content.note === null ? lead : `${lead}\n${other.content.note}`;
    const before = kept.content.note ?? '';
    if (other.content.note === null && facts.length === 0 && fullNameOf(other.content) === fullNameOf(this.content)) return before;
    return before === '' ? more : `${before}\n${more}`;
  }

  /** Answers the card that stands, or null where something is to be looked at first. */
  async join(): Promise<Card | null> {
    if (this.working) return null;
    const note = this.note.trim();
    if (new TextEncoder().encode(note).length > CARD_NOTE_BYTES_MAX) {
      this.problem = t('patients.too_long', { most: CARD_NOTE_BYTES_MAX });
      return null;
    }
    const { pair } = this;
    const content: CardContent = { ...this.content, note: note === '' ? null : note };
    this.working = true;
    this.problem = null;
    try {
      const { book } = this.#patients;
      const joined = await joinCards(book, pair, content);
      this.#patients.version += 1;
      this.desk.deeds.say(t('patients.twin_done'), () => this.#part(pair, joined), CALL_SECONDS);
      return joined;
    } catch (error) {
      if (error instanceof CardChanged) await this.#readAgain(pair);
      else this.problem = inWords(error, this.desk);
      return null;
    } finally {
      this.working = false;
    }
  }

  get #patients() {
    return patientsOf(this.desk);
  }

  /** One of them was written meanwhile: both are read anew, and somebody decides again. */
  async #readAgain({ kept, other }: Pair): Promise<void> {
    const { book } = this.#patients;
    try {
      const [one, two] = [await book.read(kept.card), await book.read(other.card)];
      if (one === null || two === null) this.problem = t('patients.gone');
      else {
        this.pair = { kept: one, other: two };
        this.problem = t('patients.twin_changed');
      }
    } catch (error) {
      this.problem = inWords(error, this.desk);
    }
  }

  async #part(pair: Pair, joined: Card): Promise<void> {
    const { desk } = this;
    try {
      await partCards(this.#patients.book, pair, joined);
      desk.deeds.say(t('patients.twin_undone'));
      openCard(desk, pair.kept.card);
    } catch (error) {
      desk.deeds.say(error instanceof CardChanged ? t('patients.twin_moved') : inWords(error, desk));
    }
    this.#patients.version += 1;
  }
}
