// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * A link for the patient at the desk: a fresh secret is drawn, the appointment is sealed anew to it at its own time, the code is shown
 * and the secret forgotten. An earlier link opens nothing from then on; the patient's browser replaces the secret when it opens it.
 */
import { type Bytes, base64, base64url, fromBase64, random, uuidFromId } from '../../seal/bytes';
import { sha256 } from '../../seal/conventions';
import { Altered } from '../../seal/errors';
import type { Series } from '../../seal/groups';
import { capKeys } from '../../seal/keys';
import { open } from '../../seal/record';
import type { MessageKind } from '../../seal/messages';
import { checkReseal, sealByMember, type Link as Keys } from '../../seal/readers';
import { Refused } from '../../wire/problem';
import type { Id } from '../../wire/types';
import { isSigned } from '../desk/open_records';
import { postRead, type StaffMove } from '../desk/routes';
import type { OpenDesk } from '../desk/unlock';
import type { Link } from '../link';
import { readCarried, withLetter, withoutLetter } from '../desk/steer';
import { tellingOf } from '../desk/telling';
import { renewDesk, underPresentKeys } from '../desk/units';
import type { Telling } from '../messages/place';
import { planBooked, planMoved, type PlannedMessage } from '../messages/plan';
import { keepAll, leaveBehind, takeAway } from '../messages/taken_away';
import { isSealedAnew, placedWith, reasonOf, recordOf, wireRevision, withSecrets, type Confided } from '../sealing';
import { presentEpoch } from './index_book';
import type { Address } from './readdress';
import { postInPlace } from './routes';

const CAP_BYTES = 32;
const ROSTER_ROUNDS_MAX = 3;

interface Change {
  /** Null keeps the link that stands. */
  cap: Uint8Array<ArrayBuffer> | null;
  purpose: string;
  alter: (confided: Confided) => Confided;
  /** What is planned instead of what was. */
  plan?: Telling['plan'];
}

interface SealedInPlace {
  body: StaffMove;
  before: { c: Bytes };
  /** Null where no message comes: nobody sends, or there is no address. */
  planned: readonly PlannedMessage[] | null;
}

async function sealInPlace(desk: OpenDesk, record: Id, { cap, purpose, alter, plan }: Change): Promise<SealedInPlace> {
  const row = await postRead(desk.practice.practice, record, ['id', 'ct', 'rs'], desk.kids, purpose);
  const sealed = recordOf(desk.instance, row);
  // What carries no valid signature stays unverified: a member's signature would vouch for it.
  if (!(await isSigned(desk, sealed))) throw new Altered('signature');
  const opened = await open(sealed, desk.ring);
  const { id, ct } = opened.groups;
  const rs = reasonOf(row, opened.groups.rs);
  if (id === null || ct === null || rs === null) throw new Altered('groups');
  const { pkh: _pkh, t, h, ...identity } = id;
  const { c, ...contact } = ct;
  const confided = alter({ id: identity, ct: contact, rs });
  const { groups, secrets, act } = withSecrets(confided);
  const before: Keys = { bookingPk: sealed.bookingPk, patientPk: row.patient_pk === undefined ? null : fromBase64(row.patient_pk) };
  const place = { ...sealed.place, rev: row.rev + 1 };
  checkReseal(opened, before, { place, groups });
  const unit = uuidFromId(sealed.place.unit);
  const keys = cap === null ? null : await capKeys(cap);
  const link = keys === null ? before : { bookingPk: keys.sign.publicKey, patientPk: keys.kem.publicKey };
  const next = await sealByMember(place, groups, presentEpoch(desk, unit).keys.record, desk.trusted.roster, link, desk.user.sign);
  const at = { practice: desk.practice.practice, unit, record, rev: place.rev, slot: row.slot };
  // What was planned goes on as it was, under the new secrets: the link in a message is the new one's. A letter's message goes on beside any plan.
  const carried = await readCarried(desk, { t, h });
  const told = withLetter(plan ?? (() => carried.planned), carried, secrets.t);
  const placed = await placedWith(desk.trusted, at, secrets, confided, tellingOf(desk, { agenda: row.slot.agenda, visitType: row.slot.visit_type }, told));
  const body = { revision: wireRevision(at, next), seen_rev: row.rev, act, ...placed.bytes };
  const planned = confided.ct.phone === null && confided.ct.email === null ? null : withoutLetter(placed.planned);
  return { body: keys === null ? body : { ...body, row_token_hash: base64(sha256(keys.rowToken)) }, before: { c }, planned };
}

async function change(desk: OpenDesk, record: Id, rev: number, what: Change): Promise<{ rev: number } & Pick<SealedInPlace, 'planned'>> {
  for (let round = 0; ; round += 1) {
    const { body, before, planned } = await underPresentKeys(desk, () => sealInPlace(desk, record, what));
    // Somebody else sealed meanwhile: what the person decided on is no longer what stands.
    if (body.seen_rev !== rev) throw new Refused('stale_revision', 409, {});
    try {
      leaveBehind(record, rev, before);
      const placed = await postInPlace(desk.practice.practice, record, body);
      await takeAway(record, placed.rev);
      return { rev: placed.rev, planned };
    } catch (error) {
      if (!(error instanceof Refused) || !isSealedAnew(error) || round >= ROSTER_ROUNDS_MAX) {
        if (error instanceof Refused) keepAll(record, rev);
        throw error;
      }
      if (error.is('stale_roster')) await renewDesk(desk);
    }
  }
}

/** The link to show, once. Throws Refused (stale_revision, illegal_change), Altered, NoAnswer, NotNow. */
export async function giveLink(desk: OpenDesk, record: Id, rev: number): Promise<Link> {
  const cap = random(CAP_BYTES);
  await change(desk, record, rev, { cap, purpose: 'link', alter: (confided) => confided });
  return { cap: base64url(cap), fingerprint: base64url(desk.trusted.roster.fingerprint), shown: true };
}

/** Seals into the appointment that it is repeated; answers the new revision. Throws Refused (stale_revision, illegal_change, too_late), Altered, NoAnswer, NotNow. */
export async function joinSeries(desk: OpenDesk, record: Id, rev: number, series: Series): Promise<number> {
  return (await change(desk, record, rev, { cap: null, purpose: 'repeat', alter: ({ id, ct, rs }) => ({ id: { ...id, series }, ct, rs }) })).rev;
}

/** Seals a message of the practice into the appointment, where its patient reads it by the link; answers the new revision. */
export async function leaveMessage(desk: OpenDesk, record: Id, rev: number, message: string): Promise<number> {
  return (await change(desk, record, rev, { cap: null, purpose: 'message', alter: ({ id, ct, rs }) => ({ id, ct, rs: { ...rs, notes: message } }) })).rev;
}

/** Another reason, another message of the practice, at the time it has; answers the new revision. Throws as setQuiet. */
export async function correctReason(desk: OpenDesk, record: Id, rev: number, said: Pick<Confided['rs'], 'reason' | 'notes'>): Promise<number> {
  return (await change(desk, record, rev, { cap: null, purpose: 'correct', alter: ({ id, ct, rs }) => ({ id, ct, rs: { ...rs, ...said } }) })).rev;
}

/**
 * Places the messages of an appointment that stands again and has none any more, since its patient took them away with it: a confirmation
 * at once, the links in earlier messages being dead, and the reminders; none yet for a request. Throws Refused (stale_revision,
 * illegal_change, too_late), Altered, NoAnswer, NotNow.
 */
export function placeAgain(desk: OpenDesk, record: Id, rev: number, isRequest: boolean): Promise<{ rev: number } & Pick<SealedInPlace, 'planned'>> {
  const plan: Telling['plan'] = (visit, now) => (isRequest ? [] : planBooked(visit, now, { confirm: true }));
  return change(desk, record, rev, { cap: null, purpose: 'remind', alter: (confided) => confided, plan });
}

/**
 * No message is sent about the appointment any more, or again what was planned. Answers the new revision. Throws Refused (stale_revision,
 * illegal_change, too_late), Altered, NoAnswer, NotNow.
 */
export async function setQuiet(desk: OpenDesk, record: Id, rev: number, quiet: boolean): Promise<number> {
  return (await change(desk, record, rev, { cap: null, purpose: 'remind', alter: ({ id, ct, rs }) => ({ id: { ...id, quiet }, ct, rs }) })).rev;
}

/**
 * Other addresses for what is planned, under a new capsule: it goes when it would have gone. Answers the new revision. Throws Refused
 * (stale_revision, illegal_change, too_late), Altered, NoAnswer, NotNow.
 */
export async function takeAddress(desk: OpenDesk, record: Id, rev: number, address: Partial<Address>): Promise<number> {
  return (await change(desk, record, rev, { cap: null, purpose: 'number', alter: ({ id, ct, rs }) => ({ id, ct: { ...ct, ...address }, rs }) })).rev;
}

/**
 * Another number in place of one that nothing arrives at, and the message that failed once more: `failed` is its kind. Throws Refused
 * (stale_revision, illegal_change), Altered, NoAnswer, NotNow.
 */
export async function correctPhone(desk: OpenDesk, record: Id, rev: number, phone: string, failed: MessageKind): Promise<number> {
  // A letter's message has no plan of its own: it goes once more beside what is planned.
  if (failed === 'letter') return await takeAddress(desk, record, rev, { phone });
  const plan: Telling['plan'] = (visit, now) => (failed === 'moved' ? planMoved(visit, now) : planBooked(visit, now, { confirm: failed === 'booked' }));
  return (await change(desk, record, rev, { cap: null, purpose: 'number', alter: ({ id, ct, rs }) => ({ id, ct: { ...ct, phone }, rs }), plan })).rev;
}
