// SPDX-License-Identifier: AGPL-3.0-or-later
/** What a practice may begin with, by specialty, made into rows of its own: the template carries no ids. */
import { address, request } from '../../wire/request';
import type { Id, LocalDate } from '../../wire/types';
import { drawId } from './openings';
import type { HoursAsked, VisitTypeRow } from './routes';

interface Template {
  key: string;
  hours: { days: string[]; start_minute: number; end_minute: number }[];
  visit_types: Omit<VisitTypeRow, 'visit_type' | 'agendas' | 'resources'>[];
}

const readTemplate = (specialty: string) => request<Template>(address('/api/templates', { specialty }));

export async function hoursToBegin(specialty: string, agenda: Id, today: LocalDate): Promise<HoursAsked> {
  const { hours } = await readTemplate(specialty);
  return {
    agenda,
    openings: hours.map(({ days, start_minute, end_minute }) => ({
      was: null, scope: 'all',
      now: {
        opening: drawId(), agenda, first_date: today, last_date: null, start_minute, end_minute, rrule: `FREQ=WEEKLY;BYDAY=${days.join(',')}`,
        week_parity: 'all', visit_types: null,
      },
    })),
  };
}

export async function typesToBegin(specialty: string, agenda: Id): Promise<VisitTypeRow[]> {
  const { visit_types: types } = await readTemplate(specialty);
  return types.map((type) => ({ ...type, visit_type: drawId(), agendas: [agenda], resources: [] }));
}
