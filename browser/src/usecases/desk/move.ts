// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Moves an appointment: the new time is held, all three groups are read and sealed anew (rev + 1, new content keys, new
 * message secrets), to the unit and to the patient's own key, so that the patient's link still opens it. The old time
 * stands until the server has taken the new revision.
 */
import { base64, fromBase64, random, uuidFromId } from '../../seal/bytes';
import { D } from '../../seal/conventions';
import { Altered } from '../../seal/errors';
import type { Groups } from '../../seal/groups';
import { open } from '../../seal/record';
import { checkReseal, sealByMember } from '../../seal/readers';
import { Refused } from '../../wire/problem';
import type { Booked, Id, Slot } from '../../wire/types';
import { recordOf, slotOf } from '../sealing';
import { instantText } from './days';
import type { Visit } from './model';
import { postHold, postRead, postRelease, postStaffMove, type StaffMove } from './routes';
import { isSigned } from './open_records';
import type { OpenDesk } from './unlock';
import { renewDesk, underPresentKeys } from './units';

const HOLD_TOKEN_BYTES = 32;
const MESSAGE_SECRET_BYTES = 32;
const CODE_BYTES = 16;
const ROSTER_ROUNDS_MAX = 3;

export interface Target {
  agenda: Id;
  start: number;
  /** Set down all the same, beside what is there: the names of the reasons that were shown. */
  warned?: readonly string[];
}

/** Reads, opens and seals anew for the held slot. Throws Altered before anything is sealed to a key that the patient did not name. */
async function reseal(desk: OpenDesk, visit: Visit, slot: Slot): Promise<StaffMove> {
  const row = await postRead(desk.practice.practice, visit.record, ['id', 'ct', 'rs'], desk.kids, 'move');
  const record = recordOf(desk.instance, row);
  // What carries no valid signature stays unverified for ever: a member's signature would vouch for it.
  if (!(await isSigned(desk, record))) throw new Altered('signature');
  const opened = await open(record, desk.ring);
  const { id, ct, rs } = opened.groups;
  if (id === null || ct === null || rs === null) throw new Altered('groups');
  const code = random(CODE_BYTES);
  const { pkh: _pkh, ...identity } = id;
  const groups: Groups = { id: { ...identity, t: random(MESSAGE_SECRET_BYTES), h: D(code, 'handle', CODE_BYTES) }, ct: { ...ct, c: code }, rs };
  const at = { practice: desk.practice.practice, unit: uuidFromId(record.place.unit), record: visit.record, rev: row.rev + 1, slot };
  const next = { place: { ...record.place, rev: at.rev, slot: slotOf(slot) }, groups };
  const link = { bookingPk: record.bookingPk, patientPk: row.patient_pk === undefined ? null : fromBase64(row.patient_pk) };
  checkReseal(opened, link, next);
  const epoch = desk.units.get(at.unit)?.[0];
  if (epoch === undefined) throw new Altered('unit');
  const sealed = await sealByMember(next.place, groups, epoch.keys.record, desk.trusted.roster, link, desk.user.sign);
  const [idBody, ctBody, rsBody] = sealed.bodies;
  return {
    revision: {
      ...at, bodies: { id: base64(idBody), ct: base64(ctBody), rs: base64(rsBody) }, stanzas: sealed.stanzas.map(base64), sig: base64(sealed.signature),
      head: base64(sealed.head), booking_pk: base64(sealed.bookingPk), patient_pk: sealed.patientPk === null ? null : base64(sealed.patientPk),
      writer: 'member', writer_kid: sealed.writerKid === null ? null : base64(sealed.writerKid),
    },
    seen_rev: row.rev, act: base64(D(code, 'act', CODE_BYTES)),
  };
}

/**
 * Moves `visit` to the target. Answers the new revision; a link that opened the old one opens it.
 * Throws Refused (slot_taken, not_offered, warning_changed, stale_revision, hold_expired...), SealError, NoAnswer, NotNow; in each case
 * the old time stands.
 */
export async function moveVisit(desk: OpenDesk, visit: Visit, target: Target): Promise<Booked> {
  const { practice } = desk.practice;
  const token = base64(random(HOLD_TOKEN_BYTES));
  const asked = { record: visit.record, agenda: target.agenda, visit_type: visit.visitType, start: instantText(target.start), minutes: visit.minutes };
  const held = await postHold(practice, target.warned === undefined ? asked : { ...asked, overbook: true, warned: target.warned }, token);
  const slot: Slot = { agenda: target.agenda, start: held.start, minutes: held.minutes, visit_type: visit.visitType };
  try {
    for (let round = 0; ; round += 1) {
      const move = await underPresentKeys(desk, () => reseal(desk, visit, slot));
      // Somebody else sealed meanwhile: what the person decided on is no longer what stands.
      if (move.seen_rev !== visit.rev) throw new Refused('stale_revision', 409, {});
      try {
        return await postStaffMove(practice, visit.record, move, token);
      } catch (error) {
        if (!(error instanceof Refused) || !error.is('stale_roster') || round >= ROSTER_ROUNDS_MAX) throw error;
        // Another epoch may stand: its keys are opened before anything is sealed under them.
        await renewDesk(desk);
      }
    }
  } catch (error) {
    await postRelease(practice, visit.record, token).catch(() => undefined);
    throw error;
  }
}

