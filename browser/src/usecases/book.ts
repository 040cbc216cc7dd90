import { base64, fromBase64url } from '../seal/bytes';
import type { Language } from '../seal/groups';
import { capKeys } from '../seal/keys';
import { postBooking, readAppointment } from '../wire/patient';
import { Refused } from '../wire/problem';
import type { Booked, Booking, BookingCheck, Id, Site } from '../wire/types';
import { withWork } from './do_work';
import type { OwnHold } from './hold';
import { type Telling, tellingAt } from './messages/place';
import { planBooked, type PlannedMessage } from './messages/plan';
import { wordOf, wordingFor } from './messages/word';
import { type Confided, isSealedAnew, readyToSeal, rowTokenHash, sealAsPatient } from './sealing';
import { type Trusted, renewTrust } from './trust';

/** How often a practice's list of readers may change under one booking before we say so. */
const ROSTER_ROUNDS_MAX = 3;

/** A booking sealed and not yet acknowledged: sent again it is these very bytes. */
export interface ReadyBooking {
  booking: Booking;
  token: string;
  /** What will be sent; null where no message comes. */
  planned: readonly PlannedMessage[] | null;
}

/** What was confided, with how messages about it are worded. */
export function worded(confided: Confided, site: Pick<Site, 'town' | 'word'>, language: Language): Confided {
  return { ...confided, ct: { ...confided.ct, messages: wordingFor(wordOf(site), language, confided.id) } };
}

/** What is said of a booking. Of a request nothing is: the practice's answer places it. */
export function tellingOfBooking(site: Site, { silent, onRequest }: { silent: boolean; onRequest: boolean }, confirm: boolean): Telling {
  return tellingAt(site, silent, onRequest ? () => [] : (visit, now) => planBooked(visit, now, { confirm: confirm && site.confirms }));
}

/** Seals what was confided, for the held time. Nothing is sent. `check`: the notifier's signature for this cap. Throws NoAnswer, NotNow. */
export async function sealBooking(trusted: Trusted, unit: Id, hold: OwnHold, cap: string, confided: Confided, telling: Telling, check: BookingCheck | null): Promise<ReadyBooking> {
  await readyToSeal();
  const keys = await capKeys(fromBase64url(cap));
  const slot = { agenda: hold.agenda, start: hold.start, minutes: hold.minutes, visit_type: hold.visitType };
  const at = { practice: hold.practice, unit, record: hold.record, rev: 1, slot };
  const { sealed, planned } = await sealAsPatient(trusted, at, keys, confided, telling);
  return { booking: { ...sealed, row_token_hash: rowTokenHash(keys), ...(check === null ? {} : { check }) }, token: hold.token, planned };
}

/** Whether the appointment of this secret stands: asked after a booking that got no answer. Throws Refused, NoAnswer, NotNow. */
export async function isBooked(cap: string): Promise<boolean> {
  const { rowToken } = await capKeys(fromBase64url(cap));
  try {
    await readAppointment(base64(rowToken));
    return true;
  } catch (error) {
    if (error instanceof Refused && error.is('no_such_appointment')) return false;
    throw error;
  }
}

/** What a booking needs to be sealed anew when the practice's readers changed meanwhile. */
export interface Resealing {
  trusted: Trusted;
  seal: (trusted: Trusted) => Promise<ReadyBooking>;
  /** Called with every booking before it is sent, so that a repetition sends the same bytes. */
  keep: (ready: ReadyBooking, trusted: Trusted) => void;
}

/**
 * Sends a booking. When the practice's readers changed, the new list is verified, must extend the old, and the booking
 * is sealed anew without a word; so it is when another's messages have its handle. Throws Refused (hold_expired, already_used, …), WrongPractice, NoAnswer, NotNow.
 */
export async function sendBooking(ready: ReadyBooking, { trusted, seal, keep }: Resealing): Promise<Booked> {
  for (let round = 0; ; round += 1) {
    keep(ready, trusted);
    try {
      const { booking, token } = ready;
      return await withWork((work) => postBooking(work === undefined ? booking : { ...booking, work }, token));
    } catch (error) {
      if (!(error instanceof Refused) || !isSealedAnew(error) || round >= ROSTER_ROUNDS_MAX) throw error;
      if (error.is('stale_roster')) trusted = await renewTrust(trusted);
      ready = await seal(trusted);
    }
  }
}
