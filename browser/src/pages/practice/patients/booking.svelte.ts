// SPDX-License-Identifier: AGPL-3.0-or-later
/** A booking being entered at the desk: who, what for, when; the warning against the time; and what is sent. */
import { Mistyped, readBirthDate, readEmail, readName, readPhone } from '../../../usecases/fields';
import { addDays, dateAt, instantOf, localDay, wallOf, type Span } from '../../../usecases/desk/days';
import { explain } from '../../../usecases/desk/explain';
import { hasObjected } from '../../../usecases/desk/delivered';
import { isOutage, type Why } from '../../../usecases/desk/routes';
import type { Visit } from '../../../usecases/desk/model';
import type { Typed } from '../../../usecases/desk/typed';
import { isToldOf } from '../../../usecases/desk/telling';
import { Entering, type Wanted } from '../../../usecases/patients/enter';
import { chosenLanguage, newCardId } from '../../../usecases/patients/book';
import type { Card } from '../../../usecases/patients/cards';
import { readCaller } from '../../../usecases/patients/query';
import type { Person } from '../../../usecases/patients/search';
import type { Language } from '../../../seal/groups';
import type { CardContent } from '../../../seal/people';
import type { Confided } from '../../../usecases/sealing';
import { Refused, isOver } from '../../../wire/problem';
import type { Id, LocalDate } from '../../../wire/types';
import type { Desk } from '../desk.svelte';
import { inWords } from '../wrong';
import { reasonInWords } from '../why';
import { fullNameOf } from './say';
import { patientsOf, type Patients } from './patients.svelte';
import { noteUnaddressed } from './unaddressed';
import { t, type WordKey } from '../../../words/index';

export type Field = 'birthName' | 'givenName' | 'birthDate' | 'phone' | 'email' | 'time';
/** Rules that bind patients alone (docs/decisions/0006): no warning to staff. */
const FOR_PATIENTS_ALONE: ReadonlySet<string> = new Set(['too_soon', 'too_far', 'staff_only', 'known_patients_only']);
const REFUSED_TIME = ['not_offered', 'slot_taken', 'warning_changed'];

export interface Warning {
  names: string[];
  sentences: string[];
  /** Staff may place it all the same. */
  possible: boolean;
}

/** How far a person's other appointments are looked for while they are booked, and how far back what became of their messages. */
const AHEAD_DAYS = 34;
const BACK_DAYS = 14;
/** A free time that has begun is offered from the next five minutes on. */
const STEP_SECONDS = 300;

/** The first start of a free span that is not over. */
export function firstStart(desk: Desk, span: Span): number {
  return Math.max(span.start, Math.ceil(desk.shown.now / STEP_SECONDS) * STEP_SECONDS);
}

const two = (value: number) => String(value).padStart(2, '0');

export class BookingForm {
  /** The person that was found; null while somebody new is typed, or nobody yet. */
  card = $state.raw<Card | null>(null);
  /** What the person that was found has ahead: said beside the form, and in nobody's way. */
  coming = $state.raw<readonly Visit[]>([]);
  /** A message to them was kept back: they want none at that address. */
  objected = $state(false);
  fresh = $state(false);
  /** In the box that finds people. */
  find = $state('');
  typed = $state({ birthName: '', givenName: '', birthDate: '', phone: '', email: '' });
  sex = $state<CardContent['sex']>('unknown');
  /** Of the messages about this visit. */
  language = $state<Language>('fr');
  /** Nothing is sent about this visit. */
  quiet = $state(false);
  apart = $state(false);
  visitType = $state<Id>('');
  time = $state('');
  reason = $state('');
  mistakes = $state.raw<Partial<Record<Field, string>>>({});
  warning = $state.raw<Warning | null>(null);
  problem = $state<string | null>(null);
  working = $state(false);
  readonly patients: Patients;
  readonly zone: string;
  readonly unit: Id;
  readonly date: LocalDate;
  #entering: Entering;
  #held: string | null = null;
  #booked = false;
  /** What was sent and not answered, and whose it is. */
  #unanswered: { of: string; name: string; addressed: boolean } | null = null;

  /** `around`: when the free time begins; the time is chosen on its day. */
  constructor(readonly desk: Desk, readonly agenda: Id, readonly around: number, visitType: Id | undefined) {
    this.patients = patientsOf(desk);
    this.zone = desk.rules.zoneOf(agenda);
    this.unit = desk.rules.agenda(agenda)?.unit ?? '';
    this.date = dateAt(this.zone, around);
    const { minute } = wallOf(localDay(this.zone, this.date), around);
    this.time = `${two(Math.floor(minute / 60) % 24)}:${two(Math.round(minute % 60))}`;
    this.visitType = visitType ?? desk.rules.usualType(agenda) ?? '';
    this.#entering = new Entering(desk.open);
  }

  get types() {
    return this.desk.rules.visitTypes.filter((type) => type.agendas.includes(this.agenda));
  }

  /** Whether visits of this kind have messages at all. */
  get told(): boolean {
    return isToldOf(this.desk.open, { agenda: this.agenda, visitType: this.visitType });
  }

  /** Who was typed, as far as it can be read: for those who may be the same person. */
  readonly alike = $derived.by((): Person[] => {
    if (!this.fresh || this.apart) return [];
    void this.patients.version;
    try {
      const birthDate = readBirthDate(this.typed.birthDate, this.desk.shown.today);
      return this.patients.book.people.alike({ ...this.typed, usedName: null, birthDate }, this.unit).slice(0, 4);
    } catch (error) {
      if (!(error instanceof Mistyped)) throw error;
      return [];
    }
  });

  /** Somebody the index knows: their card fills everything. */
  async pick(person: Pick<Person, 'card'>): Promise<void> {
    this.problem = null;
    try {
      const card = await this.patients.book.read(person.card);
      if (card === null) throw new Refused('no_such_card', 404, {});
      this.card = card;
      this.quiet = false;
      this.language = card.content.language ?? 'fr';
      this.fresh = false;
      this.typed.phone = '';
      this.typed.email = '';
      void this.#lookAhead(card);
    } catch (error) {
      this.problem = inWords(error, this.desk, { no_such_card: 'patients.gone' });
    }
  }

  /** A month from today, and the day of the booking. Without an answer nothing is said of it. */
  async #lookAhead(card: Card): Promise<void> {
    const { desk: { open, shown }, patients: { search }, unit, date } = this;
    this.coming = [];
    this.objected = false;
    try {
      const near = addDays(shown.today, AHEAD_DAYS);
      const days = [...(await search.opened(unit, addDays(shown.today, -BACK_DAYS), near)), ...(date > near ? await search.opened(unit, date, date) : [])];
      const all = days.map(({ visit }) => visit);
      const theirs = all.filter((visit) => this.patients.isTheirsAlone(card, visit));
      if (this.card !== card) return;
      this.coming = theirs.filter((visit) => (visit.status === 'booked' || visit.status === 'requested') && visit.end > shown.now).sort((a, b) => a.start - b.start);
      const objected = await hasObjected(open, theirs, all);
      if (this.card === card) this.objected = objected;
    } catch (error) {
      if (!isOutage(error) && !(error instanceof Refused)) throw error;
    }
  }

  /** Somebody new: what was typed to find them is a beginning. */
  start(typed: string): void {
    this.card = null;
    this.coming = [];
    this.objected = false;
    this.quiet = false;
    this.language = 'fr';
    this.fresh = true;
    this.typed = { ...readCaller(typed, this.desk.shown.today), email: '' };
  }

  again(): void {
    this.card = null;
    this.coming = [];
    this.objected = false;
    this.quiet = false;
    this.fresh = false;
    this.apart = false;
    this.mistakes = {};
  }

  #read(): { content: CardContent; start: number } | null {
    const mistakes: Partial<Record<Field, string>> = {};
    const take = <Value>(field: Field, read: () => Value): Value | null => {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof Mistyped)) throw error;
        mistakes[field] = t(error.key as WordKey, error.values);
        return null;
      }
    };
    const { typed, card } = this;
    const content = card?.content ?? {
      birthName: take('birthName', () => readName(typed.birthName, 'field.birth_name.missing')) ?? '',
      givenName: take('givenName', () => readName(typed.givenName, 'field.given_name.missing')) ?? '',
      birthDate: take('birthDate', () => readBirthDate(typed.birthDate, this.desk.shown.today)) ?? '',
      usedName: null, sex: this.sex, phone: null, email: null, language: null, note: null, refuse: null, noShows: [],
    };
    const phone = typed.phone.trim() === '' ? null : take('phone', () => readPhone(typed.phone));
    const email = typed.email.trim() === '' ? null : take('email', () => readEmail(typed.email));
    const [hour, minute] = this.time.split(':').map(Number);
    const start = Number.isFinite(hour) && Number.isFinite(minute) ? instantOf(localDay(this.zone, this.date), hour! * 60 + minute!) : null;
    if (start === null) mistakes.time = t('patients.time_missing');
    this.mistakes = mistakes;
    if (Object.keys(mistakes).length > 0 || start === null) return null;
    return { content: { ...content, phone: phone ?? content.phone, email: email ?? content.email, language: chosenLanguage(this.language, content.language) }, start };
  }

  /** Whether the person who was just entered is reminded, in words. */
  reminded = $state('');

  /** Books. Answers the record that stands now; null where something is to be looked at first, which is told. */
  async send(): Promise<Id | null> {
    const read = this.#read();
    if (read === null || this.working) return null;
    const type = this.desk.rules.visitType(this.visitType);
    if (type === undefined) return null;
    const wanted: Wanted = { unit: this.unit, agenda: this.agenda, visitType: type.visitType, start: read.start, minutes: type.minutes };
    // A box that was ticked for another type of visit, and is not shown for this one, says nothing.
    const quiet = this.told && this.quiet;
    this.working = true;
    this.problem = null;
    const { patients: { waiting } } = this;
    const { content } = read;
    const { note: _note, refuse: _refuse, noShows: _noShows, language: _language, phone, email, ...person } = content;
    const confided: Confided = {
      id: { ...person, relation: 'self', series: null, quiet }, ct: { phone, email, name: null, check: null, messages: null },
      rs: { reason: this.reason.trim() === '' ? null : this.reason.trim(), notes: null, answers: [], files: [] },
    };
    const addressed = phone !== null || email !== null;
    const of = JSON.stringify([wanted, this.warning?.names, this.language, confided]);
    let { record } = this.#entering;
    try {
      if (await this.#cameBefore(of)) return null;
      ({ record } = this.#entering);
      await this.#hold(wanted);
      const told = { ...content, note: null, refuse: null, noShows: [] };
      await waiting.keep(record, { unit: this.unit, card: this.card?.card ?? (this.apart ? newCardId() : null), apart: this.apart, person: told, lastVisit: this.date });
      this.#unanswered = { of, name: this.name(), addressed };
      await this.#entering.book(this.unit, this.language, confided);
      this.#unanswered = null;
      this.#booked = true;
      this.patients.booked(record);
      if (!addressed) noteUnaddressed(record);
      const { planned } = this.#entering;
      this.reminded = quiet ? t('patients.quiet_booked') : !addressed ? t('patients.no_address')
        : planned === null ? t('patients.no_reminder') : planned.length === 0 ? '' : t(this.objected ? 'patients.objected_booked' : 'patients.reminded');
      await this.desk.reading.read();
      return record;
    } catch (error) {
      // No answer is no refusal, and a session that ended may have booked before: whether it did is asked before a card is written.
      const sent = this.#unanswered;
      if (error instanceof Refused && !isOver(error) && (sent === null || sent.of === of)) {
        if (sent !== null && error.is('already_used')) return await this.#arrived(sent);
        this.#unanswered = null;
        waiting.drop(record);
      }
      await this.#told(error, wanted);
      return null;
    } finally {
      this.working = false;
    }
  }

  /** Before something else is sent than what got no answer: whether that one stands after all, which is told. */
  async #cameBefore(of: string): Promise<boolean> {
    const first = this.#unanswered;
    if (first === null || first.of === of) return false;
    if (await this.#entering.stands()) {
      await this.#arrived(first);
      return true;
    }
    this.patients.waiting.drop(this.#entering.record);
    this.#begin();
    return false;
  }

  /** What got no answer had arrived. What is entered next is another booking. */
  async #arrived({ name, addressed }: { name: string; addressed: boolean }): Promise<null> {
    const { record } = this.#entering;
    this.patients.booked(record);
    if (!addressed) noteUnaddressed(record);
    this.#begin();
    this.problem = t('patients.booked_before', { name });
    await this.desk.reading.read();
    return null;
  }

  #begin(): void {
    this.#entering = new Entering(this.desk.open);
    this.#unanswered = null;
    this.#held = null;
  }

  async #hold(wanted: Wanted): Promise<void> {
    const asked = JSON.stringify([wanted, this.warning?.names]);
    // A booking that got no answer is sent again as it was: its time is held already.
    if (this.#held === asked) return;
    await this.#entering.hold(wanted, this.warning?.possible === true ? this.warning.names : null);
    this.#held = asked;
  }

  async #told(error: unknown, wanted: Wanted): Promise<void> {
    if (isOver(error)) {
      this.desk.closeFor(error);
      return;
    }
    if (error instanceof Refused && error.is('hold_expired')) this.#held = null;
    if (error instanceof Refused && REFUSED_TIME.some((name) => error.is(name))) {
      try {
        this.#warn(await explain(this.desk.open, wanted.agenda, wanted.visitType, wanted.start), error);
        return;
      } catch (again) {
        this.problem = inWords(again, this.desk);
        return;
      }
    }
    this.problem = this.#unanswered !== null && isOutage(error) ? t('patients.unanswered', { name: this.#unanswered.name })
      : inWords(error, this.desk, { not_overbookable: 'patients.not_overbookable', slot_taken: 'patients.taken' });
  }

  /** Every reason against the time, as it is now: the confirmation carries their names, and one that comes later is told anew. */
  #warn({ reasons }: Why, error: Refused): void {
    const own = reasons.filter(({ reason }) => !FOR_PATIENTS_ALONE.has(reason));
    const told = Array.isArray(error.fields['reasons']) ? (error.fields['reasons'] as string[]) : [];
    const names = [...new Set([...own.map(({ reason }) => reason), ...told])];
    const sentences = own.map((reason) => reasonInWords(reason, this.zone));
    if (names.length === 0) {
      this.problem = t('patients.taken');
      return;
    }
    this.warning = { names, sentences: sentences.length > 0 ? sentences : [t('why.other')], possible: own.every((one) => one['staff_may_override'] === true) };
  }

  /** Another time or type has other reasons. */
  changed(): void {
    this.warning = null;
    this.problem = null;
  }

  name(): string {
    return this.card !== null ? fullNameOf(this.card.content) : `${this.typed.givenName} ${this.typed.birthName}`.trim();
  }

  /** As far as it was typed; null where nothing was, or where it was sent: it may stand. */
  get begun(): Typed | null {
    const { agenda, visitType, time, find, card, fresh, apart, sex, language, quiet, reason } = this;
    const nothing = card === null && !fresh && find.trim() === '' && reason.trim() === '';
    if (nothing || this.#booked || this.#unanswered !== null) return null;
    return { agenda, start: this.around, visitType, time, find, card: card?.card ?? null, fresh, apart, person: { ...this.typed }, sex, language, quiet, reason };
  }

  /** Goes on with what was typed before. */
  async goOn({ card, person, ...typed }: Typed): Promise<void> {
    if (card !== null) await this.pick({ card });
    const { time, find, fresh, apart, sex, language, quiet, reason } = typed;
    Object.assign(this, { time, find, apart, sex, language, quiet, reason, fresh: fresh && this.card === null });
    Object.assign(this.typed, person);
  }

  /** The panel is left without a booking. */
  end(): void {
    this.#entering.release();
  }
}
