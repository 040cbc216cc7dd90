import { address, request } from './request';
import type {
  AccessesTold, AgendaView, AppointmentView, Base64, Booked, Booking, CancelOrConfirm, Hold, HoldRequest, Id, LocalDate, Move, Offer, Roster, Status,
  Suggestion,
} from './types';

/** The most days one answer of free times covers. */
export const OFFER_DAYS_MAX = 35;

export function readAgenda(agenda: Id): Promise<AgendaView> {
  return request(`/api/agendas/${encodeURIComponent(agenda)}`);
}

/** The free times of `days` local days from `from` on. */
export function readSlots(agenda: Id, visitType: Id, from: LocalDate, days: number): Promise<Offer> {
  return request(address('/api/slots', { agenda, visit_type: visitType, from, days: Math.min(days, OFFER_DAYS_MAX) }));
}

/** The practice's chain of signed events after `after`; the whole chain without it. */
export function readRoster(practice: Id, after?: number): Promise<Roster> {
  return request(address(`/api/practices/${encodeURIComponent(practice)}/roster`, { after }));
}

/** Takes a hold, or answers the one this record and token already have. A move names the moved record's row token. */
export function placeHold(hold: HoldRequest, token: Base64, rowToken?: Base64): Promise<Hold> {
  const headers: Record<string, string> = { 'Serment-Hold': token };
  if (rowToken !== undefined) headers['Serment-Row-Token'] = rowToken;
  return request('/api/patient/holds', { method: 'POST', body: hold, headers });
}

/** `nth` counts extensions from one: asked again for the same, the same answer. */
export function extendHold(practice: Id, record: Id, token: Base64, nth: number): Promise<Hold> {
  return request('/api/patient/holds/extend', { method: 'POST', body: { practice, record, nth }, headers: { 'Serment-Hold': token } });
}

export function releaseHold(practice: Id, record: Id, token: Base64): Promise<null> {
  return request('/api/patient/holds/release', { method: 'POST', body: { practice, record }, headers: { 'Serment-Hold': token } });
}

/** Books. The same bytes again get the same answer: safe to repeat when no answer came. */
export function postBooking(booking: Booking, token: Base64): Promise<Booked> {
  return request('/api/patient/appointments', { method: 'POST', body: booking, headers: { 'Serment-Hold': token } });
}

export function readAppointment(rowToken: Base64): Promise<AppointmentView> {
  return request('/api/patient/appointment', { headers: { 'Serment-Row-Token': rowToken } });
}

/** Who took a part of the appointment, the newest first. Throws Refused (no_such_appointment). */
export function readAccesses(rowToken: Base64): Promise<AccessesTold> {
  return request('/api/patient/appointment/accesses', { headers: { 'Serment-Row-Token': rowToken } });
}

/** Moves: the old time stands until this succeeds. Repeatable like a booking. */
export function postMove(move: Move, rowToken: Base64, token: Base64): Promise<Booked> {
  return request('/api/patient/appointment/move', {
    method: 'POST', body: move, headers: { 'Serment-Row-Token': rowToken, 'Serment-Hold': token },
  });
}

/** The next revision at the time it has: another link in place of the one whose row token is shown. */
export function postInPlace(move: Move, rowToken: Base64): Promise<Booked> {
  return request('/api/patient/appointment/move', { method: 'POST', body: move, headers: { 'Serment-Row-Token': rowToken } });
}

export function postAct(act: CancelOrConfirm, rowToken: Base64): Promise<{ status: Status; acts: number }> {
  return request('/api/patient/appointment/acts', { method: 'POST', body: act, headers: { 'Serment-Row-Token': rowToken } });
}

/** What a search field may mean; `path` is the server's own, from the page. */
export function readSuggestions(path: string, typed: string, where: string | undefined, signal: AbortSignal): Promise<Suggestion[]> {
  return request(address(path, { typed, where }), { signal });
}
