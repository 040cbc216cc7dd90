// SPDX-License-Identifier: AGPL-3.0-or-later
/** The room of rules: what was read, what is being written, what patients would be offered, who stands in the way. */
import { idFromUuid } from '../../../seal/bytes';
import { dateAt, monday } from '../../../usecases/desk/days';
import type { Identity } from '../../../usecases/desk/model';
import { isOutage } from '../../../usecases/desk/routes';
import {
  postAgendaRow, postHours, postPracticeRow, postPractitioner, postPreview, postResource, postSite, postVisitType, readRules,
  type AbsenceRow, type HoursAsked, type InTheWay, type PracticeRow, type RuleRows, type Stranded, type Swap, type VisitTypeRow,
} from '../../../usecases/rules/routes';
import { Refused } from '../../../wire/problem';
import type { Id, LocalDate } from '../../../wire/types';
import { t, tn, type WordKey } from '../../../words/index';
import type { Desk } from '../desk.svelte';
import { whenInWords } from '../say';
import { inWords } from '../wrong';
import { standingOf, type Draft, type NewDraft } from './draft';

export const PARTS = ['hours', 'dates', 'types', 'rooms', 'house'] as const;
/** A change of rules can be taken back for so long. */
const UNDO_SECONDS = 20;
export type Part = (typeof PARTS)[number];

const REFUSALS: Readonly<Record<string, WordKey>> = {
  not_your_role: 'rules.wrong_role', rule_id_taken: 'rules.wrong_again', too_many_rules: 'rules.wrong_many', of_another_unit: 'rules.wrong_unit',
  invalid_rule: 'rules.wrong_rule', no_such_rule: 'rules.wrong_gone', malformed: 'rules.wrong_rule', agenda_in_use: 'rules.wrong_used',
  still_needed: 'rules.wrong_needed', registered: 'rules.wrong_registered', claim_taken: 'rules.wrong_claim', no_such_town: 'rules.wrong_town',
};

/** What is kept of a room that somebody left: an unsaved draft is there again when they come back. */
const kept = new WeakMap<Desk, RulesDesk>();

/** By whom somebody who was cancelled learns of it. */
export type Told = { kind: 'message'; when: string } | { kind: 'call' } | { kind: 'owed' };

/** `acts`: the number of the last signed act; `when`: where it was moved to, in words. */
export interface Fate {
  fate: 'open' | 'kept' | 'cancelled' | 'moved';
  acts: number;
  when?: string;
}

export class RulesDesk {
  rows = $state.raw<RuleRows | null>(null);
  away = $state(false);
  part = $state<Part>('hours');
  agenda = $state<Id>('');
  draft = $state<Draft | null>(null);
  saving = $state(false);
  problem = $state<string | null>(null);
  /** What waits until somebody has decided about the unsaved draft. */
  pending = $state.raw<(() => void) | null>(null);
  /** Appointments that stand where nobody works after the last change. */
  found = $state.raw<InTheWay | null>(null);
  /** What was decided about them so far, and their names: it stays while somebody goes to the agenda to move one. */
  fates = $state.raw<ReadonlyMap<Id, Fate>>(new Map());
  names = $state.raw<ReadonlyMap<Id, Identity | null>>(new Map());
  told = $state.raw<ReadonlyMap<Id, Told>>(new Map());
  /** The visit type the preview is about. */
  previewed = $state<Id>('');
  /** What is being typed as one line of dates and hours. */
  line = $state('');
  /** The first day of the preview. */
  from = $state<LocalDate>('');

  static of(desk: Desk): RulesDesk {
    let room = kept.get(desk);
    if (room === undefined) kept.set(desk, (room = new RulesDesk(desk)));
    return room;
  }

  private constructor(readonly desk: Desk) {
    desk.moved = (...how) => this.moved(...how);
    this.agenda = this.agendas[0]?.agenda ?? '';
    this.from = this.today;
  }

  /** The practice as it was read last; it is drawn anew with the agenda. */
  get house(): Desk['open']['house'] {
    void this.desk.reading.week;
    return this.desk.open.house;
  }

  /** The agendas of this member's units, closed ones too. */
  get agendas(): { agenda: Id; name: string; site: Id }[] {
    const { house } = this;
    const { units } = this.desk.open;
    return house.agendas.filter(({ unit }) => units.has(unit)).sort((a, b) => a.position - b.position).map((one) => {
      const person = house.practitioners.find(({ practitioner }) => practitioner === one.practitioner);
      const site = house.sites.find((place) => place.site === one.site);
      const who = person === undefined ? '' : `${person.title === '' ? '' : `${person.title} `}${person.given_name} ${person.family_name}`;
      const where = house.sites.length > 1 && site !== undefined ? `, ${site.name}` : '';
      return { agenda: one.agenda, site: one.site, name: `${who}${where}${one.name === '' ? '' : ` (${one.name})`}` };
    });
  }

  get zone(): string {
    const { house } = this;
    const site = this.agendas.find(({ agenda }) => agenda === this.agenda)?.site;
    return house.sites.find((place) => place.site === site)?.timezone ?? this.desk.rules.zone;
  }

  get today(): LocalDate {
    return dateAt(this.zone, this.desk.shown.now);
  }

  get #role() {
    const { trusted, practice } = this.desk.open;
    return trusted.roster.member(idFromUuid(practice.member))?.role;
  }

  /** Visit types, rooms and texts are the owner's and the practitioners'. */
  get mayCare(): boolean {
    return this.#role !== 'secretary';
  }

  /** Who receives, where and until when, is the owner's. */
  get mayOwn(): boolean {
    return this.#role === 'owner';
  }

  /** Whether another desk has changed what is being changed here. */
  get overtaken(): boolean {
    const { draft, rows } = this;
    return draft !== null && draft.was !== null && rows !== null && JSON.stringify(standingOf(draft, rows)) !== JSON.stringify(draft.was);
  }

  /** What is typed here takes the place of what stands: saved, it is compared with that. */
  keepMine(): void {
    if (this.draft !== null && this.rows !== null) this.draft = { ...this.draft, was: standingOf(this.draft, this.rows) } as Draft;
  }

  get types(): VisitTypeRow[] {
    return this.rows?.visit_types ?? [];
  }

  typesHere(): VisitTypeRow[] {
    return this.types.filter(({ agendas }) => agendas.includes(this.agenda));
  }

  get dirty(): boolean {
    return this.draft !== null && JSON.stringify(this.draft.form) !== this.draft.began;
  }

  async read(): Promise<void> {
    try {
      this.rows = await readRules(this.desk.open.practice.practice);
      this.away = false;
      this.preview(this.agenda);
    } catch (error) {
      if (!this.#ended(error)) this.away = true;
    }
  }

  #ended(error: unknown): boolean {
    if (error instanceof Refused && error.is('signed_out')) {
      this.desk.close('signed out');
      return true;
    }
    if (!(error instanceof Refused) && !isOutage(error)) throw error;
    return false;
  }

  /** Does something that would lose an unsaved draft: at once where there is none, else once that is decided. */
  leaveFor(next: () => void): void {
    if (this.dirty) {
      this.pending = next;
      return;
    }
    this.drop();
    next();
  }

  drop(): void {
    this.draft = null;
    this.problem = null;
    this.pending = null;
  }

  begin(draft: NewDraft): void {
    this.draft = { ...draft, began: JSON.stringify(draft.form) } as Draft;
    this.problem = null;
  }

  chooseAgenda(agenda: Id): void {
    this.leaveFor(() => {
      this.found = null;
      this.preview(agenda);
    });
  }

  choosePart(part: Part): void {
    this.leaveFor(() => {
      this.part = part;
      this.found = null;
    });
  }

  /** Saves a change of hours; appointments in the way are shown, and the server's answer says what takes it back. */
  async saveHours(asked: readonly HoursAsked[], said: string): Promise<boolean> {
    return this.#save(async () => {
      const back: HoursAsked[] = [];
      this.found = null;
      for (const one of asked) {
        const { undo, ...found } = await postHours(this.desk.open.practice.practice, one);
        if (undo !== null) back.unshift(undo);
        // Told even where the next agenda's change is refused.
        this.#tellFound(found);
      }
      return back.length < asked.length ? null : () => this.saveHours(back, t('rules.taken_back'));
    }, said);
  }

  get undecided(): readonly Stranded[] {
    return (this.found?.stranded ?? []).filter(({ record }) => (this.fates.get(record)?.fate ?? 'open') === 'open');
  }

  settle({ record, acts }: Pick<Stranded, 'record' | 'acts'>, fate: Fate['fate'], more: Partial<Fate> = {}): void {
    this.fates = new Map(this.fates).set(record, { acts: this.fates.get(record)?.acts ?? acts, ...more, fate });
  }

  /** One of them was moved, or put back to where it stood. */
  moved({ record }: Pick<Stranded, 'record'>, agenda: Id, start: number, rev: number): void {
    const { found } = this;
    const one = found?.stranded.find((other) => other.record === record);
    if (found === null || one === undefined) return;
    const back = agenda === one.agenda && start === Date.parse(one.start) / 1000;
    this.found = { ...found, stranded: found.stranded.map((other) => (other === one ? { ...one, rev } : other)) };
    // What its messages are steered with changed with it: read anew before it is decided about.
    if (back) this.names = new Map([...this.names].filter(([other]) => other !== record));
    this.settle(one, back ? 'open' : 'moved', { when: whenInWords(this.desk.rules.zoneOf(agenda), start) });
  }

  #tellFound({ stranded, booking }: InTheWay): void {
    if (this.found === null) [this.fates, this.told] = [new Map(), new Map()];
    const before = this.found ?? { stranded: [], booking: 0 };
    if (stranded.length + booking > 0) this.found = { stranded: [...before.stranded, ...stranded], booking: before.booking + booking };
  }

  /** Shows the appointments that stand in an absence, as on the day it was written. */
  async whoStandsIn(row: AbsenceRow): Promise<void> {
    const type = this.types[0];
    if (type === undefined) return;
    this.problem = null;
    try {
      const ask = { hours: { agenda: row.agenda, absences: [{ was: null, now: row }] }, visit_type: type.visit_type, rule: type, from: this.today, days: 1, settings: null };
      const { in_the_way: found } = await postPreview(this.desk.open.practice.practice, ask);
      // Who was to be kept is not asked about again; the rest is as the server says.
      this.fates = new Map([...this.fates].filter(([, { fate }]) => fate === 'kept'));
      this.told = new Map();
      this.found = found.stranded.length > 0 || found.booking > 0 ? found : null;
      if (this.found === null) this.desk.deeds.say(t('rules.nobody'));
    } catch (error) {
      if (!this.#ended(error)) this.problem = inWords(error, this.desk, REFUSALS);
    }
  }

  /** A deleted one is not taken back: it is off the hours that were reserved for it. */
  saveVisitType(swap: Swap<VisitTypeRow>, said: string): Promise<boolean> {
    return this.#saveRow((one) => postVisitType(this.desk.open.practice.practice, one), swap, said, swap.now !== null);
  }

  /** Puts visit types in this order; only those whose place changes are written. */
  orderTypes(order: readonly VisitTypeRow[], said: string): Promise<boolean> {
    return this.#saveMany(async () => {
      for (const [position, was] of order.entries()) {
        if (was.position !== position) await postVisitType(this.desk.open.practice.practice, { was, now: { ...was, position } });
      }
    }, said);
  }

  /** Begins with the specialty's usual hours, or its visit types. */
  async beginWith(read: (specialty: string) => Promise<{ hours?: HoursAsked; types?: VisitTypeRow[] }>): Promise<void> {
    const { house } = this;
    const { practice } = this.desk.open;
    const whose = house.agendas.find(({ agenda }) => agenda === this.agenda)?.practitioner;
    const specialty = house.practitioners.find(({ practitioner }) => practitioner === whose)?.specialty ?? '';
    let begun: Awaited<ReturnType<typeof read>>;
    try {
      begun = await read(specialty);
    } catch (error) {
      if (!this.#ended(error)) this.problem = inWords(error, this.desk, REFUSALS);
      return;
    }
    const { hours, types } = begun;
    if (hours !== undefined) await this.saveHours([hours], t('rules.begun'));
    if (types !== undefined) {
      await this.#saveMany(async () => {
        for (const now of types) await postVisitType(practice.practice, { was: null, now });
      }, t('rules.begun'));
    }
  }

  /** Saves the draft of a room, an agenda, a site or a practitioner; `deleted`: it goes. */
  saveDraft(draft: Draft, said: string, deleted = false): Promise<boolean> {
    const { practice } = this.desk.open.practice;
    const now = <Row>(form: Row) => (deleted ? null : ($state.snapshot(form) as Row));
    switch (draft.kind) {
      case 'resource': return this.#saveRow((swap) => postResource(practice, swap), { was: draft.was, now: now(draft.form) }, said);
      case 'agenda': {
        const { offers, ...form } = draft.form;
        return this.#saveRow((swap) => postAgendaRow(practice, swap, swap.was === null ? $state.snapshot(offers) : []), { was: draft.was, now: now(form) }, said);
      }
      case 'site': return this.#saveRow((swap) => postSite(practice, swap), { was: draft.was, now: now(draft.form) }, said);
      case 'practitioner': return this.#saveRow((swap) => postPractitioner(practice, swap), { was: draft.was, now: now(draft.form) }, said);
      default: throw new Error(`No draft of this kind is saved so: ${draft.kind}`);
    }
  }

  savePractice(now: PracticeRow, said: string): Promise<boolean> {
    return this.#saveRow((swap) => postPracticeRow(this.desk.open.practice.practice, swap), { was: this.rows!.practice, now }, said);
  }

  deleteResource(row: RuleRows['resources'][number], said: string): Promise<boolean> {
    return this.#saveRow((swap) => postResource(this.desk.open.practice.practice, swap), { was: row, now: null }, said);
  }

  /** Saves one row; turned round it is taken back. */
  #saveRow<Row>(post: (swap: Swap<Row>) => Promise<InTheWay | null>, swap: Swap<Row>, said: string, turnable = true): Promise<boolean> {
    return this.#save(async () => {
      this.found = null;
      const found = await post(swap);
      if (found !== null) this.#tellFound(found);
      // Names of types and people are shown all over the desk.
      await this.desk.followRules();
      return turnable ? () => this.#saveRow(post, { was: swap.now, now: swap.was }, t('rules.taken_back')) : null;
    }, said);
  }

  #saveMany(post: () => Promise<void>, said: string): Promise<boolean> {
    return this.#save(async () => {
      await post();
      await this.desk.followRules();
      return null;
    }, said);
  }

  /** `deed` answers what takes it back. That is offered once all is read again: one thing is saved at a time. */
  async #save(deed: () => Promise<(() => Promise<boolean>) | null>, said: string): Promise<boolean> {
    if (this.saving) return false;
    this.saving = true;
    this.problem = null;
    const next = this.pending;
    try {
      const back = await deed();
      this.draft = null;
      this.pending = null;
      await this.read();
      void this.desk.reading.read();
      this.desk.deeds.say(said, back === null ? null : async () => { await back(); }, UNDO_SECONDS);
      next?.();
      return true;
    } catch (error) {
      if (!this.#ended(error)) await this.#refused(error);
      this.pending = null;
      return false;
    } finally {
      this.saving = false;
    }
  }

  async #refused(error: unknown): Promise<void> {
    if (error instanceof Refused && error.is('rule_changed')) {
      // What was typed is kept; saved again, it is compared with what stands now.
      const stands = error.fields['stands'] ?? null;
      await this.read();
      // Of a single day its row stands now; the opening itself is what it was.
      const ofDay = this.draft?.kind === 'opening' && stands !== null && 'exception' in (stands as object);
      if (this.draft !== null && !ofDay) this.draft = { ...this.draft, was: stands } as Draft;
      this.problem = t(this.draft === null ? 'rules.changed_meanwhile' : 'rules.changed_keep');
    } else if (error instanceof Refused && (error.is('visit_type_in_use') || error.is('resource_in_use'))) {
      const count = Number(error.fields['appointments']);
      this.problem = error.is('visit_type_in_use') ? tn('rules.type_in_use', count) : tn('rules.room_in_use', count);
    } else this.problem = inWords(error, this.desk, REFUSALS);
  }

  /** What is previewed is this agenda's offer. */
  preview(agenda: Id): void {
    this.agenda = agenda;
    if (!this.typesHere().some(({ visit_type: id }) => id === this.previewed)) this.previewed = this.typesHere()[0]?.visit_type ?? '';
  }

  /** Goes on to the hours of an agenda that was just added. */
  giveHours(agenda: Id): void {
    this.preview(agenda);
    this.part = 'hours';
  }

  /** Shows the week of a date in the preview. */
  look(date: LocalDate): void {
    this.from = date > this.today ? (monday(date) > this.today ? monday(date) : this.today) : this.today;
  }
}
