// SPDX-License-Identifier: Apache-2.0
/** The page that runs the claims, and measures, in a real browser. `tests/browser/test_seal_tiers.py` drives it. */
import { compact, sealBooking } from '../../src/seal/readers'
import { type Keyring, type Sealed, keyring, openMany } from '../../src/seal/record'
import { SealError } from '../../src/seal/errors'
import { type SealedRecord, verifyRevision } from '../../src/seal/revision'
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

interface SealPage {
  start(among?: readonly TierName[]): Promise<TierName>
  run(among: readonly TierName[]): Promise<{ readonly ran: number; readonly failures: readonly string[] }>
  measure(among: readonly TierName[]): Promise<Figures>
  stretch(): Promise<number>
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

const page: SealPage = { start: (among) => start(among), run, measure, stretch }
Object.assign(globalThis, { sealPage: page })
document.title = 'ready'
