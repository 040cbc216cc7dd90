// SPDX-License-Identifier: AGPL-3.0-or-later
/** What a closed desk may show while its session lives: today's hours and types of visit. No key, no name. */
import { dateAt } from './days';
import { takesTime } from './model';
import { agendasOf, sealedVisit, visitTypesOf, weekOf } from './read_agenda';
import { postAgenda, readHouse, readMe } from './routes';

export interface Glance {
  start: number;
  zone: string;
  visitType: string;
}

/** The rest of today, or null where no session lives or no answer comes: a closed desk explains neither. */
export async function glance(language: 'fr' | 'en', slug: string | null): Promise<Glance[] | null> {
  try {
    const { practices } = await readMe();
    const practice = practices.find((one) => one.slug === slug) ?? practices[0];
    if (practice === undefined) return null;
    const house = await readHouse(practice.practice);
    const agendas = agendasOf(house);
    const types = visitTypesOf(house);
    const now = Date.now() / 1000;
    const from = dateAt(agendas[0]?.zone ?? 'Europe/Paris', now);
    const answer = await postAgenda(practice.practice, { agendas: agendas.map(({ agenda }) => agenda), from, days: 1, known: [], kids: [] });
    return weekOf(answer, from, 1, (row) => sealedVisit(row, '')).visits
      .filter((visit) => takesTime(visit) && visit.end > now)
      .sort((a, b) => a.start - b.start)
      .map((visit) => ({
        start: visit.start,
        zone: agendas.find(({ agenda }) => agenda === visit.agenda)?.zone ?? 'Europe/Paris',
        visitType: types.find((type) => type.visitType === visit.visitType)?.[language] ?? '',
      }));
  } catch {
    return null;
  }
}
