// SPDX-License-Identifier: AGPL-3.0-or-later
/** What the desk shows: agendas, appointments as far as they are opened, and the state each is drawn in. */
import type { Bytes } from '../../seal/bytes';
import type { Series } from '../../seal/groups';
import type { Id, LocalDate, Question, Status } from '../../wire/types';
import type { Span } from './days';
import type { Opening } from './lanes';

/** The tokens name three inks; a fourth agenda takes the first again, told apart by a letter. */
export const INKS = 3;

export interface Agenda {
  agenda: Id;
  unit: Id;
  zone: string;
  site: string;
  siteId: Id;
  /** "Dr Hélène Marchandot" */
  practitioner: string;
  /** "Dr Marchandot" */
  short: string;
  /** "HM", for a narrow lane. */
  initials: string;
  ink: 1 | 2 | 3;
  /** Set from the fourth agenda on. */
  letter: string | null;
}

export interface VisitType {
  visitType: Id;
  fr: string;
  en: string;
  minutes: number;
  step: number;
  /** Buffers, in minutes. */
  before: number;
  after: number;
  /** 1 to 8: the practice's colour for it, drawn with a shape of its own. */
  colour: number;
  agendas: readonly Id[];
  questions: readonly Question[];
}

export interface Identity {
  /** The used name where there is one, else the birth name. */
  surname: string;
  firstName: string;
  birthName: string;
  usedName: string | null;
  birthDate: LocalDate;
  sex: string;
  /** The patient's to whoever is reached: self, child or relative. */
  relation: string;
  /** Null: entered alone. */
  series: Series | null;
  /** No message is sent about it. */
  quiet: boolean;
  /** What its messages are steered with: their secret and their handle. */
  steering: { t: Bytes; h: Bytes };
}

/**
 * sealed: not opened yet, or to another unit; open: read; unreadable: an envelope that does not open (Altered, Unknown,
 * or a stanza that fails).
 */
export type Reading = 'sealed' | 'foreign' | 'open' | 'unreadable';

export interface Visit {
  record: Id;
  agenda: Id;
  unit: Id;
  start: number;
  end: number;
  minutes: number;
  visitType: Id;
  status: Status;
  confirmed: boolean;
  overbooked: boolean;
  rev: number;
  acts: number;
  reading: Reading;
  identity: Identity | null;
  /** Whether the revision carries a valid signature; null while that is not checked yet. */
  verified: boolean | null;
  /** This browser has not shown it in its panel yet. */
  fresh: boolean;
  writer: 'patient' | 'member' | 'connector' | null;
  /** A patient's key goes with it: booked online, or its link was given. */
  linked: boolean;
  /** Sealed to a list of members from which somebody has been removed since. */
  formerList: boolean;
  /** Rooms and devices it takes. */
  resources: readonly Id[];
}

export interface Absence extends Span {
  agenda: Id;
}

export interface Hold extends Span {
  agenda: Id;
}

export interface OpeningOf extends Opening {
  agenda: Id;
}

/** What the server told of a span of days, opened as far as this browser may. */
export interface Week {
  from: LocalDate;
  days: number;
  visits: readonly Visit[];
  openings: readonly OpeningOf[];
  absences: readonly Absence[];
  holds: readonly Hold[];
  holidays: readonly { agenda: Id; date: LocalDate; fr: string; en: string }[];
}

export type State =
  | 'cancelled' | 'unreadable' | 'sealed' | 'request' | 'arrived' | 'waiting' | 'seen' | 'missed'
  | 'unverified' | 'software' | 'moved' | 'fresh' | 'extra' | 'expected';

/** Live appointments take time; requests wait beside it, and what is cancelled or refused takes none. */
export function takesTime(visit: Visit): boolean {
  return visit.status !== 'cancelled' && visit.status !== 'refused' && visit.status !== 'requested';
}

/** Every state a visit is in, the one that draws it first. Each has words; colour and shape repeat them. */
export function statesOf(visit: Visit): State[] {
  const states: State[] = [];
  if (visit.status === 'cancelled' || visit.status === 'refused') states.push('cancelled');
  if (visit.reading === 'unreadable') states.push('unreadable');
  if (visit.reading === 'sealed' || visit.reading === 'foreign') states.push('sealed');
  if (visit.status === 'requested') states.push('request');
  if (visit.status === 'arrived') states.push('arrived');
  if (visit.status === 'waiting') states.push('waiting');
  if (visit.status === 'seen') states.push('seen');
  if (visit.status === 'no_show') states.push('missed');
  const over = visit.status === 'seen' || visit.status === 'no_show' || visit.status === 'cancelled';
  if (visit.reading === 'open' && visit.verified === false && !over) states.push('unverified');
  if (visit.writer === 'connector') states.push('software');
  const ahead = visit.status === 'booked' || visit.status === 'requested';
  if (ahead && visit.fresh && visit.reading === 'open') states.push(visit.rev > 1 && visit.writer === 'patient' ? 'moved' : 'fresh');
  if (visit.overbooked) states.push('extra');
  if (states.length === 0 || (states[0] === 'extra' && visit.status === 'booked')) states.push('expected');
  return states;
}

/** Whole years between a birth date and a day. */
export function ageOn(birth: LocalDate, day: LocalDate): number {
  const years = Number(day.slice(0, 4)) - Number(birth.slice(0, 4));
  return day.slice(5) < birth.slice(5) ? years - 1 : years;
}
