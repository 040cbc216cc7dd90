// SPDX-License-Identifier: Apache-2.0
/** Records: who opens what, the swap matrix, laws, re-sealing, compaction, lists. */
import fc from 'fast-check'
import { signAct, signMoveNote, verifyAct, verifyStanding } from '../../../src/seal/act'
import { type Bytes, cut, join, random } from '../../../src/seal/bytes'
import type { Place } from '../../../src/seal/context'
import { SealError } from '../../../src/seal/errors'
import { newSeed, patientKeyHash, userKeys } from '../../../src/seal/keys'
import { PublicKey } from '../../../src/seal/primitives'
import { addReader, checkReseal, checkSameKeys, compact, sealBooking, sealByMember } from '../../../src/seal/readers'
import { type Sealed, keyring, open, openMany } from '../../../src/seal/record'
import { type SealedRecord, verifyRevision } from '../../../src/seal/revision'
import { PUBLIC_STANZA_BYTES, SYMMETRIC_STANZA_BYTES, readStanza } from '../../../src/seal/stanza'
import { type Practice, alicesCap, alicesGroups, member, openPractice, placeIn } from '../cast'
import { type Claim, claim, refused, same } from '../claims'

const roundTrip = claim('Alice books: the practice, the connector and Alice open what was sealed to each', async () => {
  const [practice, cap, groups] = [await openPractice(), await alicesCap(), alicesGroups()]
  const sealed = await sealBooking(placeIn(practice), groups, cap, practice.roster)
  const whole = { id: { ...groups.id, pkh: cap.pkh }, ct: groups.ct, rs: groups.rs }
  same((await open(sealed, keyring(practice.keys.kem))).groups, whole, 'the practice')
  same((await open(sealed, keyring(cap.box))).groups, whole, 'Alice')
  same((await open(sealed, keyring(practice.connector.kem))).groups, { ...whole, ct: null, rs: null }, 'the connector')
  await refused(() => open(sealed, keyring(practice.sam.kem)), 'Unaddressed')
  await verifyRevision(sealed, practice.roster)
  same(sealed.stanzas.map((stanza) => stanza.length), [PUBLIC_STANZA_BYTES, PUBLIC_STANZA_BYTES, SYMMETRIC_STANZA_BYTES], 'stanza sizes')
})

/** Every field of the context, one at a time, changed as a lying server could. */
export function swaps(place: Place): readonly (readonly [string, Place])[] {
  const { slot } = place
  return [
    ['instance', { ...place, instance: 'serment-other' }],
    ['practice', { ...place, practice: random(16) }],
    ['unit', { ...place, unit: random(16) }],
    ['record', { ...place, record: random(16) }],
    ['rev', { ...place, rev: place.rev + 1 }],
    ['agenda', { ...place, slot: { ...slot, agenda: random(16) } }],
    ['start', { ...place, slot: { ...slot, start: slot.start + 60 } }],
    ['minutes', { ...place, slot: { ...slot, minutes: slot.minutes + 5 } }],
    ['visit type', { ...place, slot: { ...slot, visitType: random(16) } }],
  ]
}

const swapMatrix = claim('swap matrix: no field of the context can be another, for any reader', async () => {
  const [practice, cap] = [await openPractice(), await alicesCap()]
  const sealed = await sealBooking(placeIn(practice), alicesGroups(), cap, practice.roster)
  for (const [field, place] of swaps(sealed.place)) {
    for (const key of [practice.keys.kem, practice.connector.kem, cap.box]) {
      await refused(() => open({ ...sealed, place }, keyring(key)), 'Altered').catch((reason: unknown) => {
        throw new Error(`${field}: ${String(reason)}`)
      })
    }
    await refused(() => verifyRevision({ ...sealed, place }, practice.roster), 'Altered')
  }
})

const swappedParts = claim('swap matrix: no group, body, stanza, mask or key can take another one\'s place', async () => {
  const [practice, cap, mallory] = [await openPractice(), await alicesCap(), await alicesCap()]
  const sealed = await sealBooking(placeIn(practice), alicesGroups(), cap, practice.roster)
  const other = await sealBooking(placeIn(practice), alicesGroups(), mallory, practice.roster)
  const unit = keyring(practice.keys.kem)
  const [id, ct, rs] = sealed.bodies
  await refused(() => open({ ...sealed, bodies: [ct, id, rs] }, unit), 'Altered')
  await refused(() => open({ ...sealed, bodies: [id, ct, other.bodies[2]] }, unit), 'Altered')
  await refused(() => open({ ...sealed, stanzas: other.stanzas }, unit), 'Altered')
  await refused(() => open({ ...sealed, pkh: mallory.pkh }, unit), 'Altered')
  await refused(() => open({ ...sealed, pkh: null }, unit), 'Altered')
  const stanza = sealed.stanzas[1] as Bytes
  await refused(() => open({ ...sealed, stanzas: [withByte(stanza, 17, 7)] }, keyring(practice.connector.kem)), 'Altered')
  for (const mask of [0, 8, 255]) await refused(() => readStanza(withByte(stanza, 17, mask)), 'Unknown')
  for (const type of [0, 3]) await refused(() => readStanza(withByte(stanza, 0, type)), 'Unknown')
  await refused(() => readStanza(cut(stanza, 0, stanza.length - 1)), 'Unknown')
  await refused(() => readStanza(join(stanza, Uint8Array.of(0))), 'Unknown')
  await refused(() => open({ ...sealed, bodies: [join(id, Uint8Array.of(0)), ct, rs] }, unit), 'Unknown')
})

function withByte(bytes: Bytes, at: number, value: number): Bytes {
  const out = cut(bytes, 0)
  out[at] = value
  return out
}

const signed = claim('a signature covers bodies, keys, head and writer; only who could write then is believed', async () => {
  const [practice, cap, mallory] = [await openPractice(), await alicesCap(), await alicesCap()]
  const sealed = await sealBooking(placeIn(practice), alicesGroups(), cap, practice.roster)
  const other = await sealBooking({ ...sealed.place }, alicesGroups(), cap, practice.roster)
  const list: SealedRecord = { ...sealed, bodies: [sealed.bodies[0], null, null] }
  await verifyRevision(list, practice.roster)
  const lies: Partial<SealedRecord>[] = [
    { bodies: [other.bodies[0], sealed.bodies[1], sealed.bodies[2]], bodyHashes: [null, null, null] },
    { bodies: [sealed.bodies[0], null, null], bodyHashes: [null, other.bodyHashes[1], sealed.bodyHashes[2]] },
    { bookingPk: mallory.sign.publicKey },
    { pkh: mallory.pkh },
    { pkh: null },
    { head: random(32) },
    { signature: other.signature },
    { writer: 'member', writerKid: practice.sam.sign.kid },
  ]
  for (const lie of lies) await refused(() => verifyRevision({ ...sealed, ...lie }, practice.roster), 'Altered')
  await refused(() => verifyRevision(sealed, practice.roster, mallory.sign.publicKey), 'Altered')
})

const reseal = claim('Sam moves the appointment: Alice opens it with her old link, the old revision\'s readers gain nothing', async () => {
  const [practice, cap] = [await openPractice(), await alicesCap()]
  const first = await sealBooking(placeIn(practice), alicesGroups(), cap, practice.roster)
  const before = await open(first, keyring(practice.keys.kem))
  const place = { ...first.place, rev: 2, slot: { ...first.place.slot, start: first.place.slot.start + 3600 } }
  const groups = alicesGroups()
  checkReseal(before, first, { place, groups })
  const second = await sealByMember(place, groups, practice.keys.record, practice.roster, first, practice.sam.sign)
  same((await open(second, keyring(cap.kem))).groups.rs, groups.rs, 'Alice')
  same((await open(second, keyring(practice.keys.record))).compactable, false)
  await verifyRevision(second, practice.roster, first.bookingPk)
  await refused(() => open({ ...second, stanzas: first.stanzas }, keyring(practice.keys.kem)), 'Altered')
  const mallory = await alicesCap()
  await refused(() => checkReseal(before, { ...first, patientPk: mallory.kem.publicKey }, { place, groups }), 'Altered')
  await refused(() => checkReseal(before, first, { place: { ...place, rev: 3 }, groups }), 'Stale')
  await refused(() => checkReseal(before, first, { place, groups: { ...groups, ct: { ...groups.ct, c: before.groups.ct?.c as Bytes } } }), 'Stale')
  await refused(() => checkReseal(before, first, { place: { ...place, unit: random(16) }, groups }), 'Altered')
})

const compaction = claim('the first staff browser compacts: 142 bytes under K_rec open the same record, another record\'s are refused', async () => {
  const [practice, cap] = [await openPractice(), await alicesCap()]
  const sealed = await sealBooking(placeIn(practice), alicesGroups(), cap, practice.roster)
  const unit = keyring(practice.keys.kem)
  const stanza = await compact(sealed, unit, practice.keys.record)
  same(stanza.bytes.length, SYMMETRIC_STANZA_BYTES)
  const reopened = await open({ ...sealed, stanzas: [stanza.bytes] }, keyring(practice.keys.record))
  same(reopened.groups, (await open(sealed, unit)).groups)
  const twin = await sealBooking(sealed.place, alicesGroups(), cap, practice.roster)
  const foreign = await compact(twin, unit, practice.keys.record)
  await refused(() => checkSameKeys(sealed, unit, foreign.bytes, practice.keys.record), 'Altered')
  const more = { key: new PublicKey(cap.kem.publicKey), mask: 2 }
  await refused(() => addReader(sealed, keyring(practice.connector.kem), more), 'Unaddressed')
})

const forged = claim('a 142-byte stanza under a public kid that opens nothing hides no record, and is compacted over by nobody', async () => {
  const [practice, cap] = [await openPractice(), await alicesCap()]
  const sealed = await sealBooking(placeIn(practice), alicesGroups(), cap, practice.roster)
  const both = keyring(practice.keys.kem, practice.keys.record)
  const { bytes, replaces } = await compact(sealed, both, practice.keys.record)
  const lie = withByte(bytes, SYMMETRIC_STANZA_BYTES - 1, (bytes[SYMMETRIC_STANZA_BYTES - 1] as number) ^ 1)
  const beside = { ...sealed, stanzas: [lie, ...sealed.stanzas] }
  const opened = await open(beside, both)
  same([opened.groups, opened.compactable, opened.kid], [(await open(sealed, both)).groups, true, practice.keys.kem.kid])
  same((await compact(beside, both, practice.keys.record)).replaces, replaces)
  await refused(() => checkSameKeys(beside, both, lie, practice.keys.record), 'Altered')
  await refused(() => open({ ...sealed, stanzas: [lie] }, both), 'Altered')
  same((await open({ ...sealed, stanzas: [...sealed.stanzas, bytes] }, both)).compactable, false)
})

const acts = claim('Alice cancels and Sam undoes; Mallory, a repeated act and a patient\'s undo are refused', async () => {
  const [practice, cap, mallory] = [await openPractice(), await alicesCap(), await alicesCap()]
  const place = placeIn(practice)
  const cancel = await signAct(place, 1, 'cancel', cap.sign)
  await verifyAct(place, cancel, practice.roster, 0, cap.sign.publicKey, null)
  await refused(() => verifyAct(place, cancel, practice.roster, 1, cap.sign.publicKey, null), 'Stale')
  await refused(() => verifyAct(place, { ...cancel, kind: 'confirm' }, practice.roster, 0, cap.sign.publicKey, null), 'Altered')
  await refused(() => verifyAct(place, cancel, practice.roster, 0, mallory.sign.publicKey, null), 'Altered')
  const undo = await signAct(place, 2, 'undo', practice.sam.sign)
  await verifyAct(place, undo, practice.roster, 1, cap.sign.publicKey, practice.sam.sign.kid)
  const cheat = await signAct(place, 2, 'undo', cap.sign)
  await refused(() => verifyAct(place, cheat, practice.roster, 1, cap.sign.publicKey, null), 'Altered')
  for (const [, other] of swaps(place)) await refused(() => verifyAct(other, cancel, practice.roster, 0, cap.sign.publicKey, null), 'Altered')
})

const notes = claim('a connector\'s note moves a row; without one another slot than the sealed is Altered', async () => {
  const practice = await openPractice()
  const place = placeIn(practice)
  const moved = { ...place.slot, start: place.slot.start + 1200 }
  const note = await signMoveNote(place, moved, 1, practice.connector.sign)
  const standing = { note, signerKid: practice.connector.sign.kid, last: 0 }
  await verifyStanding(place, place.slot, null, null)
  await verifyStanding(place, moved, standing, practice.roster)
  await refused(() => verifyStanding(place, moved, null, practice.roster), 'Altered')
  await refused(() => verifyStanding(place, { ...moved, minutes: 45 }, standing, practice.roster), 'Altered')
  const bySam = { ...standing, note: await signMoveNote(place, moved, 1, practice.sam.sign), signerKid: practice.sam.sign.kid }
  await refused(() => verifyStanding(place, moved, bySam, practice.roster), 'Altered')
})

const lists = claim('a list of 120 opens in order, and one altered row hides no other', async () => {
  const [practice, cap] = [await openPractice(), await alicesCap()]
  const sealed: Sealed[] = []
  for (let i = 0; i < 12; i++) sealed.push(await sealBooking(placeIn(practice), alicesGroups(), cap, practice.roster))
  const rows = Array.from({ length: 120 }, (_, i) => {
    const one = sealed[i % 12] as Sealed
    return { ...one, bodies: [i === 77 ? withByte(one.bodies[0], 40, 0) : one.bodies[0], null, null] as const }
  })
  rows[77] = { ...(rows[77] as (typeof rows)[number]), place: { ...(sealed[0] as Sealed).place, rev: 9 } }
  const results = await openMany(rows, keyring(practice.keys.kem))
  same(results.map((result, i) => (result instanceof SealError) === (i === 77)).includes(false), false, 'one refusal')
  same(results.filter((result) => !(result instanceof SealError)).length, 119)
})

const laws = claim('laws: whatever is sealed opens as it was; whatever byte is flipped is refused', async () => {
  const [practice, cap] = [await openPractice(), await alicesCap()]
  const unit = keyring(practice.keys.kem)
  const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  const property = fc.asyncProperty(words, words, fc.nat(), fc.nat({ max: 7 }), async (name, reason, at, bit) => {
    const groups = alicesGroups()
    const said = { ...groups, id: { ...groups.id, givenName: name }, rs: { ...groups.rs, reason } }
    const sealed = await sealBooking(placeIn(practice), said, cap, practice.roster)
    const opened = await open(sealed, unit)
    same([opened.groups.id?.givenName, opened.groups.rs?.reason], [name, reason])
    const parts: Bytes[] = [...sealed.bodies, sealed.stanzas[0] as Bytes, sealed.signature]
    const part = at % parts.length
    const target = parts[part] as Bytes
    const place = at % target.length
    parts[part] = withByte(target, place, (target[place] as number) ^ (1 << bit))
    const [one, two, three, stanza, signature] = parts as [Bytes, Bytes, Bytes, Bytes, Bytes]
    const bent = { ...sealed, bodies: [one, two, three] as const, bodyHashes: [null, null, null] as const, stanzas: [stanza], signature }
    await refused(async () => {
      await verifyRevision(bent, practice.roster)
      await open(bent, unit)
    }, 'Altered', 'Unknown', 'Unaddressed')
    if (part < 4) await refused(() => open(bent, unit), 'Altered', 'Unknown', 'Unaddressed')
  })
  await fc.assert(property, { numRuns: 25 })
})

const pkh = claim('the hash in `id` is the row\'s patient key, whoever seals', async () => {
  const cap = await alicesCap()
  same(cap.pkh, patientKeyHash(cap.kem.publicKey))
  const practice: Practice = await openPractice()
  const link = { bookingPk: random(32), patientPk: null }
  const place = placeIn(practice)
  const sealed = await sealByMember(place, alicesGroups(), practice.keys.record, practice.roster, link, practice.sam.sign)
  same((await open(sealed, keyring(practice.keys.record))).groups.id?.pkh, null, 'nobody holds a link')
  await refused(() => open({ ...sealed, pkh: cap.pkh }, keyring(practice.keys.record)), 'Altered')
})

const handle = claim('nothing is sealed whose handle is not the one that c gives', async () => {
  const [practice, cap, groups] = [await openPractice(), await alicesCap(), alicesGroups()]
  const astray = { ...groups, id: { ...groups.id, h: random(16) } }
  await refused(() => sealBooking(placeIn(practice), astray, cap, practice.roster), 'Altered')
})

const sizes = claim('no size tells a short name from a long one, or a long address from none', async () => {
  const [practice, cap, groups] = [await openPractice(), await alicesCap(), alicesGroups()]
  const short = { ...groups, id: { ...groups.id, givenName: 'Li', birthName: 'Wu' }, ct: { ...groups.ct, email: null } }
  const long = {
    id: { ...groups.id, givenName: 'Anne-Marie Élisabeth', birthName: 'Guérinel de la Rochefoucauld-Montmorency' },
    ct: { ...groups.ct, email: `${'a'.repeat(200)}@exemple.test` },
    rs: { ...groups.rs, reason: 'Une toux. '.repeat(35) },
  }
  for (const written of [short, long]) {
    const sealed = await sealBooking(placeIn(practice), written, cap, practice.roster)
    same(sealed.bodies.map((body) => body.length), [560, 560, 560])
  }
})

const latecomer = claim('who joined later signs nothing that names an earlier head', async () => {
  const { roster, bento, unit, ...practice } = await openPractice()
  const dave = await userKeys(newSeed())
  const later = await roster.extend([await roster.sign(member(dave, random(16), 'practitioner', [unit]), bento.sign)])
  const link = { bookingPk: random(32), patientPk: null }
  const place = placeIn({ ...practice, roster, bento, unit })
  await verifyRevision(await sealByMember(place, alicesGroups(), practice.keys.record, later, link, dave.sign), later)
  const backdated = await sealByMember(place, alicesGroups(), practice.keys.record, roster, link, dave.sign)
  await refused(() => verifyRevision(backdated, later), 'Altered')
})

export const records: readonly Claim[] = [
  handle, latecomer, sizes,
  roundTrip, swapMatrix, swappedParts, signed, reseal, compaction, forged, acts, notes, lists, pkh, laws,
]
