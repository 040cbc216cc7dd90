// SPDX-License-Identifier: AGPL-3.0-or-later
/** A card being changed: what was typed, what is wrong with it, and what somebody else wrote meanwhile. */
import { Mistyped, readBirthDate, readEmail, readName, readPhone, showPhone } from '../../../usecases/fields';
import { CardChanged, newCardId } from '../../../usecases/patients/book';
import { CARD_NOTE_BYTES_MAX, isSameCard, REFUSE_BYTES_MAX, type Card } from '../../../usecases/patients/cards';
import { readCaller } from '../../../usecases/patients/query';
import { chosenLanguage } from '../../../usecases/patients/book';
import type { Language } from '../../../seal/groups';
import type { CardContent } from '../../../seal/people';
import type { Desk } from '../desk.svelte';
import { inWords } from '../wrong';
import { patientsOf } from './patients.svelte';
import { t, type WordKey } from '../../../words/index';

export const FIELDS = ['birthName', 'givenName', 'usedName', 'birthDate', 'sex', 'phone', 'email', 'language', 'note', 'refuse'] as const;
export type CardField = (typeof FIELDS)[number];
/** Nobody knows this card yet: it is made when it is kept. */
export const NEW_REV = 0;

const bytesOf = (text: string) => new TextEncoder().encode(text).length;
const dayTyped = (day: string) => day.replace(/^(\d{4})-(\d\d)-(\d\d)$/, '$3/$2/$1');

/** A card with nothing on it but what was typed to find it. */
export function blankCard(desk: Desk, typed: string): Card {
  const { birthName, givenName, birthDate, phone } = readCaller(typed, desk.shown.today);
  const content: CardContent = {
    birthName, givenName, usedName: null, birthDate, sex: 'unknown',
    phone: phone === '' ? null : phone, email: null, language: null, note: null, refuse: null, noShows: [],
  };
  return { card: '', unit: patientsOf(desk).book.units[0] ?? '', rev: NEW_REV, month: 0, content };
}

const DRAFTS = new WeakMap<Desk, Map<string, CardForm>>();

function draftsOf(desk: Desk): Map<string, CardForm> {
  let drafts = DRAFTS.get(desk);
  if (drafts === undefined) DRAFTS.set(desk, (drafts = new Map<string, CardForm>()));
  return drafts;
}

/** The form of a card: the one left in mid-typing where there is one. */
export function formOf(desk: Desk, card: Card): CardForm {
  const kept = draftsOf(desk).get(card.card);
  return kept !== undefined && (card.rev !== NEW_REV || kept.card === card) ? kept : new CardForm(desk, card);
}

/** A new card that was left in mid-typing. */
export function newCardLeft(desk: Desk): Card | null {
  return draftsOf(desk).get('')?.card ?? null;
}

export class CardForm {
  typed: Record<CardField, string> = $state({ birthName: '', givenName: '', usedName: '', birthDate: '', sex: '', phone: '', email: '', language: '', note: '', refuse: '' });
  refuses = $state(false);
  unit = $state('');
  mistakes = $state.raw<Partial<Record<CardField, string>>>({});
  /** What stands since somebody else wrote, and what was to be kept here. */
  conflict = $state.raw<{ theirs: Card; mine: CardContent } | null>(null);
  problem = $state<string | null>(null);
  working = $state(false);

  #began = '';
  /** A new card has one id, however often it is sent. */
  readonly #newId = newCardId();
  /** What was sent last: an answer that got lost is not somebody else's change. */
  #sent: Card | null = null;

  constructor(readonly desk: Desk, readonly card: Card) {
    this.unit = card.unit;
    this.reset();
  }

  /** As the card says it: what was typed is given up. */
  reset(): void {
    const { content } = this.card;
    this.refuses = content.refuse !== null;
    this.typed = {
      birthName: content.birthName, givenName: content.givenName, usedName: content.usedName ?? '', birthDate: dayTyped(content.birthDate), sex: content.sex,
      phone: content.phone === null ? '' : showPhone(content.phone), email: content.email ?? '', language: content.language ?? 'fr', note: content.note ?? '', refuse: content.refuse ?? '',
    };
    this.mistakes = {};
    this.settle();
  }

  /** What is typed now is no draft: it was saved, or given up. */
  settle(): void {
    this.#began = this.#now();
    draftsOf(this.desk).delete(this.card.card);
  }

  get dirty(): boolean {
    return this.#now() !== this.#began;
  }

  #now(): string {
    return JSON.stringify([this.typed, this.refuses]);
  }

  /** Somebody goes elsewhere in mid-typing: it is there again when they come back to this card. */
  keep(): void {
    draftsOf(this.desk).set(this.card.card, this);
  }

  #read(): CardContent | null {
    const mistakes: Partial<Record<CardField, string>> = {};
    const { typed } = this;
    const take = <Value>(field: CardField, read: () => Value, empty: Value): Value => {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof Mistyped)) throw error;
        mistakes[field] = t(error.key as WordKey, error.values);
        return empty;
      }
    };
    const long = (field: 'note' | 'refuse', most: number) => {
      const text = typed[field].trim();
      if (bytesOf(text) > most) mistakes[field] = t('patients.too_long', { most });
      return text === '' ? null : text;
    };
    const content: CardContent = {
      birthName: take('birthName', () => readName(typed.birthName, 'field.birth_name.missing'), ''),
      givenName: take('givenName', () => readName(typed.givenName, 'field.given_name.missing'), ''),
      usedName: typed.usedName.trim() === '' ? null : take('usedName', () => readName(typed.usedName, 'field.birth_name.missing'), null),
      birthDate: take('birthDate', () => readBirthDate(typed.birthDate, this.desk.shown.today), ''),
      sex: typed.sex as CardContent['sex'],
      phone: typed.phone.trim() === '' ? null : take('phone', () => readPhone(typed.phone), null),
      email: typed.email.trim() === '' ? null : take('email', () => readEmail(typed.email), null),
      language: chosenLanguage(typed.language as Language, this.card.content.language),
      note: long('note', CARD_NOTE_BYTES_MAX),
      refuse: this.refuses ? long('refuse', REFUSE_BYTES_MAX) : null,
      noShows: this.card.content.noShows,
    };
    if (this.refuses && content.refuse === null && mistakes.refuse === undefined) mistakes.refuse = t('patients.refuse_missing');
    this.mistakes = mistakes;
    return Object.keys(mistakes).length > 0 ? null : content;
  }

  /** Keeps what was typed. Answers the card that stands, or null where something is to be looked at first. */
  async save(): Promise<Card | null> {
    const content = this.#read();
    if (content === null || this.working) return null;
    if (this.card.rev !== NEW_REV) return this.#put({ ...this.card, rev: this.card.rev + 1, content });
    const draft = patientsOf(this.desk).book.draft(this.unit, content, this.desk.shown.today, this.#newId);
    return this.#put(draft);
  }

  /** After another browser's change: mine over theirs, knowingly. No-shows counted there stay counted. */
  async saveOver(): Promise<Card | null> {
    const { theirs, mine } = this.conflict!;
    return this.#put({ ...theirs, rev: theirs.rev + 1, content: { ...mine, noShows: theirs.content.noShows } });
  }

  async #put(card: Card): Promise<Card | null> {
    const patients = patientsOf(this.desk);
    this.working = true;
    this.problem = null;
    const before = this.#sent;
    this.#sent = card;
    try {
      await patients.book.save(card);
      patients.version += 1;
      return card;
    } catch (error) {
      if (error instanceof CardChanged) {
        if (before !== null && error.current !== null && isSameCard(error.current, before)) return await this.#put({ ...card, rev: before.rev + 1 });
        if (error.current === null) this.problem = t('patients.gone');
        else this.conflict = { theirs: error.current, mine: card.content };
      } else this.problem = inWords(error, this.desk);
      return null;
    } finally {
      this.working = false;
    }
  }

  async erase(): Promise<boolean> {
    const patients = patientsOf(this.desk);
    this.problem = null;
    try {
      await patients.book.erase(this.card);
      patients.version += 1;
      return true;
    } catch (error) {
      this.problem = inWords(error, this.desk, { stale_card: 'patients.changed' });
      return false;
    }
  }
}
