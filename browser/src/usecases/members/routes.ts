// SPDX-License-Identifier: AGPL-3.0-or-later
/** The routes of members, as docs/reference/http.md says them. */
import { request } from '../../wire/request';
import type { Base64, Id, Instant, LocalDate } from '../../wire/types';
import { of, post, type Seeds } from '../desk/routes';

/** Of a colleague, who is no owner is told the name alone: the rest is null. */
export interface MemberTold {
  member: Id;
  name: string;
  suspended: boolean | null;
  until: LocalDate | null;
  /** Away for thirty days: an owner brings them back. */
  dormant: boolean | null;
  served: boolean | null;
}

export interface InvitationTold {
  invitation: Id;
  member: Id;
  inviter: Id;
  role: number;
  units: Id[];
  in_place_of: Id | null;
  name: string;
  until: LocalDate | null;
  expires_on: LocalDate;
  kem_pk: Base64 | null;
  sign_pk: Base64 | null;
  tag: Base64 | null;
  /** The link's secret as its maker sealed it to this owner. */
  sealed: Base64 | null;
}

/** Whom the sentinel stopped and why; `asked` is how many ids, contacts and reasons, or cards. */
export interface Stop {
  member: Id;
  at: Instant;
  why: 'foreign' | 'opened' | 'cards' | 'unproved';
  asked: number;
  ended_at: Instant | null;
  ended_by: Id | null;
}

/** Who opened contacts or reasons of many visits long over. */
export interface LookedBack {
  member: Id;
  at: Instant;
  files: number;
  seen_at: Instant | null;
  seen_by: Id | null;
}

export interface MembersTold {
  members: MemberTold[];
  invitations: InvitationTold[];
  old_keys: Id[];
  /** To owners alone, the latest first: stops that hold, and those that ended within a week. */
  stopped: Stop[];
  /** The same of looks back: those that no owner has seen, and those seen within a week. */
  looked: LookedBack[];
}

export interface NewInvitation extends Pick<InvitationTold, 'invitation' | 'member' | 'role' | 'units' | 'in_place_of' | 'name' | 'until'> {
  find: Base64;
  owners: { kid: Base64; bytes: Base64 }[];
}

export interface RosterBatch {
  events: { event: Base64; sig: Base64 }[];
  seeds: Seeds['seeds'];
  previous: Seeds['previous'];
  units: { unit: Id; name: string }[];
}

export interface InvitationShown {
  practice: Id;
  slug: string;
  practice_name: string;
  fingerprint: Base64;
  invitation: Id;
  member: Id;
  role: number;
  units: Id[];
  unit_names: string[];
  in_place_of: Id | null;
  name: string;
  until: LocalDate | null;
  answered: boolean;
}

export interface OlderRecord {
  record: Id;
  rev: number;
  head: Base64;
  sealed_slot: Base64;
  stanzas: { kid: Base64; bytes: Base64 }[];
}

export const readMembers = (practice: Id) => request<MembersTold>(of(practice, 'members'), { cookie: true });
export const postRoster = (practice: Id, batch: RosterBatch) => post<{ seq: number; head: Base64 }>(of(practice, 'roster'), batch);
export const postSuspend = (practice: Id, member: Id, suspended: boolean) =>
  post<null>(of(practice, `members/${member}/${suspended ? 'suspend' : 'unsuspend'}`), {});
export const postUnfreeze = (practice: Id, member: Id) => post<null>(of(practice, `members/${member}/unfreeze`), {});
export const postLooked = (practice: Id, member: Id) => post<null>(of(practice, `members/${member}/looked`), {});
export const postUntil = (practice: Id, member: Id, until: LocalDate | null) => post<null>(of(practice, `members/${member}/until`), { until });
export const postInvitation = (practice: Id, invitation: NewInvitation) => post<{ expires_on: LocalDate }>(of(practice, 'invitations'), invitation);
export const postRevoke = (practice: Id, invitation: Id) => post<null>(of(practice, `invitations/${invitation}/revoke`), {});
export const postOlder = (practice: Id, unit: Id, kids: readonly Base64[], most: number) =>
  post<{ standing: number; records: OlderRecord[] }>(of(practice, 'stanzas/older'), { unit, kids, most });
export const postJoin = (find: Base64) => post<InvitationShown>('/api/practice/join', { find });
export const postJoinAnswer = (answer: { find: Base64; kem_pk: Base64; sign_pk: Base64; tag: Base64 }) => post<null>('/api/practice/join/answer', answer);
export const postRestore = (practice: Id, name: string, batch: RosterBatch) =>
  post<{ seq: number; head: Base64 }>('/api/practice/restore', { practice, name, ...batch });
