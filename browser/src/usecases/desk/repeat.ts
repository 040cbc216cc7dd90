// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Repeats an appointment: every date is held, sealed and booked as a record of its own, under keys of its own. Nothing in
 * clear joins them: their ids follow from a secret in each one's sealed identity. What is not booked is told, and what is
 * booked stands.
 */
import { base64, idFromUuid, random } from '../../seal/bytes';
import { D } from '../../seal/conventions';
import { Altered } from '../../seal/errors';
import type { Series } from '../../seal/groups';
import { capKeys } from '../../seal/keys';
import { open } from '../../seal/record';
import { sealByMember } from '../../seal/readers';
import { NoAnswer, Refused, isOver } from '../../wire/problem';
import type { Booking, Id, Slot, Status } from '../../wire/types';
import { planBooked } from '../messages/plan';
import { type Confided, isSealedAnew, placedWith, placeOf, reasonOf, recordOf, wireRevision, withSecrets } from '../sealing';
import { addDays, dateAt, instantText, localDay, wallOf } from './days';
import type { Visit } from './model';
import { isSigned } from './open_records';
import { planned, wishedTimes, type OfferDay, type Planned, type Rhythm } from './repeat_dates';
import { newRecords, readSeries } from './series';
import { isOutage, postHold, postRead, postRelease, postStaffBooking, readStaffSlots } from './routes';
import { tellingOf } from './telling';
import type { OpenDesk } from './unlock';
import { renewDesk, underPresentKeys } from './units';

/** Days before and after a date that is not free, where other times are proposed. */
const NEAR_DAYS = 3;
/** How far one answer about free times reaches. */
const OFFER_DAYS_MAX = 35;
const TOKEN_BYTES = 32;
const SECRET_BYTES = 32;
/** Those of a series that take a time. */
const STANDS: ReadonlySet<Status> = new Set(['booked', 'requested', 'arrived', 'waiting', 'seen']);
const ROSTER_ROUNDS_MAX = 3;

async function offer(desk: OpenDesk, visit: Visit, from: string, until: string): Promise<OfferDay[]> {
  const days: OfferDay[] = [];
  for (let first = from; first <= until; first = addDays(first, OFFER_DAYS_MAX)) {
    const answer = await readStaffSlots(desk.practice.practice, visit.agenda, visit.visitType, first, OFFER_DAYS_MAX);
    days.push(...answer.days.map((day) => ({
      date: day.date, holiday: day.holiday ?? null, starts: day.slots.map(({ start }) => Date.parse(start) / 1000),
    })));
  }
  return days;
}

/** The dates of a rhythm and what is free there. Throws Refused, NoAnswer, NotNow. */
export async function planRepeat(desk: OpenDesk, visit: Visit, zone: string, rhythm: Rhythm): Promise<Planned[]> {
  const wished = wishedTimes(zone, visit.start, rhythm);
  const last = wished.at(-1);
  if (last === undefined) return [];
  const days = await offer(desk, visit, addDays(wished[0]!.date, -NEAR_DAYS), addDays(last.date, NEAR_DAYS));
  const { minute } = wallOf(localDay(zone, dateAt(zone, visit.start)), visit.start);
  // What an earlier try booked before the line broke is nobody else's.
  const own = new Set((await readSeries(desk, visit)).all.filter(({ status }) => STANDS.has(status)).map(({ start }) => start));
  return wished.map((one) => planned(zone, one, minute, days, NEAR_DAYS, own));
}

/** What is sealed again on each date. Answers to questions and files belong to the first visit; so does a checked number. */
async function copied(desk: OpenDesk, visit: Visit, series: Series): Promise<Confided> {
  const row = await postRead(desk.practice.practice, visit.record, ['id', 'ct', 'rs'], desk.kids, 'repeat');
  const record = recordOf(desk.instance, row);
  if (!(await isSigned(desk, record))) throw new Altered('signature');
  const { groups } = await open(record, desk.ring);
  const { id, ct } = groups;
  const rs = reasonOf(row, groups.rs);
  if (id === null || ct === null || rs === null) throw new Altered('groups');
  const { pkh: _pkh, t: _t, h: _h, ...identity } = id;
  const { c: _c, ...contact } = ct;
  return { id: { ...identity, series }, ct: { ...contact, check: null }, rs: { ...rs, answers: [], files: [] } };
}

async function sealed(desk: OpenDesk, visit: Visit, record: Id, slot: Slot, confided: Confided): Promise<Booking> {
  const { groups, secrets, act } = withSecrets(confided);
  const at = { practice: desk.practice.practice, unit: visit.unit, record, rev: 1, slot };
  const telling = tellingOf(desk, { agenda: slot.agenda, visitType: slot.visit_type }, (of, now) => planBooked(of, now, { confirm: false }));
  const { bytes } = await placedWith(desk.trusted, at, secrets, confided, telling);
  // Nobody holds a link to it yet: its booking key is drawn and forgotten.
  const { sign } = await capKeys(random(SECRET_BYTES));
  // Looked up together: another roster may have been taken up while the messages were placed.
  const epoch = desk.units.get(visit.unit)?.[0];
  if (epoch === undefined) throw new Altered('unit');
  const made = await sealByMember(
    placeOf(desk.instance, at), groups, epoch.keys.record, desk.trusted.roster, { bookingPk: sign.publicKey, patientPk: null }, desk.user.sign,
  );
  return { revision: wireRevision(at, made), act, ...bytes };
}

/** Sent again once with the same bytes when no answer came: the server answers what stands. */
async function send(desk: OpenDesk, booking: Booking, token: string): Promise<void> {
  try {
    await postStaffBooking(desk.practice.practice, booking, token);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    await postStaffBooking(desk.practice.practice, booking, token);
  }
}

/** Follows from the series: whoever tries again after a line that broke has the hold that the first try left. */
export function holdToken({ seed }: Series, record: Id): string {
  return base64(D(seed, `hold ${base64(idFromUuid(record))}`, TOKEN_BYTES));
}

async function bookOne(desk: OpenDesk, visit: Visit, record: Id, start: number, copy: Confided): Promise<void> {
  const { practice } = desk.practice;
  const token = holdToken(copy.id.series!, record);
  const held = await postHold(practice, { record, agenda: visit.agenda, visit_type: visit.visitType, start: instantText(start), minutes: visit.minutes }, token);
  const slot: Slot = { agenda: visit.agenda, start: held.start, minutes: held.minutes, visit_type: visit.visitType };
  try {
    for (let round = 0; ; round += 1) {
      try {
        await send(desk, await sealed(desk, visit, record, slot, copy), token);
        return;
      } catch (error) {
        if (!(error instanceof Refused) || !isSealedAnew(error) || round >= ROSTER_ROUNDS_MAX) throw error;
        await renewDesk(desk);
      }
    }
  } catch (error) {
    await postRelease(practice, record, token).catch(() => undefined);
    throw error;
  }
}

/** booked; taken, refused by the rules, or failed for another reason: nothing stands there; unsure: no answer came, the agenda tells; left: not tried after that. */
export interface Outcome {
  start: number;
  result: 'booked' | 'taken' | 'refused' | 'failed' | 'unsure' | 'left';
}

function whyNot(error: unknown): 'taken' | 'refused' | 'failed' {
  if (!(error instanceof Refused)) return 'failed';
  if (error.is('slot_taken') || error.is('hold_expired')) return 'taken';
  return error.is('not_offered') ? 'refused' : 'failed';
}

/** Books each time, one after another; `tell` hears of each. Throws what stops all of them before the first is tried. */
export async function bookRepeat(desk: OpenDesk, visit: Visit, starts: readonly number[], tell: (done: number) => void): Promise<Outcome[]> {
  const { series, records } = await newRecords(desk, visit, starts.length);
  const copy = await underPresentKeys(desk, () => copied(desk, visit, series));
  const outcomes: Outcome[] = [];
  let away = false;
  for (const [nth, start] of starts.entries()) {
    if (away) {
      outcomes.push({ start, result: 'left' });
      continue;
    }
    try {
      await bookOne(desk, visit, records[nth]!, start, copy);
      outcomes.push({ start, result: 'booked' });
    } catch (error) {
      if (isOver(error)) throw error;
      away = isOutage(error);
      if (!away && !(error instanceof Refused)) throw error;
      outcomes.push({ start, result: away ? 'unsure' : whyNot(error) });
    }
    tell(outcomes.length);
  }
  return outcomes;
}
