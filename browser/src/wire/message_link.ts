import { request } from './request';
import type { Base64, Instant, Status } from './types';

/** What a message's link shows of an appointment, and no more. `page` is the sealed word. */
export interface LinkedAppointment {
  start: Instant;
  zone: string;
  status: Status;
  confirmed: boolean;
  page: Base64 | null;
  /** A letter of the practice waits on the appointment's own page. */
  letter: boolean;
}

const PATH = '/api/message-link';

/** Throws Refused (no_such_appointment: moved, or never was). */
export function readLinked(act: Base64): Promise<LinkedAppointment> {
  return request(PATH, { headers: { 'Serment-Act': act } });
}

/** Repeatable. Throws Refused (too_late, illegal_change, too_many_acts, no_such_appointment). */
export function postLinkedAct(act: Base64, kind: 'confirm' | 'cancel'): Promise<LinkedAppointment> {
  return request(PATH, { method: 'POST', body: { kind }, headers: { 'Serment-Act': act }, keepalive: true });
}

/** No more messages to whoever got this one, or, `again`, messages again. Repeatable; the last word counts. */
export function postObjection(stop: Base64, again: boolean): Promise<null> {
  return request('/api/messages/object', { method: 'POST', body: { stop, again }, keepalive: true });
}
