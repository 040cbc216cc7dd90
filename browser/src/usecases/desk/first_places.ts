// SPDX-License-Identifier: AGPL-3.0-or-later
/** The first free places over several agendas and sites: one question, with somebody on the phone. */
import type { Id, LocalDate } from '../../wire/types';
import type { Agenda, VisitType } from './model';
import { postFirstPlaces } from './routes';
import type { OpenDesk } from './unlock';

/** Of one agenda so many places at most, so that the others are seen beside it. */
export const PLACES_EACH = 4;
export const PLACES_MOST = 24;

/** A kind of visit by its name: several visit types of a practice may share one. */
export interface Kind {
  name: string;
  visitTypes: readonly Id[];
}

export interface FoundPlace {
  agenda: Id;
  visitType: Id;
  start: number;
  minutes: number;
}

export interface FoundPlaces {
  places: FoundPlace[];
  /** The last day looked at. */
  until: LocalDate;
  more: boolean;
}

export interface Question {
  kind: Kind;
  /** None means any. */
  practitioners: ReadonlySet<string>;
  site: Id | null;
  from: LocalDate;
  part: 'any' | 'morning' | 'afternoon';
  /** 1 is Monday; none means any. */
  weekdays: ReadonlySet<number>;
}

/** The kinds of visit that some of these agendas take, by name, in the practice's order. */
export function kindsOf(types: readonly VisitType[], agendas: readonly Agenda[], name: (type: VisitType) => string): Kind[] {
  const here = new Set(agendas.map(({ agenda }) => agenda));
  const kinds = new Map<string, Id[]>();
  for (const type of types) {
    if (!type.agendas.some((agenda) => here.has(agenda))) continue;
    kinds.set(name(type), [...(kinds.get(name(type)) ?? []), type.visitType]);
  }
  return [...kinds].map(([kind, visitTypes]) => ({ name: kind, visitTypes }));
}

/** The agendas a question is put to. */
export function askedOf(agendas: readonly Agenda[], { practitioners, site }: Pick<Question, 'practitioners' | 'site'>): Agenda[] {
  return agendas.filter((one) => (practitioners.size === 0 || practitioners.has(one.practitioner)) && (site === null || one.siteId === site));
}

/** Throws Refused, NoAnswer, NotNow. Nothing is asked where no agenda is left. */
export async function firstPlaces(desk: OpenDesk, agendas: readonly Agenda[], question: Question): Promise<FoundPlaces> {
  const asked = askedOf(agendas, question);
  if (asked.length === 0) return { places: [], until: question.from, more: false };
  const { places, until, more } = await postFirstPlaces(desk.practice.practice, {
    agendas: asked.map(({ agenda }) => agenda), visit_types: question.kind.visitTypes, from: question.from, part: question.part,
    weekdays: [...question.weekdays], each: PLACES_EACH, most: PLACES_MOST,
  });
  return {
    places: places.map((one) => ({ agenda: one.agenda, visitType: one.visit_type, start: Date.parse(one.start) / 1000, minutes: one.minutes })), until, more,
  };
}
