/** What travels, as docs/reference/http.md says it. Fields keep the wire's names. */

/** An id: 16 random bytes as UUID text. */
export type Id = string;
/** Bytes in standard base64 with padding. */
export type Base64 = string;
/** RFC 3339 in UTC with Z, whole seconds. */
export type Instant = string;
/** YYYY-MM-DD in the site's zone. */
export type LocalDate = string;

export interface Practice {
  practice: Id;
  slug: string;
  name: string;
  /** 20 bytes; null while the practice has no roster. */
  fingerprint: Base64 | null;
}

export interface Site {
  site: Id;
  name: string;
  address: string;
  postcode: string;
  town: string;
  timezone: string;
  access_fr: string;
  access_en: string;
  phone: string;
  /** What its messages say beside the time; empty for the town. */
  word: string;
  /** Whether who books is told at once if they like, and reminded a week and a day before. */
  confirms: boolean;
  reminds_week: boolean;
  reminds_eve: boolean;
}

export interface Practitioner {
  practitioner: Id;
  slug: string;
  title: string;
  given_name: string;
  family_name: string;
  specialty: string;
  new_patients?: boolean;
}

export interface Question {
  id: string;
  kind: 'text' | 'choice' | 'yes_no';
  fr: string;
  en: string;
  required: boolean;
  choices: { fr: string; en: string }[];
  /** A yes says that somebody comes for the first time. */
  first_visit: boolean;
}

export interface VisitType {
  visit_type: Id;
  name_fr: string;
  name_en: string;
  minutes: number;
  who: 'anyone' | 'known' | 'staff';
  accepted: 'at_once' | 'on_request';
  place: 'site' | 'video';
  /** No message is sent about such a visit. */
  silent: boolean;
  horizon_days?: number;
  notice_minutes?: number;
  instructions_fr: string;
  instructions_en: string;
  questions: Question[];
}

/** What a booking page needs to know of an agenda. */
export interface AgendaView {
  practice: Practice;
  site: Site;
  practitioner: Practitioner;
  agenda: Id;
  unit: Id;
  /** What is asked of who books, where the roster names the notifier that serves here. */
  check: 'none' | 'phone' | 'any';
  visit_types: VisitType[];
}

export interface OfferedSlot {
  start: Instant;
  /** Wall clock at the site, "09:40". */
  time: string;
  /** 1 on the second pass of the hour that autumn repeats. */
  fold: 0 | 1;
  ambiguous: boolean;
}

export interface OfferedDay {
  date: LocalDate;
  holiday?: { fr: string; en: string };
  slots: OfferedSlot[];
}

export interface Offer {
  agenda: Id;
  visit_type: Id;
  timezone: string;
  days: OfferedDay[];
  /** Where no slot of these days is free: the first free start after them. */
  next: Instant | null;
}

/** What a search field may mean: `value` is what it will say, `note` tells namesakes apart. */
export interface Suggestion {
  value: string;
  note: string;
}

export interface Roster {
  instance: string;
  events: { event: Base64; sig: Base64 }[];
}

export interface HoldRequest {
  practice: Id;
  record: Id;
  agenda: Id;
  visit_type: Id;
  start: Instant;
  /** The nonce that answers a 429's challenge. */
  work?: Base64;
}

export interface Hold {
  record: Id;
  start: Instant;
  minutes: number;
  expires_at: Instant;
  extensions_left: number;
}

export interface Slot {
  agenda: Id;
  start: Instant;
  minutes: number;
  visit_type: Id;
}

export interface Bodies {
  id: Base64;
  ct: Base64;
  rs: Base64;
}

export interface Revision {
  practice: Id;
  unit: Id;
  record: Id;
  rev: number;
  slot: Slot;
  bodies: Bodies;
  stanzas: Base64[];
  sig: Base64;
  head: Base64;
  booking_pk: Base64;
  patient_pk: Base64 | null;
  writer: 'patient' | 'member';
  writer_kid: Base64 | null;
}

export interface Capsule {
  h: Base64;
  key_day: LocalDate;
  capsule: Base64;
  del_hash: Base64;
  write_hash: Base64;
}

export interface Message {
  mid: Base64;
  send_day: LocalDate;
  bytes: Base64;
}

/** The notifier's signature for one booking key. */
export interface BookingCheck {
  commit: Base64;
  salt: Base64;
  month: number;
  proof: Base64;
}

export interface Booking {
  revision: Revision;
  /** Left out by staff: nobody holds a link yet. */
  row_token_hash?: Base64;
  act: Base64;
  page?: Base64;
  capsule?: Capsule;
  messages?: Message[];
  /** Without it, where the practice asks for one, the booking is a request. A patient's alone. */
  check?: BookingCheck;
  /** The nonce that answers a 429's challenge. */
  work?: Base64;
}

export interface Move {
  revision: Revision;
  seen_rev: number;
  /** Only where the link changes with it. */
  row_token_hash?: Base64;
  act: Base64;
  page?: Base64;
  capsule?: Capsule;
  messages?: Message[];
}

export type Status = 'requested' | 'booked' | 'arrived' | 'waiting' | 'seen' | 'no_show' | 'cancelled' | 'refused';

export interface Booked {
  record: Id;
  rev: number;
  status: Status;
}

export interface Act {
  n: number;
  kind: string;
  signer_kid: Base64;
  sig: Base64;
}

/** An appointment as it lies on the server. `bodies` holds only the groups that were asked for. */
export interface Sealed {
  practice: Id;
  unit: Id;
  record: Id;
  rev: number;
  slot: Slot;
  /** 44 bytes: the slot the revision was sealed to (spec/rdv1.md, section 1). */
  sealed_slot: Base64;
  status: Status;
  confirmed: boolean;
  overbooked: boolean;
  acts: Act[];
  bodies: Partial<Bodies>;
  body_hashes: Bodies;
  stanzas: { kid: Base64; bytes: Base64 }[];
  sig: Base64;
  head: Base64;
  booking_pk: Base64;
  /** Hash of the patient's key; null where nobody holds a link. */
  pkh: Base64 | null;
  /** The key itself, for who seals to it; lists leave it out. */
  patient_pk?: Base64;
  writer: 'patient' | 'member' | 'connector';
  writer_kid: Base64 | null;
}

export interface AppointmentView {
  practice: Practice;
  site: Site;
  practitioner: Practitioner;
  visit_type: VisitType;
  status: Status;
  confirmed: boolean;
  /** How many acts there are. */
  acts: number;
  appointment: Sealed;
  /** Of the practice, about a breach: sealed to this link. */
  letters: { incident: Id; sealed: Base64; head: Base64; signer_kid: Base64; sig: Base64 }[];
}

export interface CancelOrConfirm {
  rev: number;
  n: number;
  kind: 'cancel' | 'confirm';
  sig: Base64;
}

/** One reader's accesses of one day at the site. `member` is an id of the practice's roster, null for whoever holds the link. */
export interface Access {
  day: LocalDate;
  member: Id | null;
  purpose: 'agenda' | 'unopened' | 'record' | 'link' | 'cards' | 'index' | 'feed';
  parts: ('id' | 'ct' | 'rs' | 'card' | 'index')[];
  times: number;
  first: Instant;
  last: Instant;
}

/** `more`: there were others before these. */
export interface AccessesTold {
  accesses: Access[];
  more: boolean;
}
