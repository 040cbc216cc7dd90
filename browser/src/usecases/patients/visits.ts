// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * One person's appointments among those of their unit: the days asked for are read as an agenda is read, and opened here. No request
 * says whose they are. What was opened once is not asked for again.
 */
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
    const agendas = this.desk.house.agendas.filter((agenda) => agenda.unit === unit).map(({ agenda }) => agenda);
    const found: Visit[] = [];
    if (agendas.length === 0) return found;
    for (let first = from; first <= until; first = addDays(first, DAYS_PER_REQUEST)) {
      const days = Math.min(DAYS_PER_REQUEST, 1 + Math.round((Date.parse(until) - Date.parse(first)) / 86_400_000));
      const known = [...this.#opened.values()].slice(-KNOWN_MAX).map(({ row: { record, rev } }) => ({ record, rev }));
      const { appointments } = await postAgenda(this.desk.practice.practice, { agendas, from: first, days, known, kids: this.desk.kids });
      const fresh = appointments.flatMap(({ sealed }) => (sealed == null ? [] : [sealed]));
      for (const opened of await openRows(this.desk, fresh)) this.#opened.set(opened.row.record, opened);
      for (const row of appointments) {
        const visit = await this.#visit(row, isTheirs);
        if (visit !== null) found.push(visit);
      }
    }
    return found.sort((a, b) => a.start - b.start);
  }

  async #visit(row: AgendaRow, isTheirs: (visit: Visit) => boolean): Promise<Visit | null> {
    const opened = this.#opened.get(row.record);
    if (opened === undefined || opened.reading !== 'open' || opened.row.rev !== row.rev || opened.record === null) return null;
    // The hour is the one the letter was sealed to, whatever stands beside it in clear.
    const { slot, unit } = opened.row;
    const clear = { ...row, agenda: slot.agenda, start: slot.start, minutes: slot.minutes, visit_type: slot.visit_type };
    const visit: Visit = { ...sealedVisit(clear, unit), reading: 'open', identity: opened.identity };
    return isTheirs(visit) ? { ...visit, verified: await isSigned(this.desk, opened.record) } : null;
  }
}
