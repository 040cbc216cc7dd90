// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Reads days of agendas and keeps what was opened: a record is asked for again only when its revision is another.
 * Clear columns first, so that hours and types stand before any letter is opened.
 */
import type { Id, Instant, LocalDate } from '../../wire/types';
import { plain } from '../patients/folding';
import { addDays } from './days';
import { initialsOf } from './initials';
import { INKS, type Agenda, type Visit, type VisitType, type Week } from './model';
import { isOfFormerList, isSigned, openRows, type OpenedRow } from './open_records';
import { postAgenda, type AgendaAnswer, type AgendaRow, type House } from './routes';
import type { Seen } from './seen';
import type { OpenDesk } from './unlock';

/** Known records named in one request; what is not named comes again. */
export const KNOWN_MAX = 5_000;
/** Signatures checked between two turns of the page. */
const CHECK_BATCH_RECORDS = 25;
/** Letters opened between two looks of whoever waits for them: as many as a window shows. */
const OPEN_BATCH_RECORDS = 200;

const seconds = (instant: Instant) => Date.parse(instant) / 1000;

/** An agenda that was closed is shown for so long after its last day. */
export const ENDED_DAYS_SHOWN = 31;

function isShown(house: House, { site, last_date: last }: House['agendas'][number]): boolean {
  const today = house.sites.find((one) => one.site === site)?.today;
  return last === null || today === undefined || today <= addDays(last, ENDED_DAYS_SHOWN);
}

/** The practice's agendas in the order it gave them, each with its ink; one that takes no bookings has its visits still. */
export function agendasOf(house: House): Agenda[] {
  const shown = house.agendas.filter((one) => isShown(house, one)).sort((a, b) => a.position - b.position);
  const initials = initialsOf(house.practitioners.filter(({ practitioner }) => shown.some((one) => one.practitioner === practitioner)));
  return shown.flatMap((one, index): Agenda[] => {
    const site = house.sites.find((candidate) => candidate.site === one.site);
    const person = house.practitioners.find((candidate) => candidate.practitioner === one.practitioner);
    if (site === undefined || person === undefined) return [];
    const title = person.title === '' ? '' : `${person.title} `;
    return [{
      agenda: one.agenda, unit: one.unit, zone: site.timezone, site: site.name, siteId: site.site,
      practitioner: `${title}${person.given_name} ${person.family_name}`, short: `${title}${person.family_name}`,
      initials: initials.get(person.practitioner) ?? '',
      ink: ((index % INKS) + 1) as 1 | 2 | 3, letter: index < INKS ? null : String.fromCharCode(65 + index),
    }];
  });
}

/** Of these agendas the first one of the practitioner who bears a member's name: a practice says nowhere who is who. */
export function agendaOf(house: House, member: Id, agendas: readonly Agenda[]): Agenda | undefined {
  const name = plain(house.members.find((one) => one.member === member)?.name ?? '');
  const bears = (one: House['practitioners'][number]) => [`${one.given_name} ${one.family_name}`, `${one.title} ${one.given_name} ${one.family_name}`].some((words) => plain(words) === name);
  const own = new Set(house.practitioners.filter(bears).map(({ practitioner }) => practitioner));
  const theirs = new Set(house.agendas.filter(({ practitioner }) => own.has(practitioner)).map(({ agenda }) => agenda));
  return agendas.find(({ agenda }) => theirs.has(agenda));
}

export function visitTypesOf(house: House): VisitType[] {
  return house.visit_types.map((type) => ({
    visitType: type.visit_type, fr: type.name_fr, en: type.name_en, minutes: type.minutes, step: type.step_minutes, before: type.buffer_before_minutes, after: type.buffer_after_minutes,
    colour: type.colour, questions: type.questions,
    agendas: house.agendas.filter((agenda) => agenda.visit_types.includes(type.visit_type)).map(({ agenda }) => agenda),
  }));
}

/** Clear columns alone: what a closed desk, too, may show. */
export function weekOf(answer: AgendaAnswer, from: LocalDate, days: number, visitOf: (row: AgendaRow) => Visit): Week {
  const used = new Map<Id, Id[]>();
  for (const { record, resource } of answer.used) used.set(record, [...(used.get(record) ?? []), resource]);
  const span = (one: { start: Instant; end: Instant }) => ({ start: seconds(one.start), end: seconds(one.end) });
  return {
    from, days,
    visits: answer.appointments.map((row) => ({ ...visitOf(row), resources: used.get(row.record) ?? [] })),
    openings: answer.openings.map((one) => ({ agenda: one.agenda, ...span(one), visitTypes: one.visit_types })),
    absences: answer.absences.map((one) => ({ agenda: one.agenda, ...span(one) })),
    holds: answer.holds.map((one) => ({ agenda: one.agenda, ...span(one) })),
    holidays: answer.holidays.map(({ agenda, date, fr, en }) => ({ agenda, date, fr, en })),
  };
}

/** A row of which nothing is opened. */
export function sealedVisit(row: AgendaRow, unit: Id): Visit {
  const start = seconds(row.start);
  return {
    record: row.record, agenda: row.agenda, unit, start, end: start + row.minutes * 60, minutes: row.minutes, visitType: row.visit_type, status: row.status,
    confirmed: row.confirmed, overbooked: row.overbooked, rev: row.rev, acts: row.acts,
    reading: 'sealed', identity: null, verified: null, fresh: false, writer: null, linked: false, formerList: false, resources: [],
  };
}

interface Kept {
  opened: OpenedRow;
  verified: boolean | null;
  seen: boolean;
}

/** What one open desk has read. Forgotten with it. */
export class AgendaBook {
  readonly #kept = new Map<Id, Kept>();
  #answer: AgendaAnswer = { appointments: [], openings: [], absences: [], holidays: [], holds: [], used: [], rules_version: 0 };
  #window: { from: LocalDate; days: number };
  /** First days of the windows read so far: what comes into one of them later has just been booked. */
  readonly #before = new Set<LocalDate>();
  #again = false;

  constructor(readonly desk: OpenDesk, readonly seen: Seen, from: LocalDate, days: number) {
    this.#window = { from, days };
  }

  /** Reads the window anew; `rows` are those whose letters are still to be opened. Throws Refused, NoAnswer, NotNow. */
  async read(agendas: readonly Id[], from: LocalDate, days: number): Promise<{ week: Week; toOpen: AgendaRow[] }> {
    const known = [...this.#kept.values()].slice(-KNOWN_MAX).map(({ opened }) => ({ record: opened.row.record, rev: opened.row.rev }));
    this.#answer = await postAgenda(this.desk.practice.practice, { agendas, from, days, known, kids: this.desk.kids });
    // Written down even where there is nothing yet: what is booked from now on is news.
    this.seen.add();
    this.#window = { from, days };
    this.#again = this.#before.has(from);
    this.#before.add(from);
    const toOpen = this.#answer.appointments.filter((row) => row.sealed != null && this.#kept.get(row.record)?.opened.row.rev !== row.rev);
    return { week: this.week(), toOpen };
  }

  /** Whether the last appointments of the window are missing: there are more than one reading takes. */
  get cut(): boolean {
    return this.#answer.complete_until != null;
  }

  /** The version of the rules of the agendas read last. */
  get rulesVersion(): number {
    return this.#answer.rules_version;
  }

  /** Opens these rows in their order; calls `tell` after each batch but the last. Answers those opened now, for compaction. */
  async open(rows: readonly AgendaRow[], tell: () => void): Promise<OpenedRow[]> {
    const all: OpenedRow[] = [];
    for (let from = 0; from < rows.length; from += OPEN_BATCH_RECORDS) {
      if (from > 0) tell();
      const opened = await openRows(this.desk, rows.slice(from, from + OPEN_BATCH_RECORDS).map(({ sealed }) => sealed!));
      this.#keep(opened);
      all.push(...opened);
    }
    return all;
  }

  #keep(opened: readonly OpenedRow[]): void {
    const firstLook = this.seen.first && !this.#again;
    // At this browser's first look nothing is news: everything would be.
    const known = opened.filter((one) => one.row.writer === 'member' || firstLook);
    this.seen.add(...known.map(({ row }) => row));
    for (const one of opened) this.#kept.set(one.row.record, { opened: one, verified: null, seen: this.seen.has(one.row.record, one.row.rev) });
  }

  /** Checks signatures not checked yet, in turns; calls `tell` when some are new. */
  async check(tell: () => void, turn: () => Promise<void>): Promise<void> {
    const due = [...this.#kept.values()].filter(({ verified, opened }) => verified === null && opened.record !== null);
    for (let from = 0; from < due.length; from += CHECK_BATCH_RECORDS) {
      await turn();
      await Promise.all(due.slice(from, from + CHECK_BATCH_RECORDS).map(async (one) => {
        one.verified = await isSigned(this.desk, one.opened.record!);
      }));
    }
    if (due.length > 0) tell();
  }

  markSeen(record: Id, rev: number): void {
    this.seen.add({ record, rev });
    const kept = this.#kept.get(record);
    if (kept !== undefined) kept.seen = true;
  }

  /** Throws away what is known of a record: the next read brings it whole. */
  forget(record: Id): void {
    this.#kept.delete(record);
  }

  week(): Week {
    const { from, days } = this.#window;
    return weekOf(this.#answer, from, days, (row) => this.#visit(row));
  }

  #visit(row: AgendaRow): Visit {
    const unit = this.desk.house.agendas.find(({ agenda }) => agenda === row.agenda)?.unit ?? '';
    const kept = this.#kept.get(row.record);
    const visit = sealedVisit(row, kept?.opened.row.unit ?? unit);
    if (kept === undefined || kept.opened.row.rev !== row.rev) return visit;
    const { opened } = kept;
    const { slot } = opened.row;
    // The clear columns beside a letter must be the ones it was sealed to, or a name would stand at another's hour.
    const moved = slot.agenda !== row.agenda || seconds(slot.start) !== visit.start || slot.minutes !== row.minutes || slot.visit_type !== row.visit_type;
    const reading = moved ? 'unreadable' : opened.reading;
    return {
      ...visit, reading, identity: reading === 'open' ? opened.identity : null, verified: kept.verified, fresh: !kept.seen,
      writer: opened.row.writer, linked: opened.row.pkh !== null, formerList: opened.record !== null && isOfFormerList(this.desk, opened.record),
    };
  }
}

