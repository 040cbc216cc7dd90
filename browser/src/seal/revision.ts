// SPDX-License-Identifier: Apache-2.0
/**
 * What a revision's writer signs, and who may have written it. The signature stands beside the bodies:
 * a reader of one group holds that group's key but cannot rewrite it.
 */
import { checkBodySize } from './body'
import { type Bytes, HASH_BYTES, SIGNATURE_BYTES, equal, join, sized, u8 } from './bytes'
import { KID_BYTES, T, sha256 } from './conventions'
import { type PerGroup, type Place, contextOf } from './context'
import { Altered, Unknown } from './errors'
import { ED25519_PUBLIC_BYTES, type SigningKey, verify } from './primitives'
import type { Roster } from './roster'
import { MASK_ALL } from './stanza'

export const WRITERS = { patient: 1, member: 2, connector: 3 } as const
export type Writer = keyof typeof WRITERS

/** The writer of a number; throws Unknown. */
export function readWriter(number: number): Writer {
  const writer = (Object.keys(WRITERS) as Writer[]).find((name) => WRITERS[name] === number)
  if (writer === undefined) throw new Unknown('writer')
  return writer
}

/** A revision as a row carries it. In lists two bodies are null and only their hashes come. */
export interface SealedRecord {
  /** `slot` is the row's sealed_slot, which a connector's move does not change. */
  readonly place: Place
  readonly bodies: PerGroup<Bytes | null>
  /** SHA-256 of each body; for a body that is present it is computed, not believed. */
  readonly bodyHashes: PerGroup<Bytes | null>
  readonly stanzas: readonly Bytes[]
  readonly signature: Bytes
  readonly writer: Writer
  /** kid of the member's or connector's Ed25519 key; null for a patient, whose key is booking_pk. */
  readonly writerKid: Bytes | null
  /** Roster head the writer saw. */
  readonly head: Bytes
  readonly bookingPk: Bytes
  /** Hash of the patient's key (`patientKeyHash`), null where nobody holds a link. Only who seals to the key needs it whole. */
  readonly pkh: Bytes | null
}

/** Throws Unknown on a size or combination that no writer makes, before anything is opened or verified. */
export function checkForm(record: SealedRecord): void {
  for (const body of record.bodies) if (body !== null) checkBodySize(body)
  for (const hash of record.bodyHashes) if (hash !== null) sized(hash, HASH_BYTES, 'body hash')
  sized(record.signature, SIGNATURE_BYTES, 'signature')
  sized(record.head, HASH_BYTES, 'head')
  sized(record.bookingPk, ED25519_PUBLIC_BYTES, 'booking key')
  if (record.pkh !== null) sized(record.pkh, HASH_BYTES, 'patient key')
  if ((record.writerKid === null) !== (record.writer === 'patient')) throw new Unknown('writer')
  if (record.writerKid !== null) sized(record.writerKid, KID_BYTES, 'writer')
}

export interface Writing {
  readonly all: Bytes
  readonly hashes: PerGroup<Bytes>
  readonly bookingPk: Bytes
  readonly pkh: Bytes | null
  readonly head: Bytes
  readonly writer: Writer
}

function revisionMessage(writing: Writing): Bytes {
  return join(
    T('revision'),
    writing.all,
    ...writing.hashes.map((hash) => sized(hash, HASH_BYTES, 'body hash')),
    sized(writing.bookingPk, ED25519_PUBLIC_BYTES, 'booking key'),
    writing.pkh ?? new Uint8Array(HASH_BYTES),
    sized(writing.head, HASH_BYTES, 'head'),
    u8(WRITERS[writing.writer]),
  )
}

export function signRevision(writing: Writing, key: SigningKey): Promise<Bytes> {
  return key.sign(revisionMessage(writing))
}

/**
 * Throws Altered unless the named writer, who could then write in this unit, signed exactly this.
 * `previousBookingPk` is the booking key of the revision before (null at rev 1): a patient signs with it, and
 * only a patient holding it, or a member, may replace it.
 */
export async function verifyRevision(record: SealedRecord, roster: Roster, previousBookingPk: Bytes | null = null): Promise<void> {
  checkForm(record)
  checkPlace(record.place, roster)
  const message = revisionMessage({
    ...record,
    all: contextOf(record.place).all,
    hashes: [bodyHash(record, 0), bodyHash(record, 1), bodyHash(record, 2)],
  })
  await verify(writerKey(record, roster, previousBookingPk), record.signature, message, 'revision')
}

function writerKey(record: SealedRecord, roster: Roster, previousBookingPk: Bytes | null): Bytes {
  const seq = roster.seqOf(record.head)
  if (record.writerKid === null) return previousBookingPk ?? record.bookingPk
  if (record.writer === 'member') return roster.signer(record.writerKid, record.place.unit, seq)
  if (previousBookingPk !== null && !equal(previousBookingPk, record.bookingPk)) throw new Altered('booking key')
  return roster.signer(record.writerKid, record.place.unit, seq, MASK_ALL)
}

function bodyHash(record: SealedRecord, index: 0 | 1 | 2): Bytes {
  const body = record.bodies[index]
  const told = record.bodyHashes[index]
  if (body === null) {
    if (told === null) throw new Unknown('body hash missing')
    return told
  }
  const hash = sha256(body)
  if (told !== null && !equal(hash, told)) throw new Altered('body hash')
  return hash
}

/** Throws Altered if the place belongs to another instance or practice than the roster. */
export function checkPlace(place: Place, roster: Roster): void {
  if (place.instance !== roster.instance || !equal(place.practice, roster.practice)) throw new Altered('another practice')
}
