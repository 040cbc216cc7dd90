// SPDX-License-Identifier: Apache-2.0
/** The fixed cast, with real keys: Alice books; Dr Bento owns the practice, Sam is his secretary; a connector reads `id`. */
import { type Bytes, hex, random } from '../../src/seal/bytes'
import type { Place } from '../../src/seal/context'
import { type CapKeys, type EpochKeys, type UserKeys, capKeys, epochKeys, newSeed, userKeys } from '../../src/seal/keys'
import type { Groups } from '../../src/seal/groups'
import { drawMessageSecrets } from '../../src/seal/messages'
import { PrivateKey, SigningKey } from '../../src/seal/primitives'
import { Roster, signGenesis } from '../../src/seal/roster'
import { type Epoch, type Grant, type Member, type Role, type SignedEvent, kemKid } from '../../src/seal/roster_events'

export const INSTANCE = 'serment-test'

export interface Practice {
  readonly id: Bytes
  readonly unit: Bytes
  readonly root: SigningKey
  readonly bento: UserKeys
  readonly sam: UserKeys
  readonly samId: Bytes
  readonly samSeed: Bytes
  readonly seed: Bytes
  readonly keys: EpochKeys
  readonly connector: { readonly kem: PrivateKey; readonly sign: SigningKey }
  readonly chain: readonly SignedEvent[]
  readonly roster: Roster
}

export function member(keys: UserKeys, id: Bytes, role: Role, units: readonly Bytes[]): Member {
  return { kind: 'member', id, kemPk: keys.kem.publicKey, signPk: keys.sign.publicKey, role, units }
}

export function epochOf(unit: Bytes, e: number, keys: EpochKeys, members: readonly Member[]): Epoch {
  const kids = members.map(kemKid).sort((a, b) => (hex(a) < hex(b) ? -1 : 1))
  return { kind: 'epoch', unit, e, pk: keys.kem.publicKey, kidRec: keys.record.kid, members: kids }
}

/** Opens a practice with two members, one unit in its first epoch and one connector granted `id`. */
export async function openPractice(): Promise<Practice> {
  const [id, unit, bentoId, samId, seed, samSeed] = [random(16), random(16), random(16), random(16), newSeed(), newSeed()]
  const [root, bento, sam, keys] = await Promise.all([SigningKey.fromSeed(newSeed()), userKeys(newSeed()), userKeys(samSeed), epochKeys(seed)])
  const connector = { kem: await PrivateKey.fromSeed(newSeed()), sign: await SigningKey.fromSeed(newSeed()) }
  const owner = member(bento, bentoId, 'owner', [unit])
  const secretary = member(sam, samId, 'secretary', [unit])
  const chain = [await signGenesis(id, { kind: 'genesis', instance: INSTANCE, rootPk: root.publicKey, owner }, root)]
  let roster = await Roster.verify(chain, null)
  const grant: Grant = {
    kind: 'grant', connector: random(16), kemPk: connector.kem.publicKey, signPk: connector.sign.publicKey,
    unit, mask: 1, backDays: 1, aheadDays: 30,
  }
  for (const payload of [secretary, epochOf(unit, 1, keys, [owner, secretary]), grant]) {
    const signed = await roster.sign(payload, bento.sign)
    roster = await roster.extend([signed])
    chain.push(signed)
  }
  return { id, unit, root, bento, sam, samId, samSeed, seed, keys, connector, chain, roster }
}

/** Its roster before and after its owner named the notifier of this root. */
export async function openPracticeWithNotifier(): Promise<{ readonly root: SigningKey; readonly unnamed: Roster; readonly roster: Roster }> {
  const [{ bento, roster: unnamed }, root] = await Promise.all([openPractice(), SigningKey.fromSeed(newSeed())])
  const named = await unnamed.sign({ kind: 'notifier', signPk: root.publicKey }, bento.sign)
  return { root, unnamed, roster: await unnamed.extend([named]) }
}

export function placeIn(practice: Practice): Place {
  return {
    instance: INSTANCE, practice: practice.id, unit: practice.unit, record: random(16), rev: 1,
    slot: { agenda: random(16), start: 1_795_600_800, minutes: 20, visitType: random(16) },
  }
}

export function alicesGroups(): Groups {
  const { t, c, h } = drawMessageSecrets()
  return {
    id: { givenName: 'Alice', birthName: 'Érable-Ñandú', usedName: null, birthDate: '1984-02-29', sex: 'female', relation: 'self', series: null, quiet: false, t, h },
    ct: { phone: '+33639981234', email: 'alice@exemple.test', name: null, c, check: null, messages: null },
    rs: { reason: 'Toux depuis trois semaines 🌿', notes: null, answers: [{ question: 'q1', answer: 'oui' }], files: [] },
  }
}

export async function alicesCap(): Promise<CapKeys> {
  return await capKeys(newSeed())
}
