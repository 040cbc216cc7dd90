// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * One person's appointments among those of their unit: the days asked for are read as an agenda is read, and opened here. No request
 * says whose they are. What was opened once is not asked for again.
 */
import type { SealedRecord } from '../../seal/revision';
import type { Id, LocalDate } from '../../wire/types';
import { addDays } from '../desk/days';
import type { Visit } from '../desk/model';
import { isSigned, openRows, type OpenedRow } from '../desk/open_records';
import { KNOWN_MAX, sealedVisit } from '../desk/read_agenda';
import { postAgenda, type AgendaRow } from '../desk/routes';
import type { OpenDesk } from '../desk/unlock';
import { KEPT_MONTHS } from './cards';

/** What one request reads: the server takes 35. */
const DAYS_PER_REQUEST = 35;

/** The last day on which a card with this month can have an appointment to come: whoever booked, the card falls so long after it. */
export function lastVisitDay(month: number): LocalDate {
  const count = Math.floor(month / 100) * 12 + (month % 100) - KEPT_MONTHS;
  return addDays(`${Math.floor(count / 12)}-${String((count % 12) + 1).padStart(2, '0')}-01`, -1);
}

export class VisitSearch {
  readonly #opened = new Map<Id, OpenedRow>();

  constructor(readonly desk: OpenDesk) {}

  /** `isTheirs` is asked of each that opens. Throws Refused, NoAnswer, NotNow. */
  async find(unit: Id, from: LocalDate, until: LocalDate, isTheirs: (visit: Visit) => boolean): Promise<Visit[]> {
    const found: Visit[] = [];
    for (const { visit, record } of await this.opened(unit, from, until)) {
      if (isTheirs(visit)) found.push({ ...visit, verified: await isSigned(this.desk, record) });
    }
    return found.sort((a, b) => a.start - b.start);
  }

  /** Everybody's of these days, as far as they open here; signatures are not checked. Throws Refused, NoAnswer, NotNow. */
  async opened(unit: Id, from: LocalDate, until: LocalDate): Promise<{ visit: Visit; record: SealedRecord }[]> {
    const agendas = this.desk.house.agendas.filter((agenda) => agenda.unit === unit).map(({ agenda }) => agenda);
    const all: { visit: Visit; record: SealedRecord }[] = [];
    if (agendas.length === 0) return all;
    for (let first = from; first <= until; first = addDays(first, DAYS_PER_REQUEST)) {
      const days = Math.min(DAYS_PER_REQUEST, 1 + Math.round((Date.parse(until) - Date.parse(first)) / 86_400_000));
      const known = [...this.#opened.values()].slice(-KNOWN_MAX).map(({ row: { record, rev } }) => ({ record, rev }));
      const { appointments } = await postAgenda(this.desk.practice.practice, { agendas, from: first, days, known, kids: this.desk.kids });
      const fresh = appointments.flatMap(({ sealed }) => (sealed == null ? [] : [sealed]));
      for (const opened of await openRows(this.desk, fresh)) this.#opened.set(opened.row.record, opened);
      all.push(...appointments.flatMap((row) => this.#visit(row) ?? []));
    }
    return all;
  }

  #visit(row: AgendaRow): { visit: Visit; record: SealedRecord } | null {
    const opened = this.#opened.get(row.record);
    if (opened === undefined || opened.reading !== 'open' || opened.row.rev !== row.rev || opened.record === null) return null;
    // The hour is the one the letter was sealed to, whatever stands beside it in clear.
    const { slot, unit, writer } = opened.row;
    const clear = { ...row, agenda: slot.agenda, start: slot.start, minutes: slot.minutes, visit_type: slot.visit_type };
    return { visit: { ...sealedVisit(clear, unit), reading: 'open', identity: opened.identity, writer }, record: opened.record };
  }
}
