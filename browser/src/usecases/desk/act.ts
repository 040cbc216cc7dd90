// SPDX-License-Identifier: AGPL-3.0-or-later
/** What is done to an appointment without sealing it anew: arrivals at one key, cancellation and its undoing, signed. */
import { base64 } from '../../seal/bytes';
import { signAct, type ActKind } from '../../seal/act';
import type { Act, Status } from '../../wire/types';
import { placeOf } from '../sealing';
import type { Visit } from './model';
import { instantText } from './move';
import { postStaffAct, type StaffAct } from './routes';
import type { OpenDesk } from './unlock';

const SIGNED: readonly StaffAct[] = ['cancel', 'undo'];

/** Throws Refused (stale_revision, too_early, too_late, illegal_change, slot_taken), NoAnswer, NotNow. */
export async function act(desk: OpenDesk, visit: Visit, kind: StaffAct): Promise<{ status: Status; acts: Act[] }> {
  const n = visit.acts + 1;
  const { practice } = desk.practice;
  let sig: string | null = null;
  if (SIGNED.includes(kind)) {
    const slot = { agenda: visit.agenda, start: instantText(visit.start), minutes: visit.minutes, visit_type: visit.visitType };
    const place = placeOf(desk.instance, { practice, unit: visit.unit, record: visit.record, rev: visit.rev, slot });
    sig = base64((await signAct(place, n, kind as ActKind, desk.user.sign)).signature);
  }
  return postStaffAct(practice, visit.record, { rev: visit.rev, n, kind, sig });
}
