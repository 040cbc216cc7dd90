// SPDX-License-Identifier: Apache-2.0
/**
 * Records: sealed to their readers, opened by them. Content keys are drawn here, once for each group of
 * each revision, and go nowhere but into stanzas: no public call takes or gives one.
 */
import { type Bytes, KEY_BYTES, equal, hex, random } from './bytes'
import { openBody, sealBody } from './body'
import { sha256 } from './conventions'
import { type PerGroup, type Place, contextOf } from './context'
import { Altered, SealError } from './errors'
import {
  type Groups, type OpenedGroups, readContact, readIdentity, readReason, writeContact, writeIdentity, writeReason,
} from './groups'
import { type SealedRecord, type Writer, checkForm, signRevision } from './revision'
import { type OwnKey, type Reader, unwrapOwn, wrap } from './stanza'
import { patientKeyHash } from './keys'
import { fromC } from './message_link'
import type { SigningKey } from './primitives'

/** Records opened side by side; between two batches the page gets a turn. */
const BATCH_RECORDS = 50

/** Keys a reader holds, by kid: a unit's epochs, K_rec of each, own connectors, a booking's K_cap. */
export type Keyring = ReadonlyMap<string, OwnKey>

export interface Draft {
  readonly place: Place
  /** `pkh` is set by `seal` from `patientPk`. */
  readonly groups: Groups
  readonly readers: readonly Reader[]
  readonly bookingPk: Bytes
  /** null: entered by staff, nobody holds a link yet. */
  readonly patientPk: Bytes | null
  readonly head: Bytes
  readonly writer: Writer
  readonly signer: SigningKey
}

/** A revision just sealed: all bodies are present. */
export interface Sealed extends SealedRecord {
  readonly bodies: PerGroup<Bytes>
  readonly bodyHashes: PerGroup<Bytes>
  /** The key that `pkh` is the hash of. */
  readonly patientPk: Bytes | null
}

export interface Opened {
  readonly place: Place
  /** Groups granted, of which bodies came along. */
  readonly groups: OpenedGroups
  readonly mask: number
  /** kid of the key that opened it. */
  readonly kid: Bytes
  /** Opened through a public-key stanza: the first staff browser compacts it. */
  readonly compactable: boolean
}

export function keyring(...keys: readonly OwnKey[]): Keyring {
  return new Map(keys.map((key) => [hex(key.kid), key]))
}

/**
 * Seals three groups to every reader and signs. Throws Unknown on a payload over 16 KiB or a malformed field,
 * Altered if `id.h` is not the handle that `ct.c` gives: messages would then lie where their reader never looks.
 */
export async function seal(draft: Draft): Promise<Sealed> {
  if (!equal(draft.groups.id.h, fromC(draft.groups.ct.c).h)) throw new Altered('handle')
  const context = contextOf(draft.place)
  const pkh = draft.patientPk === null ? null : patientKeyHash(draft.patientPk)
  const payloads = [writeIdentity({ ...draft.groups.id, pkh }), writeContact(draft.groups.ct), writeReason(draft.groups.rs)] as const
  const ceks = [random(KEY_BYTES), random(KEY_BYTES), random(KEY_BYTES)] as const
  const [one, two, three, ...stanzas] = await Promise.all([
    sealBody(ceks[0], context.groups[0], payloads[0]),
    sealBody(ceks[1], context.groups[1], payloads[1]),
    sealBody(ceks[2], context.groups[2], payloads[2]),
    ...draft.readers.map(async (reader) => (await wrap(context, ceks, reader)).bytes),
  ])
  const bodies = [one, two, three] as const
  const bodyHashes = [sha256(one), sha256(two), sha256(three)] as const
  const { bookingPk, patientPk, head, writer } = draft
  const writing = { all: context.all, hashes: bodyHashes, bookingPk, pkh, head, writer }
  return {
    bookingPk,
    patientPk,
    pkh,
    head,
    writer,
    place: draft.place,
    bodies,
    bodyHashes,
    stanzas,
    signature: await signRevision(writing, draft.signer),
    writerKid: draft.writer === 'patient' ? null : draft.signer.kid,
  }
}

/**
 * Opens the granted groups whose bodies are present: all of them, or none and an error.
 * The signature is not checked here: `verifyRevision`, before a detail view and in idle time for lists.
 */
export async function open(record: SealedRecord, keys: Keyring): Promise<Opened> {
  checkForm(record)
  const context = contextOf(record.place)
  const { key, symmetric, mask, ceks } = await unwrapOwn(context, record.stanzas, keys)
  const plain = await Promise.all(
    record.bodies.map((body, index) => {
      const cek = ceks[index]
      return body === null || !cek ? null : openBody(cek, context.groups[index] as Bytes, body)
    }),
  )
  const groups: OpenedGroups = {
    id: plain[0] ? readIdentity(plain[0]) : null,
    ct: plain[1] ? readContact(plain[1]) : null,
    rs: plain[2] ? readReason(plain[2]) : null,
  }
  if (groups.id !== null) checkPatientKey(groups.id.pkh, record.pkh)
  return { place: record.place, groups, mask, kid: key.kid, compactable: !symmetric }
}

/** Throws Altered unless the row's patient key, or its absence, is the one that the writer sealed the hash of. */
export function checkPatientKey(sealed: Bytes | null, row: Bytes | null): void {
  if (sealed === null || row === null ? sealed !== row : !equal(sealed, row)) throw new Altered('patient key')
}

/** Every record of a list, opened in batches, each with its own result: one altered row hides no other. */
export async function openMany(records: readonly SealedRecord[], keys: Keyring): Promise<(Opened | SealError)[]> {
  const results: (Opened | SealError)[] = []
  for (let from = 0; from < records.length; from += BATCH_RECORDS) {
    if (from > 0) await nextTurn()
    results.push(...(await Promise.all(records.slice(from, from + BATCH_RECORDS).map((record) => settle(open(record, keys))))))
  }
  return results
}

async function settle(opening: Promise<Opened>): Promise<Opened | SealError> {
  try {
    return await opening
  } catch (reason) {
    if (reason instanceof SealError) return reason
    throw reason
  }
}

/** One turn of the event loop, without the clamp of four milliseconds that timers have. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}

