// SPDX-License-Identifier: AGPL-3.0-or-later
/** The staff's routes, as docs/reference/http.md says them. Every one carries the session cookie. */
import { inPresence } from './presence';
import { NoAnswer, NotNow } from '../../wire/problem';
import { address, request } from '../../wire/request';
import type { Base64, Booked, Booking, Hold, Id, Instant, LocalDate, Move, Offer, Practice, Question, Sealed, Site, Status } from '../../wire/types';

export interface Membership extends Pick<Practice, 'practice' | 'slug' | 'name'> {
  member: Id;
  /** False while a practice is being opened. */
  accepts_bookings: boolean;
}

export interface HouseVisitType {
  visit_type: Id;
  name_fr: string;
  name_en: string;
  minutes: number;
  step_minutes: number;
  buffer_before_minutes: number;
  buffer_after_minutes: number;
  colour: number;
  silent: boolean;
  questions: Question[];
}

export interface House extends Practice {
  instance: string;
  sites: (Site & { today: LocalDate })[];
  units: { unit: Id; name: string }[];
  practitioners: { practitioner: Id; title: string; given_name: string; family_name: string; specialty: string }[];
  agendas: { agenda: Id; site: Id; practitioner: Id; unit: Id; name: string; visit_types: Id[]; active: boolean; last_date: LocalDate | null; position: number }[];
  visit_types: HouseVisitType[];
  resources: { resource: Id; site: Id; kind: string; name: string }[];
  members: { member: Id; name: string }[];
}

export interface Seeds {
  seeds: { unit: Id; epoch: number; kid: Base64; bytes: Base64 }[];
  previous: { unit: Id; epoch: number; bytes: Base64 }[];
}

export interface AgendaRow {
  record: Id;
  agenda: Id;
  start: Instant;
  minutes: number;
  visit_type: Id;
  status: Status;
  confirmed: boolean;
  overbooked: boolean;
  rev: number;
  /** The number of the last signed act of this revision. */
  acts: number;
  sealed?: Sealed | null;
}

export interface ListPlace {
  start: Instant;
  record: Id;
}

export interface AgendaAnswer {
  appointments: AgendaRow[];
  openings: { agenda: Id; start: Instant; end: Instant; visit_types: Id[] | null }[];
  absences: { agenda: Id; start: Instant; end: Instant }[];
  holidays: { agenda: Id; date: LocalDate; fr: string; en: string }[];
  holds: { agenda: Id; start: Instant; end: Instant }[];
  /** Rooms and devices that visits take. */
  used: { record: Id; resource: Id }[];
  /** Another number for the same agendas: the practice's rules changed. */
  rules_version: number;
  /** More appointments than one answer holds: the place to ask on from. */
  complete_until?: ListPlace | null;
}

/** Signed: cancel and undo. The others note what the desk sees; expect takes such a note back. */
export type SignedAct = 'cancel' | 'undo';
export type Note = 'arrive' | 'wait' | 'seen' | 'no_show' | 'expect';

export interface Acted {
  status: Status;
  acts: number;
  late: boolean;
}

export interface Why {
  offered: boolean;
  reasons: ({ reason: string; staff_may_override: boolean } & Record<string, unknown>)[];
}

export const of = (practice: Id, rest: string) => `/api/practice/${encodeURIComponent(practice)}/${rest}`;
export const post = <Answer>(path: string, body: unknown, headers: Record<string, string> = {}) =>
  request<Answer>(path, { method: 'POST', body, headers, cookie: true });

export const postSignOut = () => post<null>('/api/practice/sign-out', {});
export const readMe = () => request<{ account: Id; practices: Membership[] }>('/api/practice/me', { cookie: true });
export const readHouse = (practice: Id) => request<House>(of(practice, 'house'), { cookie: true });
export const readSeeds = (practice: Id) => request<Seeds>(of(practice, 'seeds'), { cookie: true });

export const postPrevious = (practice: Id, previous: Seeds['previous']) => post<null>(of(practice, 'seeds/previous'), { previous });

export interface AgendaAsk {
  agendas: readonly Id[];
  from: LocalDate;
  days: number;
  known: readonly { record: Id; rev: number }[];
  kids: readonly Base64[];
}

/** How often the server is asked on for one reading: 5,000 appointments each. */
export const ASKED_ON_MAX = 9;

/**
 * The days whole: where they hold more appointments than one answer does, the server is asked on. `complete_until` says
 * where that broke off, if even so they are not.
 */
export async function postAgenda(practice: Id, ask: AgendaAsk): Promise<AgendaAnswer> {
  const answer = await inPresence(() => post<AgendaAnswer>(of(practice, 'agenda'), ask));
  for (let nth = 0; answer.complete_until != null && nth < ASKED_ON_MAX; nth += 1) {
    const after = answer.complete_until;
    const more = await inPresence(() => post<AgendaAnswer>(of(practice, 'agenda'), { ...ask, after }));
    answer.appointments.push(...more.appointments);
    answer.complete_until = more.complete_until ?? null;
  }
  return answer;
}

/** What is booked to come and no desk has opened yet, soonest first; `standing` counts all of it, after `after`. */
export const postUnopened = (practice: Id, ask: { kids: readonly Base64[]; most: number; after?: ListPlace }) =>
  post<{ standing: number; records: Sealed[] }>(of(practice, 'unopened'), ask);

export const postRead = (practice: Id, record: Id, groups: readonly string[], kids: readonly Base64[], purpose: string) =>
  inPresence(() => post<Sealed>(of(practice, `appointments/${record}/read`), { groups, kids, purpose }));

export interface StaffHold {
  record: Id;
  agenda: Id;
  visit_type: Id;
  start: Instant;
  minutes: number;
  /** Where nothing is offered, having shown the reasons named in `warned`. */
  overbook?: boolean;
  warned?: readonly string[];
}

export const postHold = (practice: Id, hold: StaffHold, token: Base64) => post<Hold>(of(practice, 'holds'), hold, { 'Serment-Hold': token });
export const postRelease = (practice: Id, record: Id, token: Base64) =>
  post<null>(of(practice, 'holds/release'), { record }, { 'Serment-Hold': token });

/** Books what is held, as staff. */
export const postStaffBooking = (practice: Id, booking: Booking, token: Base64) =>
  post<Booked>(of(practice, 'appointments'), booking, { 'Serment-Hold': token });

/** Free times as staff see them: no notice, no horizon, staff-only types. */
export const readStaffSlots = (practice: Id, agenda: Id, visitType: Id, from: LocalDate, days: number) =>
  request<Offer>(address(of(practice, 'slots'), { agenda, visit_type: visitType, from, days }), { cookie: true });

/** At a held time, or at the time it has. */
export type StaffMove = Move;

export const postStaffMove = (practice: Id, record: Id, move: StaffMove, token: Base64) =>
  post<Booked>(of(practice, `appointments/${record}/move`), move, { 'Serment-Hold': token });
export const postAccept = (practice: Id, record: Id, rev: number) => post<Acted>(of(practice, `appointments/${record}/accept`), { rev });
export const postRefuse = (practice: Id, record: Id, rev: number) => post<Acted>(of(practice, `appointments/${record}/refuse`), { rev });

export const postStaffAct = (practice: Id, record: Id, act: { rev: number; kind: Note; was: Status } | { rev: number; kind: SignedAct; n: number; sig: Base64 }) =>
  post<Acted>(of(practice, `appointments/${record}/acts`), act);

export const postStanzas = (practice: Id, add: readonly { record: Id; rev: number; head: Base64; bytes: Base64 }[]) =>
  post<{ stored: { record: Id; rev: number; kid: Base64; bytes: Base64 }[] }>(of(practice, 'stanzas'), { add });
export const postDrop = (practice: Id, drop: readonly { record: Id; rev: number; kid: Base64 }[]) =>
  post<unknown>(of(practice, 'stanzas/drop'), { drop });

export const readWhy = (practice: Id, agenda: Id, visitType: Id, start: Instant) =>
  request<Why>(address(of(practice, 'why'), { agenda, visit_type: visitType, start }), { cookie: true });
/** Why staff are not offered a time, the record they move and its length aside. */
export const readWhyStaff = (practice: Id, agenda: Id, visitType: Id, start: Instant, moving: Id, minutes: number) =>
  request<Why>(address(of(practice, 'why'), { agenda, visit_type: visitType, start, for: 'staff', moving, minutes }), { cookie: true });

export interface PlacesAsk {
  agendas: readonly Id[];
  visit_types: readonly Id[];
  from: LocalDate;
  part: 'any' | 'morning' | 'afternoon';
  /** 1 is Monday; none means any day. */
  weekdays: readonly number[];
  each: number;
  most: number;
}

export interface PlacesAnswer {
  places: { agenda: Id; visit_type: Id; start: Instant; minutes: number }[];
  until: LocalDate;
  more: boolean;
}

export const postFirstPlaces = (practice: Id, ask: PlacesAsk) => post<PlacesAnswer>(of(practice, 'first-places'), ask);

export interface RequestsAnswer {
  requests: { record: Id; agenda: Id; start: Instant; minutes: number; visit_type: Id }[];
  more: boolean;
  /** Accesses that the sentinel stopped: told to owners, 0 to others. */
  stopped: number;
  /** Who of the team opened many visits long over, unseen by any owner: the same. */
  looked: number;
}

export const readRequests = (practice: Id) => request<RequestsAnswer>(of(practice, 'requests'), { cookie: true });

export const changesAddress = (practice: Id) => of(practice, 'changes');


/** Whether nothing was refused: the server or the network is away. */
export function isOutage(error: unknown): boolean {
  return error instanceof NoAnswer || error instanceof NotNow;
}
