// SPDX-License-Identifier: AGPL-3.0-or-later
/** The room of rules: what was read, what is being written, what patients would be offered, who stands in the way. */
import { idFromUuid } from '../../../seal/bytes';
import { dateAt, monday } from '../../../usecases/desk/days';
import { isOutage } from '../../../usecases/desk/routes';
import { undone } from '../../../usecases/rules/dates';
import {
  postAgendaSettings, postHours, postPractitionerTexts, postPreview, postResource, postSiteTexts, postVisitType, readRules,
  type AbsenceRow, type HoursAsked, type HoursChanged, type RuleRows, type Swap, type VisitTypeRow,
} from '../../../usecases/rules/routes';
import { Refused } from '../../../wire/problem';
import type { Id, LocalDate } from '../../../wire/types';
import { t, tn, type WordKey } from '../../../words/index';
import type { Desk } from '../desk.svelte';
import { inWords } from '../wrong';
import type { Draft, NewDraft } from './draft';

export const PARTS = ['hours', 'dates', 'types', 'rooms', 'texts'] as const;
export type Part = (typeof PARTS)[number];

const REFUSALS: Readonly<Record<string, WordKey>> = {
  not_your_role: 'rules.wrong_role', rule_id_taken: 'rules.wrong_again', too_many_rules: 'rules.wrong_many', of_another_unit: 'rules.wrong_unit',
  invalid_rule: 'rules.wrong_rule', no_such_rule: 'rules.wrong_gone', malformed: 'rules.wrong_rule',
};

/** What is kept of a room that somebody left: an unsaved draft is there again when they come back. */
const kept = new WeakMap<Desk, RulesDesk>();

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
  found = $state.raw<HoursChanged | null>(null);
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
    this.agenda = this.agendas[0]?.agenda ?? '';
    this.from = this.today;
  }

  /** The agendas of this member's units, closed ones too. */
  get agendas(): { agenda: Id; name: string; site: Id }[] {
    const { house, units } = this.desk.open;
    return house.agendas.filter(({ unit }) => units.has(unit)).sort((a, b) => a.position - b.position).map((one) => {
      const person = house.practitioners.find(({ practitioner }) => practitioner === one.practitioner);
      const site = house.sites.find((place) => place.site === one.site);
      const who = person === undefined ? '' : `${person.title === '' ? '' : `${person.title} `}${person.given_name} ${person.family_name}`;
      const where = house.sites.length > 1 && site !== undefined ? `, ${site.name}` : '';
      return { agenda: one.agenda, site: one.site, name: `${who}${where}${one.name === '' ? '' : ` (${one.name})`}` };
    });
  }

  get zone(): string {
    const { house } = this.desk.open;
    const site = this.agendas.find(({ agenda }) => agenda === this.agenda)?.site;
    return house.sites.find((place) => place.site === site)?.timezone ?? this.desk.rules.zone;
  }

  get today(): LocalDate {
    return dateAt(this.zone, this.desk.shown.now);
  }

  /** Visit types, rooms and texts are the owner's and the practitioners'. */
  get mayCare(): boolean {
    const { trusted, practice } = this.desk.open;
    return trusted.roster.member(idFromUuid(practice.member))?.role !== 'secretary';
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
      if (!this.typesHere().some(({ visit_type: id }) => id === this.previewed)) this.previewed = this.typesHere()[0]?.visit_type ?? '';
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
      this.agenda = agenda;
      this.found = null;
      if (!this.typesHere().some(({ visit_type: id }) => id === this.previewed)) this.previewed = this.typesHere()[0]?.visit_type ?? '';
    });
  }

  choosePart(part: Part): void {
    this.leaveFor(() => {
      this.part = part;
      this.found = null;
    });
  }

  /** Saves a change of hours; appointments in the way are shown, and what the server can turn round can be taken back. */
  async saveHours(asked: readonly HoursAsked[], said: string): Promise<boolean> {
    return this.#save(async () => {
      const turnable = asked.every((one) => this.#turnable(one));
      const all: HoursChanged = { stranded: [], booking: 0 };
      this.found = null;
      for (const one of asked) {
        const changed = await postHours(this.desk.open.practice.practice, one);
        all.stranded.push(...changed.stranded);
        all.booking += changed.booking;
        // Told even where the next agenda's change is refused.
        this.found = all.stranded.length > 0 || all.booking > 0 ? { ...all } : null;
      }
      const back = async () => {
        await this.saveHours([...asked].reverse().map((one) => this.#turned(one)), t('rules.taken_back'));
      };
      this.desk.deeds.say(said, turnable ? back : null);
    });
  }

  /** A split is the server's work, and so is what falls with a deleted opening: these are not turned round here. */
  #turnable(asked: HoursAsked): boolean {
    return (asked.openings ?? []).every(({ was, now, scope }) =>
      scope === 'day' || (scope === 'all' && (now !== null || !this.rows?.exceptions.some(({ opening }) => opening === was?.opening))));
  }

  /** What takes a change of hours back; of a single day, the row that stands for it now. */
  #turned(asked: HoursAsked): HoursAsked {
    const openings = (asked.openings ?? []).filter(({ scope }) => scope === 'all');
    const days = (asked.openings ?? []).filter(({ scope }) => scope === 'day').map(({ was, day, exception }) => ({
      was: this.rows?.exceptions.find((row) => row.opening === was?.opening && row.on_date === day) ?? null, now: exception ?? null,
    }));
    const back = undone(asked);
    return {
      ...back, openings: openings.map(({ was, now }) => ({ was: now, now: was, scope: 'all' as const })).reverse(),
      exceptions: [...days.filter(({ was, now }) => was !== null || now !== null).reverse(), ...(back.exceptions ?? [])],
    };
  }

  /** Shows the appointments that stand in an absence, as on the day it was written. */
  async whoStandsIn(row: AbsenceRow): Promise<void> {
    const type = this.types[0];
    if (type === undefined) return;
    this.problem = null;
    try {
      const ask = { hours: { agenda: row.agenda, absences: [{ was: null, now: row }] }, visit_type: type.visit_type, rule: type, from: this.today, days: 1 };
      const { in_the_way: found } = await postPreview(this.desk.open.practice.practice, ask);
      this.found = found.stranded.length > 0 || found.booking > 0 ? found : null;
      if (this.found === null) this.desk.deeds.say(t('rules.nobody'));
    } catch (error) {
      if (!this.#ended(error)) this.problem = inWords(error, this.desk, REFUSALS);
    }
  }

  saveVisitType(swap: Swap<VisitTypeRow>, said: string): Promise<boolean> {
    return this.#saveRow(() => postVisitType(this.desk.open.practice.practice, swap), said);
  }

  /** Puts visit types in this order; only those whose place changes are written. */
  orderTypes(order: readonly VisitTypeRow[], said: string): Promise<boolean> {
    return this.#saveRow(async () => {
      for (const [position, was] of order.entries()) {
        if (was.position !== position) await postVisitType(this.desk.open.practice.practice, { was, now: { ...was, position } });
      }
    }, said);
  }

  /** Begins with the specialty's usual hours, or its visit types. */
  async beginWith(read: (specialty: string) => Promise<{ hours?: HoursAsked; types?: VisitTypeRow[] }>): Promise<void> {
    const { house, practice } = this.desk.open;
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
      await this.#saveRow(async () => {
        for (const now of types) await postVisitType(practice.practice, { was: null, now });
      }, t('rules.begun'));
    }
  }

  /** Saves the draft of a room, of settings or of texts. */
  saveDraft(draft: Draft, said: string): Promise<boolean> {
    const { practice } = this.desk.open.practice;
    switch (draft.kind) {
      case 'resource': return this.#saveRow(() => postResource(practice, { was: draft.was, now: $state.snapshot(draft.form) }), said);
      case 'agenda': return this.#saveRow(() => postAgendaSettings(practice, { was: draft.was, now: $state.snapshot(draft.form) }), said);
      case 'site': return this.#saveRow(() => postSiteTexts(practice, { was: draft.was, now: $state.snapshot(draft.form) }), said);
      case 'practitioner': return this.#saveRow(() => postPractitionerTexts(practice, { was: draft.was, now: $state.snapshot(draft.form) }), said);
      default: throw new Error(`No draft of this kind is saved so: ${draft.kind}`);
    }
  }

  deleteResource(row: RuleRows['resources'][number], said: string): Promise<boolean> {
    return this.#saveRow(() => postResource(this.desk.open.practice.practice, { was: row, now: null }), said);
  }

  #saveRow(post: () => Promise<unknown>, said: string): Promise<boolean> {
    return this.#save(async () => {
      await post();
      this.desk.deeds.say(said);
      // Names of types and people are shown all over the desk.
      await this.desk.readHouse();
    });
  }

  async #save(deed: () => Promise<void>): Promise<boolean> {
    if (this.saving) return false;
    this.saving = true;
    this.problem = null;
    const next = this.pending;
    try {
      await deed();
      this.draft = null;
      this.pending = null;
      await this.read();
      void this.desk.reading.read();
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

  /** Shows the week of a date in the preview. */
  look(date: LocalDate): void {
    this.from = date > this.today ? (monday(date) > this.today ? monday(date) : this.today) : this.today;
  }
}
