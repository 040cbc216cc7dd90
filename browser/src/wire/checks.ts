import { request } from './request';
import type { Base64, Id, LocalDate } from './types';

export interface CodeKey {
  since: LocalDate;
  until: LocalDate;
  pk: Base64;
  sig: Base64;
}

/** What became of a question: how often a code was wrong, and the sealed answer once one was right. */
export interface CheckTold {
  tries: number;
  reply: Base64 | null;
}

const of = (q: Id): string => `/api/checks/${encodeURIComponent(q)}`;

/** The notifier of this instance and its code keys, the newest first. Throws Refused (no_notifier). */
export function readNotifier(): Promise<{ root: Base64; code_keys: CodeKey[] }> {
  return request('/api/notifier');
}

/** Asks the notifier for a code. The same question again changes nothing. Throws Refused (work_needed, too_many_checks, no_notifier). */
export function postAsk(q: Id, ask: Base64, work?: Base64): Promise<null> {
  return request('/api/checks', { method: 'POST', body: work === undefined ? { q, ask } : { q, ask, work } });
}

/** Hands on a code that was typed. Throws Refused (no_such_check, code_judged, tries_spent). */
export function postCode(q: Id, code: Base64): Promise<null> {
  return request(`${of(q)}/code`, { method: 'POST', body: { code } });
}

/** Throws Refused (no_such_check). */
export function readCheck(q: Id): Promise<CheckTold> {
  return request(of(q));
}
