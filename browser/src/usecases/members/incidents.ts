// SPDX-License-Identifier: AGPL-3.0-or-later
/** Breaches, as the practice's owners keep them: dossiers, their words, and the papers made of them. */
import { LETTER_PARTS, type LetterPart } from '../../seal/letters';
import { NoAnswer, errorOf } from '../../wire/problem';
import { ANSWER_SECONDS_MAX, request } from '../../wire/request';
import type { Id, Instant } from '../../wire/types';
import { of, post } from '../desk/routes';

export { LETTER_PARTS as PARTS, type LetterPart };
export type Letter = Record<LetterPart, string>;
export type Field = string | boolean | number | null | string[];
export type Form = Record<string, Field>;
/** By vocabulary and key: the word in French and in English. */
export type Labels = Record<string, Record<string, { fr: string; en: string }>>;

export interface Scope {
  since: Instant;
  until: Instant;
  readers: Id[];
  links: boolean;
  purposes: string[];
}

export interface Dossier {
  incident: Id;
  rev: number;
  origin: string;
  found_at: Instant;
  due_at: Instant;
  left_seconds: number | null;
  late: boolean;
  hours: number;
  phase: 'draft' | 'to_notify' | 'initial_sent' | 'complete' | 'not_notified';
  scope: Scope;
  figures: {
    entries: number; records: number; appointments: number; cards: number; names: number; by_part: Record<string, number>; people_min: number; people_max: number; bracket: string;
  };
  severity: { se: number; sum: string; steps: { of: string; key: string; worth: number }[] };
  gravity: string;
  lacking: string[];
  form: Form;
  letter: Letter;
  /** Null in a list. */
  letter_lacks: Partial<Record<LetterPart, 'empty' | 'short' | 'blank' | 'reach' | 'jargon' | 'long'>> | null;
  /** How many lie sealed at appointments. */
  letters: number;
  /** Whom they reached when an owner last looked, in appointments; null while nobody looked. */
  told: { concerned: number; elsewhere: number; gone: number; sent: number; waiting: number; told: number; unreached: number } | null;
  decision: boolean | null;
  reason: string;
  decided_by: Id | null;
  decided_at: Instant | null;
  initial_at: Instant | null;
  complete_at: Instant | null;
  timezone: string;
}

export interface Whole {
  dossier: Dossier;
  custody: { nth: number; line: string; chain: string }[];
  intact: boolean;
}

/** All of these throw Refused, NoAnswer, NotNow. */
export const readDossiers = (practice: Id) => request<{ dossiers: Dossier[]; labels: Labels }>(of(practice, 'incidents'), { cookie: true });
export const readDossier = (practice: Id, incident: Id) => request<Whole>(of(practice, `incidents/${incident}`), { cookie: true });
export const openDossier = (practice: Id, asked: { incident: Id; found_at: Instant; since: Instant; until: Instant }) => post<Whole>(of(practice, 'incidents'), asked);
export const writeForm = (practice: Id, { incident, rev }: Dossier, found_at: Instant, form: Form) => post<Whole>(of(practice, `incidents/${incident}/form`), { rev, found_at, form });
export const changeScope = (practice: Id, { incident, rev }: Dossier, scope: Scope) => post<Whole>(of(practice, `incidents/${incident}/scope`), { rev, ...scope });
export const decide = (practice: Id, { incident, rev }: Dossier, notify: boolean, reason: string) => post<Whole>(of(practice, `incidents/${incident}/decision`), { rev, notify, reason });
export const noteSent = (practice: Id, { incident, rev }: Dossier, which: 'initial' | 'supplementary', at: Instant) => post<Whole>(of(practice, `incidents/${incident}/sent`), { rev, which, at });
export const writeLetter = (practice: Id, { incident, rev }: Dossier, letter: Letter) => post<Whole>(of(practice, `incidents/${incident}/letter`), { rev, letter });

/** A paper as the server sets it. `name`: of the route. */
export async function readPaper(practice: Id, name: string): Promise<Blob> {
  try {
    const answer = await fetch(of(practice, name), { credentials: 'same-origin', referrerPolicy: 'no-referrer', redirect: 'error', signal: AbortSignal.timeout(ANSWER_SECONDS_MAX * 1000) });
    if (!answer.ok) throw await errorOf(answer);
    return await answer.blob();
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) throw new NoAnswer('No answer came.');
    throw error;
  }
}
