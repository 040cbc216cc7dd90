// SPDX-License-Identifier: Apache-2.0
/**
 * Who reads a record, and how that changes: booking, re-sealing by staff, further readers, compaction.
 * Recipients' keys come from the verified roster and nowhere else.
 */
import { type Bytes, KEY_BYTES, equal } from './bytes'
import { type Context, type Place, contextOf } from './context'
import { Altered, Stale, Unaddressed } from './errors'
import type { Groups } from './groups'
import { type CapKeys, patientKeyHash } from './keys'
import { type BoxKey, PublicKey, type SigningKey } from './primitives'
import { type Keyring, type Opened, type Sealed, checkPatientKey, seal } from './record'
import type { SealedRecord } from './revision'
import type { Roster } from './roster'
import { MASK_ALL, type Reader, type Stanza, inMask, unwrap, unwrapOwn, wrap } from './stanza'

/** The granted connectors of a unit, each with its groups. */
function connectorsOf(roster: Roster, unit: Bytes): Reader[] {
  return roster.grantsOf(unit).map((grant) => ({ key: new PublicKey(grant.kemPk), mask: grant.mask }))
}

/** A patient's booking or move: to the unit, to granted connectors, under K_cap; signed by the booking key, or by the one it replaces. */
export function sealBooking(place: Place, groups: Groups, cap: CapKeys, roster: Roster, signer: SigningKey = cap.sign): Promise<Sealed> {
  const unit = { key: new PublicKey(roster.epoch(place.unit).pk), mask: MASK_ALL }
  return seal({
    place,
    groups,
    readers: [unit, ...connectorsOf(roster, place.unit), { key: cap.box, mask: MASK_ALL }],
    bookingPk: cap.sign.publicKey,
    patientPk: cap.kem.publicKey,
    head: roster.head,
    writer: 'patient',
    signer,
  })
}

/** Who holds the patient's link after staff have sealed: what the row carries, or null for nobody yet. */
export interface Link {
  readonly bookingPk: Bytes
  readonly patientPk: Bytes | null
}

/** Staff's first sealing (a patient on the phone), or re-sealing: under K_rec, to connectors, and to the patient's key. */
export function sealByMember(place: Place, groups: Groups, recordKey: BoxKey, roster: Roster, link: Link, signer: SigningKey): Promise<Sealed> {
  if (!equal(recordKey.kid, roster.epoch(place.unit).kidRec)) throw new Altered('kid_rec')
  const patient = link.patientPk === null ? [] : [{ key: new PublicKey(link.patientPk), mask: MASK_ALL }]
  return seal({
    place,
    groups,
    readers: [{ key: recordKey, mask: MASK_ALL }, ...connectorsOf(roster, place.unit), ...patient],
    ...link,
    head: roster.head,
    writer: 'member',
    signer,
  })
}

/**
 * Throws unless `next` may follow what was opened: rev + 1, same record, practice and unit; t, c and h drawn
 * anew (a capsule dies with its day); and the row's patient_pk is the sealed one, else a server could have put
 * its own key into the row and be sealed to.
 */
export function checkReseal(before: Opened, row: Link, next: { readonly place: Place; readonly groups: Groups }): void {
  const { place, groups } = before
  const same = (['record', 'practice', 'unit'] as const).every((name) => equal(place[name], next.place[name]))
  if (!same || place.instance !== next.place.instance) throw new Altered('another record')
  if (next.place.rev !== place.rev + 1) throw new Stale('rev')
  if (groups.id === null || groups.ct === null || groups.rs === null) throw new Unaddressed('re-sealing needs all three groups')
  checkPatientKey(groups.id.pkh, row.patientPk === null ? null : patientKeyHash(row.patientPk))
  const reused = equal(groups.id.t, next.groups.id.t) || equal(groups.id.h, next.groups.id.h) || equal(groups.ct.c, next.groups.ct.c)
  if (reused) throw new Stale('t, c and h are drawn anew')
}

type Stanzas = Pick<SealedRecord, 'place' | 'stanzas'>

/** A stanza for one more reader, of groups that the opener's own stanza grants; more is Unaddressed. */
export async function addReader(record: Stanzas, keys: Keyring, reader: Reader): Promise<Stanza> {
  const context = contextOf(record.place)
  return await wrapGranted(context, (await unwrapOwn(context, record.stanzas, keys)).ceks, reader)
}

function wrapGranted(context: Context, ceks: readonly (Bytes | null)[], reader: Reader): Promise<Stanza> {
  if (ceks.some((cek, index) => cek === null && inMask(reader.mask, index))) throw new Unaddressed('group')
  const none = new Uint8Array(KEY_BYTES)
  const [one, two, three] = ceks
  return wrap(context, [one ?? none, two ?? none, three ?? none], reader)
}

/** The 02 stanza under K_rec that replaces the unit's 01 stanza, which `replaces` names; opened once more before it is sent. */
export async function compact(record: Stanzas, keys: Keyring, recordKey: BoxKey): Promise<Stanza & { readonly replaces: Bytes }> {
  const context = contextOf(record.place)
  const { key, ceks } = await unwrapOwn(context, record.stanzas, keys)
  const stanza = await wrapGranted(context, ceks, { key: recordKey, mask: MASK_ALL })
  checkSame(ceks, (await unwrap(context, stanza.bytes, recordKey)).ceks)
  return { ...stanza, replaces: key.kid }
}

/** Throws Altered unless the stored stanza wraps the very keys that the record's own stanza gives: an insert answers what stands. */
export async function checkSameKeys(record: Stanzas, keys: Keyring, stored: Bytes, storedKey: BoxKey): Promise<void> {
  const context = contextOf(record.place)
  const [mine, theirs] = await Promise.all([unwrapOwn(context, record.stanzas, keys), unwrap(context, stored, storedKey)])
  checkSame(mine.ceks, theirs.ceks)
}

function checkSame(mine: readonly (Bytes | null)[], theirs: readonly (Bytes | null)[]): void {
  const differs = theirs.some((cek, index) => {
    const other = mine[index]
    return cek !== null && (!other || !equal(cek, other))
  })
  if (differs) throw new Altered('stanza')
}
