// SPDX-License-Identifier: AGPL-3.0-or-later
/** Who read what: what is asked of the access ledger, what was answered, and the words for it. */
import { SvelteMap } from 'svelte/reactivity';
import { hex, idFromUuid } from '../../../seal/bytes';
import { addDays, dateAt } from '../../../usecases/desk/days';
import { csv, LEDGER_DAYS_MAX, readAllLines, readFigures, readLines, type Figures, type Line, type Lines, type Part, type Purpose, type Wanted } from '../../../usecases/members/ledger';
import { NoAnswer, NotNow, Refused, isOver } from '../../../wire/problem';
import type { Id, LocalDate } from '../../../wire/types';
import { language, t, tn, type WordKey } from '../../../words/index';
import { listed } from '../../../words/when';
import { saveFile } from '../../parts/save_file';
import type { Desk } from '../desk.svelte';
import { dateInWords, dayLetters, fullName, hourInWords, whenInWords } from '../say';
import { inWords } from '../wrong';
import { reference, roleInWords } from './say';
import type { Team } from './team.svelte';

export const SPELLS = [7, 30, 90] as const;
export type Spell = (typeof SPELLS)[number] | 'own';
/** "everybody", "members", "links", or a member's id. */
export type Who = string;

const WRONG: Readonly<Record<string, WordKey>> = { not_your_role: 'members.wrong.not_your_role' };
export const PART_NAMES: Readonly<Record<Part, WordKey>> = { id: 'readings.id', ct: 'readings.ct', rs: 'readings.rs', card: 'readings.card', index: 'readings.index' };
const THE_PART: Readonly<Record<Part, WordKey>> = { id: 'readings.the_id', ct: 'readings.the_ct', rs: 'readings.the_rs', card: 'readings.card', index: 'readings.index' };
const FOR: Readonly<Record<Purpose, WordKey>> = {
  agenda: 'readings.for.agenda', unopened: 'readings.for.unopened', record: 'readings.for.record', link: 'readings.for.link', cards: 'readings.for.cards', index: 'readings.for.index', feed: 'readings.for.feed',
};

export class Readings {
  spell = $state<Spell>(7);
  from = $state<LocalDate>('');
  to = $state<LocalDate>('');
  who = $state<Who>('everybody');
  part = $state<Part | ''>('');
  record = $state<Id | null>(null);
  figures = $state.raw<Figures | null>(null);
  lines = $state.raw<Lines | null>(null);
  problem = $state<string | null>(null);
  busy = $state(false);
  saving = $state(false);
  /** Who read and is in the team no more: they stay to be chosen when their lines are not shown. */
  readonly former = new SvelteMap<Id, string>();
  #asked = 0;

  constructor(readonly desk: Desk, readonly team: Team) {
    this.to = desk.shown.today;
    this.from = addDays(this.to, -6);
  }

  get #practice(): Id {
    return this.desk.open.practice.practice;
  }

  /** The days that are meant; null while somebody types a period that cannot be. */
  get period(): { from: LocalDate; to: LocalDate } | null {
    const today = this.desk.shown.today;
    if (this.spell !== 'own') return { from: addDays(today, 1 - this.spell), to: today };
    const { from, to } = this;
    return from !== '' && to !== '' && from <= to && addDays(from, LEDGER_DAYS_MAX) > to ? { from, to } : null;
  }

  get #wanted(): Wanted | null {
    const { period, who, record, part } = this;
    if (period === null) return null;
    const kind = who === 'members' || who === 'links' ? who : 'everybody';
    return { ...period, who: kind, member: kind === who || who === 'everybody' ? null : who, record, ...(part === '' ? {} : { parts: [part] }) };
  }

  /** Asks anew. Of two questions the later one is answered. */
  async read(): Promise<void> {
    const wanted = this.#wanted;
    this.problem = wanted === null ? t('readings.wrong.period', { days: LEDGER_DAYS_MAX }) : null;
    const asked = ++this.#asked;
    if (wanted === null) return;
    await this.#attempt(async () => {
      const [figures, lines] = await Promise.all([readFigures(this.#practice, wanted), readLines(this.#practice, wanted, null)]);
      if (asked !== this.#asked) return;
      this.figures = figures;
      this.lines = lines;
      for (const { member } of figures.readers) if (member !== null && this.#named(member) === '') this.former.set(member, this.nameOf(member));
    });
  }

  /** The lines before those that are shown. */
  async more(): Promise<void> {
    const [wanted, before, asked] = [this.#wanted, this.lines, this.#asked];
    if (wanted === null || before === null || this.busy) return;
    await this.#attempt(async () => {
      const lines = await readLines(this.#practice, wanted, before);
      if (asked === this.#asked) this.lines = lines;
    });
  }

  /** Hands the owner a table of all that is wanted. It is made here: the server knows no name. */
  async save(): Promise<void> {
    const wanted = this.#wanted;
    if (wanted === null || this.saving) return;
    this.saving = true;
    await this.#attempt(async () => {
      const all = await readAllLines(this.#practice, wanted);
      if (all === null) {
        this.problem = t('readings.wrong.too_large');
        return;
      }
      saveFile(new Blob([csv(this.#table(all), language())], { type: 'text/csv' }), `${t('readings.file')}-${wanted.from}-${wanted.to}.csv`);
      this.desk.deeds.say(tn('readings.saved', all.lines.length));
    });
    this.saving = false;
  }

  async #attempt(deed: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await deed();
    } catch (error) {
      if (isOver(error)) {
        this.desk.closeFor(error);
        return;
      }
      if (!(error instanceof Refused || error instanceof NoAnswer || error instanceof NotNow)) throw error;
      this.problem = inWords(error, this.desk, WRONG);
    } finally {
      this.busy = false;
    }
  }

  #table({ timezone, lines, places }: Lines): string[][] {
    const rows = lines.flatMap((line) => {
      const at = Date.parse(line.at) / 1000;
      const said = [dateAt(timezone, at), new Date(line.at).toISOString(), this.nameOf(line.member), this.roleOf(line.member), t(FOR[line.purpose]), line.parts.map((part) => t(PART_NAMES[part])).join(', ')];
      return line.records.map((record) => {
        const place = places.get(record);
        const visit = this.desk.reading.visit(record);
        return [...said, record, place === undefined ? '' : new Date(place.start).toISOString(), this.#practitioner(place?.agenda), (visit && fullName(visit)) ?? ''];
      });
    });
    const heads = [
      t('readings.col.day'), t('readings.col.at'), t('readings.col.reader'), t('readings.col.role'), t('readings.col.for'), t('readings.col.parts'),
      t('readings.col.record'), t('readings.col.start'), t('readings.col.practitioner'), t('readings.col.patient'),
    ];
    return [heads, ...rows];
  }

  #named(member: Id): string {
    return this.team.nameOf(member);
  }

  /** Whoever left the team is told from others by a few signs of their id. */
  nameOf(member: Id | null): string {
    if (member === null) return t('readings.link');
    return this.#named(member) || t('readings.former', { ref: reference(member) });
  }

  roleOf(member: Id | null): string {
    const role = member === null ? null : this.team.roster.roleEver(idFromUuid(member));
    return role === null ? '' : roleInWords(role);
  }

  /** Whether somebody else sees that the ledger only grows, and when they last did. */
  witnessed({ witness, timezone }: Figures): string {
    if (witness === null) return t('readings.witness.none');
    const when = (at: string) => whenInWords(timezone, Date.parse(at) / 1000);
    if (witness.away_since !== null) return t('readings.witness.away', { when: when(witness.away_since) });
    return witness.at === null ? t('readings.witness.soon') : t('readings.witness.seen', { when: when(witness.at) });
  }

  hour(line: Line): string {
    return hourInWords(this.lines?.timezone ?? this.desk.rules.zone, Date.parse(line.at) / 1000);
  }

  dayOf = (at: string): LocalDate => dateAt(this.lines?.timezone ?? this.desk.rules.zone, Date.parse(at) / 1000);

  day(day: LocalDate): string {
    const weekday = dayLetters(day, 'long');
    return t('readings.day', { weekday, date: dateInWords(day) });
  }

  /** What somebody did, after their name. */
  did({ purpose, parts, records }: Line): string {
    const count = records.length;
    if (purpose === 'agenda') return tn('readings.did.agenda', count);
    if (purpose === 'unopened') return tn('readings.did.unopened', count);
    if (purpose === 'cards') return tn('readings.did.cards', count);
    if (purpose === 'feed') return tn('readings.did.feed', count);
    if (purpose === 'index') return t('readings.did.index');
    if (purpose === 'link') return t('readings.did.link');
    return t('readings.did.record', { parts: listed(parts.map((part) => t(THE_PART[part]))) });
  }

  /** Whether a record can be asked about: an appointment, not a card or a unit's index. */
  asksAbout({ purpose }: Line): boolean {
    return purpose !== 'cards' && purpose !== 'index';
  }

  /** Whose, as far as this desk has it open; when and with whom; else the first signs of its id. */
  recordInWords(record: Id, purpose: Purpose): string {
    if (purpose === 'cards') return t('readings.card_ref', { ref: reference(record) });
    if (purpose === 'index') return this.team.unitName(record) || t('readings.elsewhere', { ref: reference(record) });
    const place = this.lines?.places.get(record);
    if (place === undefined) return t('readings.elsewhere', { ref: reference(record) });
    const visit = this.desk.reading.visit(record);
    const name = visit === undefined ? null : fullName(visit);
    const when = whenInWords(this.desk.rules.zoneOf(place.agenda), Date.parse(place.start) / 1000);
    return [...(name === null ? [] : [name]), when, this.#practitioner(place.agenda)].filter((each) => each !== '').join(', ');
  }

  #practitioner(agenda: Id | undefined): string {
    return agenda === undefined ? '' : (this.desk.rules.agenda(agenda)?.short ?? '');
  }

  /** The agenda, on this appointment's day, where its name can be read. */
  async open(record: Id): Promise<void> {
    const place = this.lines?.places.get(record);
    if (place === undefined) return;
    const { desk } = this;
    desk.room = 'agenda';
    await desk.shown.show(dateAt(desk.rules.zoneOf(place.agenda), Date.parse(place.start) / 1000));
    desk.choice.select({ kind: 'visit', record });
  }

  /** Whether this desk can show the appointment: it is in a unit of the owner's, and stands. */
  opens(record: Id): boolean {
    return this.lines?.places.has(record) ?? false;
  }

  /** Roles and members as the signed chain has them now; names as the practice gave them. */
  get members(): { member: Id; name: string }[] {
    const known = this.team.people.map(({ member, name }) => ({ member, name }));
    const ids = new Set(known.map(({ member }) => hex(idFromUuid(member))));
    return [...known, ...[...this.former].filter(([member]) => !ids.has(hex(idFromUuid(member)))).map(([member, name]) => ({ member, name }))];
  }
}
