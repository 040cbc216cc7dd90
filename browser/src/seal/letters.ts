// SPDX-License-Identifier: Apache-2.0
/** A practice's letter about a breach, sealed to the key of one patient's link and signed by a member (section 7a). */
import { type Bytes, HASH_BYTES, ID_BYTES, hex, join, sized } from './bytes'
import { D, T, day, inst, pad, sha256, unpad } from './conventions'
import { patientKeyHash } from './keys'
import { Fields, checkText, readJson, writeJson } from './payload'
import { type PrivateKey, PublicKey, type SigningKey, verify } from './primitives'
import type { Roster } from './roster'

const LETTER_SIZES = [1024, 2048, 4096, 8192, 16384] as const
export const PART_BYTES_MAX = 8_000
export const LETTER_PARTS = ['nature', 'contact', 'consequences', 'measures', 'advice'] as const
export type LetterPart = (typeof LETTER_PARTS)[number]

/** `day`: when it was written, YYYY-MM-DD. */
export interface Letter extends Record<LetterPart, string> {
  readonly day: string
}

/** Whose letter of which incident; ids of 16 bytes. */
export interface LetterPlace {
  readonly practice: Bytes
  readonly unit: Bytes
  readonly record: Bytes
  readonly incident: Bytes
}

export interface SealedLetter {
  readonly sealed: Bytes
  /** Hash of the patient's key that it is sealed to. */
  readonly pkh: Bytes
  /** The roster's, when it was sealed. */
  readonly head: Bytes
  readonly signature: Bytes
}

const placeBytes = (instance: string, { practice, unit, record, incident }: LetterPlace): Bytes =>
  join(inst(instance), ...[practice, unit, record, incident].map((id) => sized(id, ID_BYTES, 'id')))

const info = (place: Bytes, kid: Bytes): Bytes => join(T('letter'), place, kid)

const signed = (place: Bytes, { pkh, head, sealed }: Omit<SealedLetter, 'signature'>): Bytes =>
  join(T('letter sent'), place, sized(pkh, HASH_BYTES, 'pkh'), sized(head, HASH_BYTES, 'head'), sha256(sealed))

/** To the patient's key, which the caller has compared with what the record says. Throws Unknown: too long. */
export async function sealLetter(roster: Roster, at: LetterPlace, patientPk: Bytes, letter: Letter, signer: SigningKey): Promise<SealedLetter> {
  const to = new PublicKey(patientPk)
  const place = placeBytes(roster.instance, at)
  day(letter.day)
  const parts = LETTER_PARTS.map((part) => [part, checkText(letter[part], PART_BYTES_MAX, part)])
  const payload = writeJson({ day: letter.day, ...Object.fromEntries(parts) as Record<LetterPart, string> })
  const written = { sealed: await to.seal(info(place, to.kid), pad(payload, LETTER_SIZES)), pkh: patientKeyHash(patientPk), head: roster.head }
  return { ...written, signature: await signer.sign(signed(place, written)) }
}

/** Throws Altered unless a member of the unit signed this letter for this record and key; then what it says. */
export async function openLetter(roster: Roster, at: LetterPlace, key: PrivateKey, letter: Omit<SealedLetter, 'pkh'>, signerKid: Bytes): Promise<Letter> {
  const place = placeBytes(roster.instance, at)
  const signer = roster.signer(signerKid, at.unit, roster.seqOf(letter.head))
  await verify(signer, letter.signature, signed(place, { ...letter, pkh: patientKeyHash(key.publicKey) }), 'letter')
  const fields = new Fields(readJson(unpad(await key.open(info(place, key.kid), letter.sealed), LETTER_SIZES)), 'letter')
  const opened = { day: fields.day('day'), ...Object.fromEntries(LETTER_PARTS.map((part) => [part, fields.text(part, PART_BYTES_MAX)])) as Record<LetterPart, string> }
  fields.done()
  return opened
}

/** The id of the message that tells of an incident's letter: planned again, it is the same message and goes once. */
export function letterId(messageKey: Bytes, incident: Bytes): Bytes {
  return D(messageKey, `letter ${hex(sized(incident, ID_BYTES, 'incident'))}`, ID_BYTES)
}
