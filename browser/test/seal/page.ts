// SPDX-License-Identifier: Apache-2.0
/** The page that runs the claims, and measures, in a real browser. `tests/browser/test_seal_tiers.py` drives it. */
import { signAct } from '../../src/seal/act'
import { hex } from '../../src/seal/bytes'
import { sealEpochSeed } from '../../src/seal/epoch'
import { writeContact, writeIdentity, writeReason } from '../../src/seal/groups'
import { capKeys, newSeed } from '../../src/seal/keys'
import { fromT, sealCapsule } from '../../src/seal/messages'
import { PrivateKey, PublicKey } from '../../src/seal/primitives'
import { compact, sealBooking } from '../../src/seal/readers'
import { type Keyring, type Sealed, keyring, openMany } from '../../src/seal/record'
import { SealError } from '../../src/seal/errors'
import { type SealedRecord, verifyRevision } from '../../src/seal/revision'
import { slotBytes } from '../../src/seal/slot'
import { StretchedPassword } from '../../src/seal/unlock'
import { type TierName, start } from '../../src/seal/tiers'
import { alicesCap, alicesGroups, openPractice, placeIn } from './cast'
import { suites } from './suites'

const UNLIKE_RECORDS = 50
const ROUNDS = 5

interface Figures {
  /** Milliseconds, medians of five rounds. */
  readonly [name: string]: number
}

/** Made here, to be opened by the Python twin: byte strings as hexadecimal. */
interface Handed {
  readonly events: readonly { readonly event: string; readonly sig: string }[]
  readonly context: { readonly practice: string; readonly unit: string; readonly record: string; readonly slot: string }
  readonly cap: string
  readonly epochSeed: string
  readonly sealedSeed: string
  readonly samSeed: string
  readonly bodies: readonly string[]
  readonly stanzas: readonly string[]
  readonly sig: string
  readonly head: string
  readonly bookingPk: string
  readonly patientPk: string
  readonly plain: readonly string[]
  readonly capsule: { readonly seed: string; readonly sealed: string; readonly h: string; readonly k_m: string }
  readonly act: string
}

interface SealPage {
  start(among?: readonly TierName[]): Promise<TierName>
  run(among: readonly TierName[]): Promise<{ readonly ran: number; readonly failures: readonly string[] }>
  measure(among: readonly TierName[]): Promise<Figures>
  stretch(): Promise<number>
  hand(among: readonly TierName[]): Promise<Handed>
}

/** Every claim in turn; a failure is a sentence and its reason. */
async function run(among: readonly TierName[]): Promise<{ ran: number; failures: string[] }> {
  await start(among)
  const failures: string[] = []
  let ran = 0
  for (const [suite, claims] of Object.entries(suites)) {
    for (const { name, run: attempt } of claims) {
      ran++
      try {
        await attempt()
      } catch (reason) {
        failures.push(`${suite}: ${name}: ${String(reason)}`)
      }
    }
  }
  return { ran, failures }
}

async function median(attempt: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const from = performance.now()
    await attempt()
    times.push(performance.now() - from)
  }
  return Math.round((times.sort((a, b) => a - b)[ROUNDS >> 1] as number) * 100) / 100
}

async function openAll(rows: readonly SealedRecord[], keys: Keyring): Promise<void> {
  const refused = (await openMany(rows, keys)).filter((one) => one instanceof SealError)
  if (refused.length > 0) throw refused[0] as SealError
}

/** Rows as a list carries them: group `id` and the caller's own stanza. */
function listed(sealed: readonly Sealed[], stanzaOf: (one: Sealed, i: number) => Uint8Array<ArrayBuffer>, count: number): SealedRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const one = sealed[i % sealed.length] as Sealed
    return { ...one, bodies: [one.bodies[0].slice(), null, null] as const, stanzas: [stanzaOf(one, i % sealed.length).slice()] }
  })
}

async function measure(among: readonly TierName[]): Promise<Figures> {
  await start(among)
  const [practice, cap] = [await openPractice(), await alicesCap()]
  const sealed: Sealed[] = []
  for (let i = 0; i < UNLIKE_RECORDS; i++) sealed.push(await sealBooking(placeIn(practice), alicesGroups(), cap, practice.roster))
  const unit = keyring(practice.keys.kem)
  const compacted = await Promise.all(sealed.map((one) => compact(one, unit, practice.keys.record)))
  const record = keyring(practice.keys.record)
  const figures: Record<string, number> = {}
  for (const count of [200, 2000]) {
    const byHpke = listed(sealed, (one) => one.stanzas[0] as Uint8Array<ArrayBuffer>, count)
    const byRecordKey = listed(sealed, (_, i) => compacted[i]?.bytes as Uint8Array<ArrayBuffer>, count)
    figures[`open ${count} by hpke`] = await median(() => openAll(byHpke, unit))
    figures[`open ${count} compacted`] = await median(() => openAll(byRecordKey, record))
  }
  figures['seal one booking'] = await median(() => sealBooking(placeIn(practice), alicesGroups(), cap, practice.roster))
  figures['verify 200 revisions'] = await median(async () => {
    for (let i = 0; i < 200; i++) await verifyRevision(sealed[i % sealed.length] as Sealed, practice.roster)
  })
  return figures
}

async function stretch(): Promise<number> {
  const from = performance.now()
  await StretchedPassword.of('serment-test', 'sam', 'correct horse battery')
  return Math.round(performance.now() - from)
}

async function hand(among: readonly TierName[]): Promise<Handed> {
  await start(among)
  const [practice, secret, groups, daySeed] = [await openPractice(), newSeed(), alicesGroups(), newSeed()]
  const [cap, place] = [await capKeys(secret), placeIn(practice)]
  const sealed = await sealBooking(place, groups, cap, practice.roster)
  const day = await PrivateKey.fromSeed(daySeed)
  const { messageKey } = fromT(groups.id.t)
  const capsule = { sms: groups.ct.phone, mail: groups.ct.email, language: 'fr' as const, word: 'Céret', c: groups.ct.c, messageKey }
  const unit = { instance: place.instance, practice: place.practice, unit: place.unit }
  return {
    events: practice.chain.map(({ event, signature }) => ({ event: hex(event), sig: hex(signature) })),
    context: { practice: hex(place.practice), unit: hex(place.unit), record: hex(place.record), slot: hex(slotBytes(place.slot)) },
    cap: hex(secret),
    epochSeed: hex(practice.seed),
    sealedSeed: hex(await sealEpochSeed(unit, 1, practice.seed, new PublicKey(practice.sam.kem.publicKey))),
    samSeed: hex(practice.samSeed),
    bodies: sealed.bodies.map(hex),
    stanzas: sealed.stanzas.map(hex),
    sig: hex(sealed.signature),
    head: hex(sealed.head),
    bookingPk: hex(sealed.bookingPk),
    patientPk: hex(cap.kem.publicKey),
    plain: [writeIdentity({ ...groups.id, pkh: cap.pkh }), writeContact(groups.ct), writeReason(groups.rs)].map(hex),
    capsule: {
      seed: hex(daySeed),
      sealed: hex(await sealCapsule(place.instance, '2026-11-26', new PublicKey(day.publicKey), capsule)),
      h: hex(groups.id.h),
      k_m: hex(messageKey),
    },
    act: hex((await signAct(place, 1, 'cancel', cap.sign)).signature),
  }
}

const page: SealPage = { start: (among) => start(among), run, measure, stretch, hand }
Object.assign(globalThis, { sealPage: page })
document.title = 'ready'
