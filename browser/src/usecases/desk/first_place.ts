// SPDX-License-Identifier: AGPL-3.0-or-later
/** The first time from now on that a visit could be moved to, in its own agenda. */
import { dateAt } from './days';
import { placesFor } from './lanes';
import { takesTime, type Visit, type VisitType } from './model';
import { sealedVisit, weekOf } from './read_agenda';
import { postAgenda } from './routes';
import type { OpenDesk } from './unlock';

/** How far one answer of the agenda reaches. */
export const PLACE_DAYS_MAX = 35;

/** Null when there is none within PLACE_DAYS_MAX days. Asks for clear columns only: nothing is opened. */
export async function firstPlace(desk: OpenDesk, visit: Visit, type: VisitType, zone: string, now: number): Promise<number | null> {
  const from = dateAt(zone, now);
  const answer = await postAgenda(desk.practice.practice, { agendas: [visit.agenda], from, days: PLACE_DAYS_MAX, known: [], kids: [] });
  const week = weekOf(answer, from, PLACE_DAYS_MAX, (row) => sealedVisit(row, visit.unit));
  const taken = [...week.visits.filter((one) => (takesTime(one) || one.status === 'requested') && one.record !== visit.record), ...week.holds, ...week.absences];
  const places = placesFor({ ...type, minutes: visit.minutes }, week.openings, taken, now);
  return places.find((start) => start !== visit.start) ?? null;
}
