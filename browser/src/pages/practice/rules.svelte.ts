// SPDX-License-Identifier: AGPL-3.0-or-later
/** The practice's agendas and visit types, as this member's desk looks them up; what shows them follows when they change. */
import { answerInWords } from '../parts/answer';
import type { Agenda, Visit, VisitType } from '../../usecases/desk/model';
import { agendaOf, agendasOf, visitTypesOf } from '../../usecases/desk/read_agenda';
import type { OpenDesk } from '../../usecases/desk/unlock';
import type { Id } from '../../wire/types';
import { language } from '../../words/index';

export class Rules {
  agendas = $state.raw<readonly Agenda[]>([]);
  visitTypes = $state.raw<readonly VisitType[]>([]);
  /** The member's own, where they are a practitioner here. */
  own = $state.raw<Agenda | undefined>(undefined);
  #resources = $state.raw<ReadonlyMap<Id, string>>(new Map());

  constructor(open: OpenDesk) {
    this.read(open);
  }

  /** Takes up what the house says now: its rules may be changed from the next room. */
  read(open: OpenDesk): void {
    // Of other units' agendas this member is told nothing.
    this.agendas = agendasOf(open.house).filter(({ unit }) => open.units.has(unit));
    this.own = agendaOf(open.house, open.practice.member, this.agendas);
    this.visitTypes = visitTypesOf(open.house);
    this.#resources = new Map(open.house.resources.map(({ resource, name }) => [resource, name]));
  }

  get zone(): string {
    return this.agendas[0]?.zone ?? 'Europe/Paris';
  }

  agenda(agenda: Id): Agenda | undefined {
    return this.agendas.find((one) => one.agenda === agenda);
  }

  zoneOf(agenda: Id): string {
    return this.agenda(agenda)?.zone ?? this.zone;
  }

  visitType(id: Id): VisitType | undefined {
    return this.visitTypes.find((type) => type.visitType === id);
  }

  typeWords(id: Id): string {
    return this.visitType(id)?.[language()] ?? '';
  }

  /** The rooms and devices a visit takes, by name. */
  resourceWords({ resources }: Visit): string {
    return resources.map((id) => this.#resources.get(id) ?? '').filter((name) => name !== '').join(', ');
  }

  /** The question behind an answer's key, in the page's language. */
  questionWords(visitType: Id, key: string): string {
    return this.visitType(visitType)?.questions.find((one) => one.id === key)?.[language()] ?? key;
  }

  /** An answer to it, in the page's language. */
  answerWords(visitType: Id, key: string, answer: string): string {
    return answerInWords(this.visitType(visitType)?.questions.find((one) => one.id === key), answer);
  }

  /** The agenda's first visit type: the one a narrow block does not name. */
  usualType(agenda: Id): Id | undefined {
    return this.visitTypes.find((type) => type.agendas.includes(agenda))?.visitType;
  }
}
