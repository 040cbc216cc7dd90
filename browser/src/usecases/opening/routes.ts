// SPDX-License-Identifier: AGPL-3.0-or-later
/** The routes of opening a practice, as docs/reference/http.md says them. What is public carries no cookie. */
import { address, request } from '../../wire/request';
import type { Base64, Id } from '../../wire/types';

/** An activity of the register. */
export interface Entry {
  entry: Id;
  rpps: string;
  title: string;
  given_name: string;
  family_name: string;
  specialties: string[];
  site_name: string;
  address: string;
  postcode: string;
  town: string;
  town_code: string;
  phone: string;
  /** Its bearer can be booked here already. */
  taken: boolean;
}

export interface Town {
  code: string;
  name: string;
  department: string;
  postcodes: string[];
  timezone: string;
  holiday_region: string;
}

export interface Kind {
  /** The codes its practitioners bear, the usual one first. */
  specialties: string[];
  fr: string;
  en: string;
}

export interface Template {
  hours: { days: Weekday[]; start_minute: number; end_minute: number }[];
  visit_types: { name_fr: string; name_en: string; minutes: number; who: 'anyone' | 'known' | 'staff'; place: 'site' | 'video'; accepted: 'at_once' | 'on_request' }[];
}

export const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export interface NewPractice {
  practice: Id;
  site: Id;
  unit: Id;
  practitioner: Id;
  agenda: Id;
  name: string;
  who: { title: string; given_name: string; family_name: string; specialty: string; rpps: string };
  where: { address: string; postcode: string; town_code: string; phone: string };
  events: { event: Base64; sig: Base64 }[];
  seeds: { kid: Base64; bytes: Base64 }[];
}

export interface Opened {
  practice: Id;
  slug: string;
  fingerprint: Base64;
}

export interface Standing {
  slug: string;
  openings: number;
  visit_types: number;
  accepts_bookings: boolean;
  listed: boolean;
}

export interface FirstRules {
  hours: { opening: Id; days: Weekday[]; start_minute: number; end_minute: number }[];
  visit_types: { visit_type: Id; nth: number }[];
}

const of = (practice: Id, rest: string) => `/api/practice/${encodeURIComponent(practice)}/${rest}`;
const post = <Answer>(path: string, body: unknown) => request<Answer>(path, { method: 'POST', body, cookie: true });

export const findEntries = (typed: string, signal?: AbortSignal) => request<Entry[]>(address('/api/directory', { typed }), signal ? { signal } : {});
export const findTowns = (typed: string, signal?: AbortSignal) => request<Town[]>(address('/api/directory/towns', { typed }), signal ? { signal } : {});
export const readKinds = () => request<Kind[]>('/api/directory/kinds');
export const readTemplate = (specialty: string) => request<Template>(address('/api/templates', { specialty }));
export const postPractice = (practice: NewPractice) => post<Opened>('/api/practice/practices', practice);
export const readStanding = (practice: Id) => request<Standing>(of(practice, 'opening'), { cookie: true });
export const postRules = (practice: Id, rules: FirstRules) => post<Standing>(of(practice, 'opening'), rules);
export const postDoor = (practice: Id) => post<Standing>(of(practice, 'opening/door'), {});
