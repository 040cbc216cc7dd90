// SPDX-License-Identifier: AGPL-3.0-or-later
/** What is done to an appointment without sealing it anew: arrivals at one key, cancellation and its undoing, signed. */
import { base64, idFromUuid } from '../../seal/bytes';
import { signAct } from '../../seal/act';
import { slotOf } from '../sealing';
import type { Visit } from './model';
import { instantText } from './days';
import { postStaffAct, type Acted, type Note, type SignedAct } from './routes';
import type { OpenDesk } from './unlock';

/**
 * Notes what the desk sees. `was`: the status on which somebody decided; where a colleague has noted something else since, theirs stands.
 * Throws Refused (stale_revision, too_early, illegal_change), NoAnswer, NotNow.
 */
export function note(desk: OpenDesk, visit: Visit, kind: Note, was = visit.status): Promise<Acted> {
  return postStaffAct(desk.practice.practice, visit.record, { rev: visit.rev, kind, was });
}

/** The note that brings a visit back to the status it had; null for one that no note gives. */
export function noteBackTo(status: Visit['status']): Note | null {
  switch (status) {
    case 'booked': return 'expect';
    case 'arrived': return 'arrive';
    case 'waiting': return 'wait';
    case 'seen': return 'seen';
    case 'no_show': return 'no_show';
    default: return null;
  }
}

const NEXT: Readonly<Partial<Record<Visit['status'], readonly Note[]>>> = {
  booked: ['arrive', 'wait', 'seen', 'no_show'], arrived: ['wait', 'seen'], waiting: ['seen'], no_show: ['arrive', 'seen'],
};
const BACK: Readonly<Partial<Record<Visit['status'], readonly Note[]>>> = {
  arrived: ['expect'], waiting: ['arrive', 'expect'], seen: ['wait', 'expect'], no_show: ['expect'],
};

/** What can be noted of a visit where it stands: what may come next, and the ways back, the nearest first. Nobody is missed before their hour (`begun`). */
export function notesOf({ status }: Pick<Visit, 'status'>, begun: boolean): { next: readonly Note[]; back: readonly Note[] } {
  return { next: (NEXT[status] ?? []).filter((kind) => begun || kind !== 'no_show'), back: BACK[status] ?? [] };
}

/** What a signature covers of a visit, and which act comes next. */
export type Signable = Pick<Visit, 'record' | 'unit' | 'agenda' | 'start' | 'minutes' | 'visitType' | 'rev' | 'acts'>;

/** Cancels, or takes a cancellation back. Throws Refused (stale_revision, too_late, slot_taken), NoAnswer, NotNow. */
export async function sign(desk: OpenDesk, visit: Signable, kind: SignedAct): Promise<Acted> {
  const n = visit.acts + 1;
  const { practice } = desk.practice;
  const slot = { agenda: visit.agenda, start: instantText(visit.start), minutes: visit.minutes, visit_type: visit.visitType };
  const place = {
    instance: desk.instance, practice: idFromUuid(practice), unit: idFromUuid(visit.unit), record: idFromUuid(visit.record), rev: visit.rev, slot: slotOf(slot),
  };
  const { signature } = await signAct(place, n, kind, desk.user.sign);
  return postStaffAct(practice, visit.record, { rev: visit.rev, kind, n, sig: base64(signature) });
}
