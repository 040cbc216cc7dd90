// SPDX-License-Identifier: Apache-2.0
/**
 * A unit's epoch seeds on their way to its members, and backwards to the epoch before (section 3).
 * HPKE authenticates nobody: a seed counts only once its public key and kid_rec equal the roster's event 4.
 */
import { type Bytes, ID_BYTES, KEY_BYTES, equal, join, sized, u32 } from './bytes'
import { D, T, inst, kid } from './conventions'
import { Altered, Unknown } from './errors'
import { type EpochKeys, epochKeys } from './keys'
import { BOX_OVERHEAD_BYTES, BoxKey, HPKE_OVERHEAD_BYTES, PrivateKey, PublicKey } from './primitives'
import type { Epoch } from './roster_events'

export const SEALED_SEED_BYTES = HPKE_OVERHEAD_BYTES + KEY_BYTES
export const PREVIOUS_SEED_BYTES = BOX_OVERHEAD_BYTES + KEY_BYTES

export interface UnitPlace {
  readonly instance: string
  readonly practice: Bytes
  readonly unit: Bytes
}

function unitBytes(place: UnitPlace): Bytes {
  return join(inst(place.instance), sized(place.practice, ID_BYTES, 'practice'), sized(place.unit, ID_BYTES, 'unit'))
}

const seedInfo = (place: UnitPlace, e: number, memberKid: Bytes): Bytes =>
  join(T('epoch seed'), unitBytes(place), u32(e), memberKid)

const previousAad = (place: UnitPlace, e: number): Bytes => join(T('prev'), unitBytes(place), u32(e))

/** The seed of epoch e for one member, 1,168 bytes. */
export function sealEpochSeed(place: UnitPlace, e: number, seed: Bytes, member: PublicKey): Promise<Bytes> {
  return member.seal(seedInfo(place, e, member.kid), sized(seed, KEY_BYTES, 'epoch seed'))
}

/** An epoch's seed and its keys, opened by a member. Throws Altered unless they are event 4's: a hard stop. */
export async function openEpochSeed(place: UnitPlace, epoch: Epoch, sealed: Bytes, member: PrivateKey): Promise<OpenEpoch> {
  if (sealed.length !== SEALED_SEED_BYTES) throw new Unknown('epoch seed')
  return await confirm(epoch, await member.open(seedInfo(place, epoch.e, member.kid), sealed))
}

/** The seed of epoch e - 1 under the seed of epoch e, 60 bytes. */
export async function boxPreviousSeed(place: UnitPlace, e: number, seed: Bytes, previous: Bytes): Promise<Bytes> {
  const key = await BoxKey.fromBytes(D(seed, 'prev'))
  return await key.box(previousAad(place, e), sized(previous, KEY_BYTES, 'epoch seed'))
}

/** The epoch before one that is open. `before` is that epoch's own event 4. Throws Altered: a hard stop. */
export async function openPreviousSeed(place: UnitPlace, open: OpenEpoch, before: Epoch, boxed: Bytes): Promise<OpenEpoch> {
  if (boxed.length !== PREVIOUS_SEED_BYTES) throw new Unknown('previous seed')
  if (before.e !== open.epoch.e - 1) throw new Altered('epoch')
  const key = await BoxKey.fromBytes(D(open.seed, 'prev'))
  return await confirm(before, await key.unbox(previousAad(place, open.epoch.e), boxed))
}

export interface OpenEpoch {
  readonly epoch: Epoch
  readonly seed: Bytes
  readonly keys: EpochKeys
}

async function confirm(epoch: Epoch, seed: Bytes): Promise<OpenEpoch> {
  if (seed.length !== KEY_BYTES) throw new Altered('epoch seed')
  const keys = await epochKeys(seed)
  if (!equal(keys.kem.publicKey, epoch.pk) || !equal(keys.record.kid, epoch.kidRec)) throw new Altered('epoch seed')
  return { epoch, seed, keys }
}

/** kid of stanzas sealed to the unit in this epoch. */
export const epochKid = (epoch: Epoch): Bytes => kid(epoch.pk)
