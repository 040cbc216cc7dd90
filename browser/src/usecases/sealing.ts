import { type Bytes, base64, fromBase64, idFromUuid } from '../seal/bytes';
import { sha256 } from '../seal/conventions';
import type { Place } from '../seal/context';
import type { Contact, Groups, Identity, Reason } from '../seal/groups';
import type { CapKeys } from '../seal/keys';
import { fromC } from '../seal/message_link';
import { drawMessageSecrets } from '../seal/messages';
import type { SigningKey } from '../seal/primitives';
import { sealBooking } from '../seal/readers';
import type { Sealed as SealedRevision } from '../seal/record';
import type { SealedRecord } from '../seal/revision';
import { type Slot as SealedSlot, readSlot } from '../seal/slot';
import { start } from '../seal/tiers';
import type { Refused } from '../wire/problem';
import type { Booking, Id, Revision, Sealed, Slot } from '../wire/types';
import { hasBegun, now } from './clock';
import type { PlannedMessage } from './messages/plan';
import { type Placed, type Secrets, type Telling, placeMessages } from './messages/place';
import type { Trusted } from './trust';

/** What a patient confides, read and checked; secrets of the messages are drawn when it is sealed. */
export interface Confided {
  id: Omit<Identity, 'pkh' | 't' | 'h'>;
  ct: Omit<Contact, 'c'>;
  rs: Reason;
}

let started: Promise<unknown> | undefined;

/** Chooses how this browser computes, once for the page. Rejects when it can neither seal nor open. */
export function readyToSeal(): Promise<unknown> {
  started ??= start();
  return started;
}

export interface At {
  practice: Id;
  unit: Id;
  record: Id;
  rev: number;
  slot: Slot;
}

/** A slot of the wire as the sealing ground reads it. */
export function slotOf(slot: Slot): SealedSlot {
  return { agenda: idFromUuid(slot.agenda), start: Date.parse(slot.start) / 1000, minutes: slot.minutes, visitType: idFromUuid(slot.visit_type) };
}

/** What a revision's envelope is bound to. */
export function placeOf(instance: string, at: At): Place {
  return {
    instance, practice: idFromUuid(at.practice), unit: idFromUuid(at.unit), record: idFromUuid(at.record), rev: at.rev, slot: slotOf(at.slot),
  };
}

/** A revision with its messages, as it travels: the part of a booking or move that is sealed. */
export type SealedPart = Pick<Booking, 'revision' | 'act' | 'page' | 'capsule' | 'messages'>;

export interface PatientRevision {
  sealed: SealedPart;
  /** What will be sent; null where no message comes. */
  planned: readonly PlannedMessage[] | null;
}

/** Whether a refusal is answered by sealing anew: other readers stand, or another's messages bear the handle that was drawn. */
export function isSealedAnew(error: Refused): boolean {
  return error.is('stale_roster') || error.is('handle_taken');
}

/** Groups of a revision with message secrets drawn for it. */
export function withSecrets({ id, ct, rs }: Confided): { groups: Groups; secrets: Secrets; act: string } {
  const { t, c, h } = drawMessageSecrets();
  return { groups: { id: { ...id, t, h }, ct: { ...ct, c }, rs }, secrets: { t, c }, act: base64(fromC(c).act) };
}

/**
 * The messages of a revision that is about to be sealed. Where none is wanted the rows look like everybody's, and the capsule names nobody to
 * send them to. Throws NoAnswer, NotNow.
 */
export async function placedWith({ roster }: Trusted, at: At, secrets: Secrets, { id, ct }: Pick<Confided, 'id' | 'ct'>, telling: Telling): Promise<Placed> {
  const contact = id.quiet ? { ...ct, phone: null, email: null } : ct;
  const placed = await placeMessages(roster, slotOf(at.slot).start, secrets, contact, telling, now());
  return id.quiet ? { ...placed, planned: null } : placed;
}

/** A sealed revision as it travels; a member's names its writer. */
export function wireRevision(at: At, sealed: SealedRevision): Revision {
  const [id, ct, rs] = sealed.bodies;
  return {
    ...at,
    bodies: { id: base64(id), ct: base64(ct), rs: base64(rs) },
    stanzas: sealed.stanzas.map(base64),
    sig: base64(sealed.signature),
    head: base64(sealed.head),
    booking_pk: base64(sealed.bookingPk),
    patient_pk: sealed.patientPk === null ? null : base64(sealed.patientPk),
    writer: sealed.writerKid === null ? 'patient' : 'member',
    writer_kid: sealed.writerKid === null ? null : base64(sealed.writerKid),
  };
}

/**
 * Seals a revision as the patient: new content keys, new message secrets and messages at every one. `signer`: the booking key of the revision
 * before, where this one changes it. Throws NoAnswer, NotNow.
 */
export async function sealAsPatient(
  trusted: Trusted,
  at: At,
  cap: CapKeys,
  confided: Confided,
  telling: Telling,
  signer: SigningKey = cap.sign,
): Promise<PatientRevision> {
  const { groups, secrets, act } = withSecrets(confided);
  const place = placeOf(trusted.roster.instance, at);
  const { bytes, planned } = await placedWith(trusted, at, secrets, confided, telling);
  const sealed = await sealBooking(place, groups, cap, trusted.roster, signer);
  return { sealed: { revision: wireRevision(at, sealed), act, ...bytes }, planned };
}

/** What stands for a reason that the server erased, as it does from the day after the visit. */
export const ERASED: Reason = { reason: null, notes: null, answers: [], files: [] };

/** The reason that was opened, or ERASED once the visit is over; null if it did not come before. */
export function reasonOf(row: Sealed, opened: Reason | null): Reason | null {
  return opened ?? (row.bodies.rs === undefined && hasBegun(row.slot.start) ? ERASED : null);
}

/** A row as the sealing ground reads it, its place being the one that was sealed. */
export function recordOf(instance: string, row: Sealed): SealedRecord {
  const body = (text: string | undefined): Bytes | null => (text === undefined ? null : fromBase64(text));
  const bookingPk = fromBase64(row.booking_pk);
  return {
    place: { ...placeOf(instance, row), slot: readSlot(fromBase64(row.sealed_slot)) },
    bodies: [body(row.bodies.id), body(row.bodies.ct), body(row.bodies.rs)],
    bodyHashes: [fromBase64(row.body_hashes.id), fromBase64(row.body_hashes.ct), fromBase64(row.body_hashes.rs)],
    stanzas: row.stanzas.map((stanza) => fromBase64(stanza.bytes)),
    signature: fromBase64(row.sig),
    writer: row.writer,
    writerKid: row.writer_kid === null ? null : fromBase64(row.writer_kid),
    head: fromBase64(row.head),
    bookingPk,
    pkh: row.pkh === null ? null : fromBase64(row.pkh),
  };
}

/** What the server stores of a row token. */
export function rowTokenHash(cap: CapKeys): string {
  return base64(sha256(cap.rowToken));
}

