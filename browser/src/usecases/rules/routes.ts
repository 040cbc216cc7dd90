// SPDX-License-Identifier: AGPL-3.0-or-later
/** The rules as they travel, row by row (docs/reference/http.md). Every change says what was read. */
import { request } from '../../wire/request';
import type { Id, Instant, LocalDate, Question, Status } from '../../wire/types';

/** The site's wall clock, no zone: 2027-03-28T09:30:00. */
export type WallTime = string;

export interface OpeningRow {
  opening: Id;
  agenda: Id;
  first_date: LocalDate;
  last_date: LocalDate | null;
  start_minute: number;
  /** Over 1440 past midnight. */
  end_minute: number;
  rrule: string;
  week_parity: 'all' | 'odd' | 'even';
  visit_types: Id[] | null;
}

export interface ExceptionRow {
  exception: Id;
  agenda: Id;
  opening: Id | null;
  on_date: LocalDate;
  kind: 'closed' | 'replaced' | 'extra';
  start_minute: number | null;
  end_minute: number | null;
  visit_types: Id[] | null;
}

export interface AbsenceRow {
  absence: Id;
  agenda: Id;
  since: WallTime;
  /** Exclusive. */
  until: WallTime;
}

export interface VisitTypeRow {
  visit_type: Id;
  name_fr: string;
  name_en: string;
  minutes: number;
  buffer_before_minutes: number;
  buffer_after_minutes: number;
  step_minutes: number;
  notice_minutes: number;
  horizon_days: number;
  who: 'anyone' | 'known' | 'staff';
  accepted: 'at_once' | 'on_request';
  place: 'site' | 'video';
  daily_quota: number | null;
  silent: boolean;
  colour: number;
  position: number;
  instructions_fr: string;
  instructions_en: string;
  questions: Question[];
  agendas: Id[];
  resources: string[];
}

export interface ResourceRow {
  resource: Id;
  site: Id;
  kind: string;
  name: string;
}

export interface AgendaRow {
  agenda: Id;
  site: Id;
  practitioner: Id;
  unit: Id;
  name: string;
  active: boolean;
  /** The last day it opens; null: no end. */
  last_date: LocalDate | null;
  works_on_holidays: boolean;
  position: number;
}

export interface SiteRow {
  site: Id;
  name: string;
  address: string;
  postcode: string;
  town_code: string;
  timezone: string;
  holiday_region: string;
  phone: string;
  access_fr: string;
  access_en: string;
  word: string;
  confirms: boolean;
  reminds_week: boolean;
  reminds_eve: boolean;
}

export interface PractitionerRow {
  practitioner: Id;
  title: string;
  given_name: string;
  family_name: string;
  specialty: string;
  /** The register's, borne or claimed; empty for none. */
  number: string;
  about_fr: string;
  about_en: string;
  new_patients: boolean;
}

/** What is asked of who books online. */
export interface PracticeRow {
  booking_check: 'none' | 'phone' | 'any';
}

export interface RuleRows {
  practice: PracticeRow;
  openings: OpeningRow[];
  exceptions: ExceptionRow[];
  absences: AbsenceRow[];
  visit_types: VisitTypeRow[];
  resources: ResourceRow[];
  agendas: AgendaRow[];
  sites: SiteRow[];
  practitioners: PractitionerRow[];
}

export type Scope = 'all' | 'from' | 'day';

export interface OpeningAsked {
  was: OpeningRow | null;
  now: OpeningRow | null;
  /** row: this row alone, as the server's undo has it. */
  scope: Scope | 'row';
  day?: LocalDate;
  /** What stood on that one day. */
  exception?: ExceptionRow | null;
  fresh?: Id;
}

export interface HoursAsked {
  agenda: Id;
  openings?: OpeningAsked[];
  exceptions?: { was: ExceptionRow | null; now: ExceptionRow | null }[];
  absences?: { was: AbsenceRow | null; now: AbsenceRow | null }[];
}

/** An appointment at whose time nobody works any more. */
export interface Stranded {
  record: Id;
  unit: Id;
  agenda: Id;
  start: Instant;
  minutes: number;
  visit_type: Id;
  status: Status;
  rev: number;
  acts: number;
  troubles: ('absent' | 'closed')[];
}

export interface InTheWay {
  stranded: Stranded[];
  /** How many people hold a time there now. */
  booking: number;
}

export interface HoursChanged extends InTheWay {
  /** What takes the change back; null for one too large. */
  undo: HoursAsked | null;
}

export interface Preview {
  timezone: string;
  who: 'anyone' | 'known' | 'staff';
  days: {
    date: LocalDate;
    slots: { start: Instant; time: string; fold: 0 | 1; change: 'same' | 'new' | 'gone' }[];
    holiday: { fr: string; en: string } | null;
  }[];
  in_the_way: InTheWay;
}

export interface PreviewAsk {
  hours: HoursAsked;
  visit_type: Id;
  rule: VisitTypeRow | null;
  from: LocalDate;
  days: number;
  /** The agenda's settings as drafted. */
  settings: AgendaRow | null;
}

/** A row changed where `was` stands. */
export interface Swap<Row> {
  was: Row | null;
  now: Row | null;
}

const of = (practice: Id, rest: string) => `/api/practice/${encodeURIComponent(practice)}/${rest}`;
const post = <Answer>(path: string, body: unknown, signal?: AbortSignal) =>
  request<Answer>(path, { method: 'POST', body, cookie: true, ...(signal === undefined ? {} : { signal }) });

export const readRules = (practice: Id) => request<RuleRows>(of(practice, 'rules'), { cookie: true });
export const postHours = (practice: Id, asked: HoursAsked) => post<HoursChanged>(of(practice, 'hours'), asked);
export const postPreview = (practice: Id, ask: PreviewAsk, signal?: AbortSignal) => post<Preview>(of(practice, 'preview'), ask, signal);
export const postVisitType = (practice: Id, swap: Swap<VisitTypeRow>) => post<null>(of(practice, 'visit-types'), swap);
export const postResource = (practice: Id, swap: Swap<ResourceRow>) => post<null>(of(practice, 'resources'), swap);
/** `offers`: the visit types of a new one. */
export const postAgendaRow = (practice: Id, swap: Swap<AgendaRow>, offers: readonly Id[] = []) => post<InTheWay>(of(practice, 'agendas'), { ...swap, offers });
export const postSite = (practice: Id, swap: Swap<SiteRow>) => post<InTheWay>(of(practice, 'sites'), swap);
export const postPractitioner = (practice: Id, swap: Swap<PractitionerRow>) => post<null>(of(practice, 'practitioners'), swap);
export const postPracticeRow = (practice: Id, swap: Swap<PracticeRow>) => post<null>(of(practice, 'practice'), swap);
