// SPDX-License-Identifier: AGPL-3.0-or-later
/** Answers a request. The time of a request is not kept: it may have gone meanwhile, and then the request stays. */
import type { Visit } from './model';
import { postAccept, postRefuse, type Acted } from './routes';
import type { OpenDesk } from './unlock';

/** Throws Refused (slot_taken: the request stays; stale_revision: the patient chose another time meanwhile), NoAnswer, NotNow. */
export function accept(desk: OpenDesk, visit: Visit): Promise<Acted> {
  return postAccept(desk.practice.practice, visit.record, visit.rev);
}

export function refuse(desk: OpenDesk, visit: Visit): Promise<Acted> {
  return postRefuse(desk.practice.practice, visit.record, visit.rev);
}
