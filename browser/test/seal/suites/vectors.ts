// SPDX-License-Identifier: Apache-2.0
/** spec/vectors, written by the Python twin: every good one opens here, every bad one is refused in the same way. */
import badFile from '../../../../spec/vectors/bad.json'
import goodFile from '../../../../spec/vectors/good.json'
import rosterFile from '../../../../spec/vectors/rosters.json'
import { ACTS, type ActKind, verifyAct, verifyMoveNote } from '../../../src/seal/act'
import { type Bytes, fromHex, hex } from '../../../src/seal/bytes'
import { D, T, kid, symmetricKid } from '../../../src/seal/conventions'
import { type Place, contextOf } from '../../../src/seal/context'
import { writeContact, writeIdentity, writeReason } from '../../../src/seal/groups'
import { capKeys, epochKeys, patientKeyHash, userKeys } from '../../../src/seal/keys'
import { BoxKey, PrivateKey } from '../../../src/seal/primitives'
import { type Opened, keyring, open } from '../../../src/seal/record'
import { type SealedRecord, readWriter, verifyRevision } from '../../../src/seal/revision'
import { Roster } from '../../../src/seal/roster'
import { ROLES, type SignedEvent, eventBytes, kemKid, readEvent, signKid } from '../../../src/seal/roster_events'
import { SERIES_MAX, seriesRecord } from '../../../src/seal/series'
import { readSlot, slotBytes } from '../../../src/seal/slot'
import { type OwnKey, inMask } from '../../../src/seal/stanza'
import { type Claim, claim, refusal, refused, same } from '../claims'

interface Envelope {
  readonly name: string
  readonly roster_seq: number
  readonly context: {
    readonly instance: string
    readonly practice: string
    readonly unit: string
    readonly record: string
    readonly rev: number
    readonly slot: { readonly agenda: string; readonly start: number; readonly minutes: number; readonly visit_type: string }
  }
  readonly slot: string
  readonly ctx: readonly string[]
  readonly all: string
  readonly plain: readonly string[]
  readonly bodies: readonly string[]
  readonly stanzas: readonly string[]
  readonly sig: string
  readonly head: string
  readonly booking_pk: string
  readonly previous_booking_pk: string | null
  readonly patient_pk: string | null
  readonly writer: number
  readonly writer_kid: string | null
  readonly readers: readonly { readonly name: string; readonly kind: string; readonly key: string; readonly kid: string; readonly opens: readonly number[] }[]
}
interface BadCase {
  readonly name: string
  readonly from: string
  readonly reader: string
  readonly set: Readonly<Record<string, unknown>>
  readonly open: string | null
  readonly check: string | null
}

const envelopes = goodFile.envelopes as unknown as readonly Envelope[]
const badCases = badFile.cases as unknown as readonly BadCase[]
const orNull = (x: string | null): Bytes | null => (x === null ? null : fromHex(x))

function placeOf({ context: c }: Envelope): Place {
  return {
    instance: c.instance, practice: fromHex(c.practice), unit: fromHex(c.unit), record: fromHex(c.record), rev: c.rev,
    slot: { agenda: fromHex(c.slot.agenda), start: c.slot.start, minutes: c.slot.minutes, visitType: fromHex(c.slot.visit_type) },
  }
}

function recordOf(e: Envelope): SealedRecord {
  const [one, two, three] = e.bodies.map(fromHex) as [Bytes, Bytes, Bytes]
  return {
    place: placeOf(e), bodies: [one, two, three], bodyHashes: [null, null, null], stanzas: e.stanzas.map(fromHex),
    signature: fromHex(e.sig), writer: readWriter(e.writer), writerKid: orNull(e.writer_kid), head: fromHex(e.head),
    bookingPk: fromHex(e.booking_pk), pkh: e.patient_pk === null ? null : patientKeyHash(fromHex(e.patient_pk)),
  }
}

/** A key of the file: by name, from whichever envelope lists it. */
async function keyNamed(name: string): Promise<OwnKey> {
  const reader = envelopes.flatMap((e) => e.readers).find((one) => one.name === name)
  if (reader === undefined) throw new Error(`no reader ${name}`)
  return reader.kind === 'x-wing seed' ? await PrivateKey.fromSeed(fromHex(reader.key)) : await BoxKey.fromBytes(fromHex(reader.key))
}

const rosters = new Map<number, Promise<Roster>>()
function rosterAt(seq: number): Promise<Roster> {
  const known = rosters.get(seq) ?? Roster.verify(goodChain().slice(0, seq), null)
  rosters.set(seq, known)
  return known
}

const signedEvent = (e: { readonly event: string; readonly sig: string }): SignedEvent => ({ event: fromHex(e.event), signature: fromHex(e.sig) })
const goodChain = (): SignedEvent[] => rosterFile.good.events.map(signedEvent)

/** The payloads as they were opened, spelled as this side spells them. */
function respelled({ groups }: Opened): (string | null)[] {
  return [
    groups.id === null ? null : hex(writeIdentity(groups.id)),
    groups.ct === null ? null : hex(writeContact(groups.ct)),
    groups.rs === null ? null : hex(writeReason(groups.rs)),
  ]
}

const conventions = claim('conventions, caps, epochs and members derive the same bytes', async () => {
  const { conventions: c, cap, epoch, user } = goodFile
  same(hex(T('kid')), c['T(kid)'])
  same(hex(kid(new Uint8Array(32))), c['kid(32 zero bytes)'])
  same(hex(D(new Uint8Array(32), 'row')), c['D(32 zero bytes, row)'])
  same(hex(D(new Uint8Array(32), 'kid', 16)), c['D(32 zero bytes, kid, 16)'])
  const ofCap = await capKeys(fromHex(cap.cap))
  same([ofCap.rowToken, ofCap.box.kid, ofCap.sign.publicKey, ofCap.kem.publicKey, ofCap.kem.kid, ofCap.pkh].map(hex), [
    cap.row_token, cap.k_cap_kid, cap.booking_pk, cap.patient_pk, cap.patient_kid, cap.pkh,
  ])
  const ofEpoch = await epochKeys(fromHex(epoch.epoch_seed))
  same([ofEpoch.kem.publicKey, ofEpoch.kem.kid, ofEpoch.record.kid, ofEpoch.index.kid, ofEpoch.card.kid].map(hex), [
    epoch.pk, epoch.kid, epoch.kid_rec, hex(symmetricKid(fromHex(epoch.k_idx))), hex(symmetricKid(fromHex(epoch.k_card))),
  ])
  const ofUser = await userKeys(fromHex(user.user_seed))
  same([ofUser.kem.publicKey, ofUser.kem.kid, ofUser.sign.publicKey, ofUser.sign.kid].map(hex), [
    user.kem_pk, user.kem_kid, user.sign_pk, user.sign_kid,
  ])
})

const seriesIds = claim('the records of a series follow from its seed, and no other number has one', async () => {
  for (const [nth, record] of Object.entries(goodFile.series.records)) same(hex(seriesRecord(fromHex(goodFile.series.seed), Number(nth))), record)
  for (const nth of [0, SERIES_MAX + 1]) await refused(() => seriesRecord(fromHex(goodFile.series.seed), nth), 'Unknown')
})

const goodClaims = envelopes.map((e) =>
  claim(`good: ${e.name}`, async () => {
    const record = recordOf(e)
    const context = contextOf(record.place)
    same([hex(slotBytes(record.place.slot)), context.groups.map(hex), hex(context.all)], [e.slot, e.ctx, e.all])
    same(readSlot(fromHex(e.slot)), record.place.slot)
    for (const reader of e.readers) {
      const key = await keyNamed(reader.name)
      same(hex(key.kid), reader.kid)
      const opened = await open(record, keyring(key))
      same(respelled(opened), e.plain.map((plain, i) => (reader.opens.includes(i + 1) ? plain : null)), reader.name)
      same([0, 1, 2].filter((i) => inMask(opened.mask, i)).map((i) => i + 1), reader.opens)
    }
    await verifyRevision(record, await rosterAt(e.roster_seq), orNull(e.previous_booking_pk))
  }),
)

function spoil(e: Envelope, set: BadCase['set']): Envelope {
  const copy = JSON.parse(JSON.stringify(e)) as Envelope
  for (const [path, value] of Object.entries(set)) {
    const steps = path.split('.')
    const last = steps.pop() as string
    let target = copy as unknown as Record<string, unknown>
    for (const step of steps) target = target[step] as Record<string, unknown>
    target[last] = value
  }
  return copy
}

const badClaims = badCases.map((one) =>
  claim(`bad: ${one.name} (${one.from})`, async () => {
    const base = envelopes.find((e) => e.name === one.from) as Envelope
    const bent = spoil(base, one.set)
    const keys = keyring(await keyNamed(one.reader))
    const outcome = async (attempt: () => Promise<unknown>, refusedAs: string | null): Promise<void> => {
      if (refusedAs === null) await attempt()
      else same(await refusal(attempt), refusedAs)
    }
    await outcome(async () => open(recordOf(bent), keys), one.open)
    await outcome(async () => verifyRevision(recordOf(bent), await rosterAt(base.roster_seq), orNull(bent.previous_booking_pk)), one.check)
  }),
)

const acts = claim('acts and a move note of the first envelope', async () => {
  const first = envelopes[0] as Envelope
  const [place, roster] = [placeOf(first), await rosterAt(first.roster_seq)]
  for (const a of goodFile.acts) {
    const kind = (Object.keys(ACTS) as ActKind[]).find((name) => ACTS[name] === a.kind) as ActKind
    const act = { n: a.n, kind, signature: fromHex(a.sig) }
    const signerKid = orNull(a.signer_kid)
    await verifyAct(place, act, roster, 0, fromHex(first.booking_pk), signerKid)
    await refused(() => verifyAct({ ...place, rev: 2 }, act, roster, 0, fromHex(first.booking_pk), signerKid), 'Altered')
  }
  const { move_note: m } = goodFile
  const note = { slot: readSlot(fromHex(m.new_slot)), n: m.n, signature: fromHex(m.sig) }
  await verifyMoveNote(place, note, roster, 0, fromHex(m.signer_kid))
  await refused(() => verifyMoveNote(place, { ...note, slot: place.slot }, roster, 0, fromHex(m.signer_kid)), 'Altered')
})

const rosterGood = claim('the good roster, event by event, and from its fingerprint', async () => {
  for (const { event } of goodChain()) same(hex(eventBytes(readEvent(event))), hex(event), 'an event spelled again')
  for (const state of rosterFile.good.states) {
    const roster = await rosterAt(state.seq)
    const members = [...roster.members]
      .map((m) => ({ id: hex(m.id), role: ROLES[m.role] as number, units: m.units.map(hex), kem_kid: hex(kemKid(m)), sign_kid: hex(signKid(m)) }))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    const units = roster.units
      .map((u) => ({ unit: hex(u.unit), e: u.e, kid: hex(kid(u.pk)), kid_rec: hex(u.kidRec) }))
      .sort((a, b) => (a.unit < b.unit ? -1 : 1))
    const grants = roster.units
      .flatMap((u) => roster.grantsOf(u.unit))
      .map((g) => ({
        connector: hex(g.connector), unit: hex(g.unit), mask: g.mask, back_days: g.backDays, ahead_days: g.aheadDays,
        kem_kid: hex(kemKid(g)), sign_kid: hex(signKid(g)),
      }))
      .sort((a, b) => (a.connector < b.connector ? -1 : 1))
    const notifier = roster.notifierPk === null ? null : hex(roster.notifierPk)
    same(
      {
        after: state.after, seq: roster.seq, head: hex(roster.head), fingerprint: hex(roster.fingerprint), instance: roster.instance,
        practice: hex(roster.practice), root_pk: hex(roster.rootPk), notifier_pk: notifier, members, units, grants,
      },
      state,
      state.after,
    )
  }
  await Roster.verify(goodChain(), fromHex(rosterFile.good.states[0]?.fingerprint ?? ''))
  await refused(() => Roster.verify(goodChain(), fromHex(rosterFile.wrong_fingerprint)), 'Altered')
})

const rosterIdle = claim('a unit that nobody is in has no keys until its next member brings them', async () => {
  const { keep, then, unit, without_keys_after: idle, e } = rosterFile.idle
  const events = [...goodChain().slice(0, keep), ...then.map(signedEvent)]
  const left = await Roster.verify(events.slice(0, idle), null)
  await refused(() => Promise.resolve().then(() => left.epoch(fromHex(unit))), 'Unaddressed')
  same((await Roster.verify(events, null)).epoch(fromHex(unit)).e, e)
})

const rosterBad = rosterFile.bad.map((one) =>
  claim(`bad roster: ${one.name}`, async () => {
    const then = one.then.map(signedEvent)
    same(await refusal(() => Roster.verify([...goodChain().slice(0, one.keep), ...then], null)), one.error)
  }),
)

export const recordVectors: readonly Claim[] = [conventions, seriesIds, ...goodClaims, ...badClaims, acts, rosterGood, rosterIdle, ...rosterBad]
