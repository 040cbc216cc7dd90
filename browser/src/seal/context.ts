// SPDX-License-Identifier: Apache-2.0
/** What a record is sealed to: instance, practice, unit, record, revision, slot. Any other value of any of them opens nothing. */
import { type Bytes, ID_BYTES, join, sized, u32, u8 } from './bytes'
import { T, inst, sha256 } from './conventions'
import { Unknown } from './errors'
import { type Slot, slotBytes } from './slot'

const RECORD_TYPE = 1

/** The three field groups, in the order of their numbers 1, 2, 3. */
export const GROUPS = ['id', 'ct', 'rs'] as const
export type Group = (typeof GROUPS)[number]
export type PerGroup<X> = readonly [X, X, X]

export interface Place {
  /** Name fixed at installation. */
  readonly instance: string
  readonly practice: Bytes
  readonly unit: Bytes
  readonly record: Bytes
  readonly rev: number
  readonly slot: Slot
}

export interface Context {
  readonly groups: PerGroup<Bytes>
  readonly all: Bytes
}

/** ctx_1, ctx_2, ctx_3 and `all` of a place. Throws Unknown on an id of another length or an integer out of range. */
export function contextOf(place: Place): Context {
  if (place.rev < 1) throw new Unknown('rev')
  const head = [
    T('ctx'),
    inst(place.instance),
    sized(place.practice, ID_BYTES, 'practice'),
    sized(place.unit, ID_BYTES, 'unit'),
    u8(RECORD_TYPE),
    sized(place.record, ID_BYTES, 'record'),
  ]
  const tail = [u32(place.rev), slotBytes(place.slot)]
  const [before, after] = [join(...head), join(...tail)]
  const of = (g: number): Bytes => sha256(before, u8(g), after)
  const groups = [of(1), of(2), of(3)] as const
  return { groups, all: sha256(T('all'), ...groups) }
}
