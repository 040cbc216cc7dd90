// SPDX-License-Identifier: Apache-2.0
/** slot = agenda(16) || start u64 (UTC seconds) || minutes u32 || visit_type(16): what the server may not move an identity away from. */
import { type Bytes, ID_BYTES, cut, equal, join, readU32, sized, u32, u64 } from './bytes'
import { Unknown } from './errors'

export const SLOT_BYTES = 44
const START_AT = ID_BYTES
const MINUTES_AT = START_AT + 8
const VISIT_TYPE_AT = MINUTES_AT + 4
const U32 = 2 ** 32
export const SLOT_MINUTES_MAX = 1440

export interface Slot {
  readonly agenda: Bytes
  /** UTC seconds since 1970. */
  readonly start: number
  readonly minutes: number
  readonly visitType: Bytes
}

/** 44 bytes; throws Unknown on a length of 0 or above a day. */
export function slotBytes(slot: Slot): Bytes {
  if (slot.minutes < 1 || slot.minutes > SLOT_MINUTES_MAX) throw new Unknown('slot')
  return join(
    sized(slot.agenda, ID_BYTES, 'agenda'),
    u64(slot.start),
    u32(slot.minutes),
    sized(slot.visitType, ID_BYTES, 'visit type'),
  )
}

/** Reads 44 bytes; throws Unknown on another length. */
export function readSlot(bytes: Bytes): Slot {
  sized(bytes, SLOT_BYTES, 'slot')
  const slot = {
    agenda: cut(bytes, 0, START_AT),
    start: readU32(bytes, START_AT) * U32 + readU32(bytes, START_AT + 4),
    minutes: readU32(bytes, MINUTES_AT),
    visitType: cut(bytes, VISIT_TYPE_AT),
  }
  slotBytes(slot)
  return slot
}

export function sameSlot(a: Slot, b: Slot): boolean {
  return equal(slotBytes(a), slotBytes(b))
}
