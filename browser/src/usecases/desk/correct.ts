// SPDX-License-Identifier: AGPL-3.0-or-later
/** Corrects what an appointment is for, and how long it takes, at the time it has. */
import type { Id } from '../../wire/types';
import { correctReason } from '../patients/give_link';
import { explainMove } from './explain';
import type { Visit } from './model';
import { moveVisit, type Correction } from './move';
import type { Why } from './routes';
import type { OpenDesk } from './unlock';

/**
 * Answers the new revision, which the patient's link opens. Another type or length holds the time anew: `warned` are the reasons that were
 * shown against it. Throws Refused (slot_taken, not_offered, warning_changed, stale_revision, illegal_change…), SealError, NoAnswer, NotNow;
 * in each case the appointment stands as it was.
 */
export async function correctVisit(desk: OpenDesk, visit: Visit, corrected: Correction, warned?: readonly string[]): Promise<number> {
  const { agenda, start, record, rev } = visit;
  const { visitType, minutes, reason, notes } = corrected;
  if (visitType === visit.visitType && minutes === visit.minutes) return await correctReason(desk, record, rev, { reason, notes });
  return (await moveVisit(desk, visit, { agenda, start, corrected, ...(warned === undefined ? {} : { warned }) })).rev;
}

/** What stands against it at the time it has. Throws Refused, NoAnswer, NotNow. */
export function explainCorrection(desk: OpenDesk, visit: Visit, { visitType, minutes }: { visitType: Id; minutes: number }): Promise<Why> {
  return explainMove(desk, { ...visit, visitType, minutes }, visit.agenda, visit.start);
}
