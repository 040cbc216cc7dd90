// SPDX-License-Identifier: Apache-2.0
/** Keys from secrets: a member's user seed, a unit's epoch seed, a booking's cap. Sections 1 and 3. */
import { type Bytes, KEY_BYTES, equal, random, sized } from './bytes'
import { D, T, sha256 } from './conventions'
import { Altered } from './errors'
import { inviteKey } from './invitation'
import { XWING_PUBLIC_BYTES } from './kem'
import { BoxKey, PrivateKey, SigningKey } from './primitives'
import type { Member } from './roster_events'

/** A member's own pair of keys; both must equal the roster's. */
export interface UserKeys {
  readonly kem: PrivateKey
  readonly sign: SigningKey
  /** From which an owner's invitations are made; see invitation.ts. */
  readonly invite: Bytes
}

/** What a unit's epoch seed opens. */
export interface EpochKeys {
  readonly kem: PrivateKey
  readonly record: BoxKey
  readonly index: BoxKey
  readonly card: BoxKey
}

/** What the holder of a booking's link has. */
export interface CapKeys {
  /** Shown to the server in a header, which stores its SHA-256. */
  readonly rowToken: Bytes
  /** Never leaves the patient. */
  readonly box: BoxKey
  readonly sign: SigningKey
  readonly kem: PrivateKey
  readonly pkh: Bytes
}

/** A fresh seed, vault key or cap: 32 bytes. */
export function newSeed(): Bytes {
  return random(KEY_BYTES)
}

export async function userKeys(seed: Bytes): Promise<UserKeys> {
  sized(seed, KEY_BYTES, 'user seed')
  const [kem, sign] = await Promise.all([
    PrivateKey.fromSeed(D(seed, 'user kem')),
    SigningKey.fromSeed(D(seed, 'user sign')),
  ])
  return { kem, sign, invite: inviteKey(seed) }
}

/** Throws Altered unless these are the keys the roster names: a server may hand out another seed. */
export function checkMember(keys: UserKeys, member: Pick<Member, 'kemPk' | 'signPk'>): void {
  if (!equal(keys.kem.publicKey, member.kemPk) || !equal(keys.sign.publicKey, member.signPk)) throw new Altered("member's keys")
}

export async function epochKeys(seed: Bytes): Promise<EpochKeys> {
  sized(seed, KEY_BYTES, 'epoch seed')
  const [kem, record, index, card] = await Promise.all([
    PrivateKey.fromSeed(D(seed, 'unit kem')),
    BoxKey.fromBytes(D(seed, 'rec')),
    BoxKey.fromBytes(D(seed, 'idx')),
    BoxKey.fromBytes(D(seed, 'card')),
  ])
  return { kem, record, index, card }
}

export async function capKeys(cap: Bytes): Promise<CapKeys> {
  sized(cap, KEY_BYTES, 'cap')
  const [box, sign, kem] = await Promise.all([
    BoxKey.fromBytes(D(cap, 'cap')),
    SigningKey.fromSeed(D(cap, 'sign')),
    PrivateKey.fromSeed(D(cap, 'kem')),
  ])
  return { rowToken: D(cap, 'row'), box, sign, kem, pkh: patientKeyHash(kem.publicKey) }
}

/** pkh = SHA-256(T("pkh") || patient_pk). Throws Unknown on a size. */
export function patientKeyHash(patientPk: Bytes): Bytes {
  return sha256(T('pkh'), sized(patientPk, XWING_PUBLIC_BYTES, 'patient key'))
}
