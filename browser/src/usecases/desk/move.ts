// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Moves an appointment, or corrects its type, length and reason: the new time is held, all three groups are read and sealed anew (rev + 1,
 * new content keys, new message secrets), to the unit and to the patient's own key, so that the patient's link still opens it. The old
 * time stands until the server has taken the new revision.
 */
import { base64, fromBase64, random, uuidFromId } from '../../seal/bytes';
import { Altered } from '../../seal/errors';
import { open } from '../../seal/record';
import { checkReseal, sealByMember } from '../../seal/readers';
import { Refused } from '../../wire/problem';
import type { Base64, Booked, Id, Slot } from '../../wire/types';
import type { Telling } from '../messages/place';
import { planBooked, planMoved, type PlannedMessage } from '../messages/plan';
import { keepAll, leaveBehind, takeAway } from '../messages/taken_away';
import { isSealedAnew, placedWith, reasonOf, recordOf, slotOf, wireRevision, withSecrets } from '../sealing';
import { instantText } from './days';
import type { Visit } from './model';
import { postHold, postRead, postRelease, postStaffMove, type StaffMove } from './routes';
import { isSigned } from './open_records';
import { readCarried, withLetter, withoutLetter } from './steer';
import { isToldOf, tellingOf } from './telling';
import type { OpenDesk } from './unlock';
import { renewDesk, underPresentKeys } from './units';

const HOLD_TOKEN_BYTES = 32;
const ROSTER_ROUNDS_MAX = 3;

export interface Target {
  agenda: Id;
  start: number;
  /** Set down all the same, beside what is there: the names of the reasons that were shown. */
  warned?: readonly string[];
  /** Goes back before anybody was told that it had moved: nobody is. */
  unsaid?: boolean;
  /** At the time it has, another visit: its patient is told nothing of it, and what was planned goes on. */
  corrected?: Correction;
}

export interface Correction {
  visitType: Id;
  minutes: number;
  reason: string | null;
  /** The practice's message, which the patient reads by the link. */
  notes: string | null;
}

/** The new revision, and what its patient is told; null where no message comes, or there is no address for it. */
export interface Moved extends Booked {
  planned: readonly PlannedMessage[] | null;
}

/** What of a visit is needed to move it. */
export type Movable = Pick<Visit, 'record' | 'rev' | 'visitType' | 'minutes'>;

interface Resealed {
  move: StaffMove;
  planned: Moved['planned'];
  /** Of the revision before: its capsule goes when this one stands. */
  before: { c: Uint8Array<ArrayBuffer> };
}

/** Reads, opens and seals anew for the held slot. Throws Altered before anything is sealed to a key that the patient did not name. */
async function reseal(desk: OpenDesk, visit: Movable, slot: Slot, { unsaid, corrected }: Target): Promise<Resealed> {
  const row = await postRead(desk.practice.practice, visit.record, ['id', 'ct', 'rs'], desk.kids, corrected === undefined ? 'move' : 'correct');
  const record = recordOf(desk.instance, row);
  // What carries no valid signature stays unverified for ever: a member's signature would vouch for it.
  if (!(await isSigned(desk, record))) throw new Altered('signature');
  const opened = await open(record, desk.ring);
  const { id, ct } = opened.groups;
  const rs = reasonOf(row, opened.groups.rs);
  if (id === null || ct === null || rs === null) throw new Altered('groups');
  const { pkh: _pkh, t, h, ...identity } = id;
  const { c, ...contact } = ct;
  const said = corrected === undefined ? rs : { ...rs, reason: corrected.reason, notes: corrected.notes };
  const { groups, secrets, act } = withSecrets({ id: identity, ct: contact, rs: said });
  const at = { practice: desk.practice.practice, unit: uuidFromId(record.place.unit), record: visit.record, rev: row.rev + 1, slot };
  const next = { place: { ...record.place, rev: at.rev, slot: slotOf(slot) }, groups };
  const link = { bookingPk: record.bookingPk, patientPk: row.patient_pk === undefined ? null : fromBase64(row.patient_pk) };
  checkReseal(opened, link, next);
  const carried = await readCarried(desk, { t, h });
  // What was planned of another type of visit goes on; a silent one had nothing planned.
  const goesOn = corrected !== undefined && isToldOf(desk, { agenda: row.slot.agenda, visitType: row.slot.visit_type });
  const plan: Telling['plan'] = (of, now) => {
    if (row.status === 'requested') return [];
    if (goesOn) return carried.planned;
    return unsaid === true || corrected !== undefined ? planBooked(of, now, { confirm: false }) : planMoved(of, now);
  };
  const told = withLetter(plan, carried, secrets.t);
  const { bytes, planned } = await placedWith(desk.trusted, at, secrets, { id: identity, ct: contact }, tellingOf(desk, { agenda: slot.agenda, visitType: slot.visit_type }, told));
  // Looked up together: another roster may have been taken up while the messages were placed.
  const epoch = desk.units.get(at.unit)?.[0];
  if (epoch === undefined) throw new Altered('unit');
  const sealed = await sealByMember(next.place, groups, epoch.keys.record, desk.trusted.roster, link, desk.user.sign);
  const reached = contact.phone !== null || contact.email !== null;
  return { move: { revision: wireRevision(at, sealed), seen_rev: row.rev, act, ...bytes }, planned: reached ? withoutLetter(planned) : null, before: { c } };
}

/** One a record while the desk is open: a hold whose answer was lost is found again, or goes along to the next time that is tried. */
const tokens = new Map<Id, Base64>();

function tokenOf(record: Id): Base64 {
  const token = tokens.get(record) ?? base64(random(HOLD_TOKEN_BYTES));
  tokens.set(record, token);
  return token;
}

/**
 * Moves `visit` to the target. Answers the new revision; a link that opened the old one opens it.
 * Throws Refused (slot_taken, not_offered, warning_changed, stale_revision, hold_expired...), SealError, NoAnswer, NotNow; in each case
 * the old time stands.
 */
export async function moveVisit(desk: OpenDesk, visit: Movable, target: Target): Promise<Moved> {
  const { practice } = desk.practice;
  const token = tokenOf(visit.record);
  const { visitType, minutes } = target.corrected ?? visit;
  const asked = { record: visit.record, agenda: target.agenda, visit_type: visitType, start: instantText(target.start), minutes };
  try {
    const held = await postHold(practice, target.warned === undefined ? asked : { ...asked, overbook: true, warned: target.warned }, token);
    const slot: Slot = { agenda: target.agenda, start: held.start, minutes: held.minutes, visit_type: visitType };
    for (let round = 0; ; round += 1) {
      const { move, planned, before } = await underPresentKeys(desk, () => reseal(desk, visit, slot, target));
      // Somebody else sealed meanwhile: what the person decided on is no longer what stands.
      if (move.seen_rev !== visit.rev) throw new Refused('stale_revision', 409, {});
      try {
        leaveBehind(visit.record, visit.rev, before);
        const moved = await postStaffMove(practice, visit.record, move, token);
        await takeAway(visit.record, moved.rev);
        return { ...moved, planned };
      } catch (error) {
        if (!(error instanceof Refused) || !isSealedAnew(error) || round >= ROSTER_ROUNDS_MAX) {
          if (error instanceof Refused) keepAll(visit.record, visit.rev);
          throw error;
        }
        // Another epoch may stand: its keys are opened before anything is sealed under them.
        await renewDesk(desk);
      }
    }
  } catch (error) {
    await postRelease(practice, visit.record, token).catch(() => undefined);
    throw error;
  }
}

