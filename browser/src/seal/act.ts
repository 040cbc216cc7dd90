// SPDX-License-Identifier: Apache-2.0
/** Signed acts on a sealed revision: cancel, confirm, undo; and a connector's note that it moved the appointment. */
import { type Bytes, join, u32, u8 } from './bytes'
import { T } from './conventions'
import { type Place, contextOf } from './context'
import { Altered, Stale } from './errors'
import { type SigningKey, verify } from './primitives'
import { checkPlace } from './revision'
import type { Roster } from './roster'
import { type Slot, sameSlot, slotBytes } from './slot'

export const ACTS = { cancel: 1, confirm: 2, undo: 3 } as const
export type ActKind = keyof typeof ACTS

export interface Act {
  /** One above the last act on this revision. */
  readonly n: number
  readonly kind: ActKind
  readonly signature: Bytes
}

export interface MoveNote {
  readonly slot: Slot
  readonly n: number
  readonly signature: Bytes
}

const actMessage = (place: Place, n: number, kind: ActKind): Bytes =>
  join(T('act'), contextOf(place).all, u32(n), u8(ACTS[kind]))

const noteMessage = (place: Place, slot: Slot, n: number): Bytes =>
  join(T('move note'), contextOf(place).all, slotBytes(slot), u32(n))

export async function signAct(place: Place, n: number, kind: ActKind, key: SigningKey): Promise<Act> {
  return { n, kind, signature: await key.sign(actMessage(place, n, kind)) }
}

/**
 * Throws unless this act may follow act `last` (0: none yet) of this revision. Without `signerKid` the booking
 * key signs (cancel, confirm); with it a present member of the unit (undo too). Stale: n is not the next one.
 */
export async function verifyAct(place: Place, act: Act, roster: Roster, last: number, bookingPk: Bytes, signerKid: Bytes | null): Promise<void> {
  checkPlace(place, roster)
  if (act.n !== last + 1) throw new Stale('act')
  if (signerKid === null && act.kind === 'undo') throw new Altered('undo is for members')
  const publicKey = signerKid === null ? bookingPk : roster.signer(signerKid, place.unit, roster.seq)
  await verify(publicKey, act.signature, actMessage(place, act.n, act.kind), 'act')
}

export async function signMoveNote(place: Place, slot: Slot, n: number, key: SigningKey): Promise<MoveNote> {
  return { slot, n, signature: await key.sign(noteMessage(place, slot, n)) }
}

/** Throws unless a connector granted in this unit signed this move as the next act of the revision. */
export async function verifyMoveNote(place: Place, note: MoveNote, roster: Roster, last: number, signerKid: Bytes): Promise<void> {
  checkPlace(place, roster)
  if (note.n !== last + 1) throw new Stale('move note')
  const publicKey = roster.signer(signerKid, place.unit, roster.seq, 1)
  await verify(publicKey, note.signature, noteMessage(place, note.slot, note.n), 'move note')
}

/** A connector's note as the row carries it. */
export interface StandingNote {
  readonly note: MoveNote
  readonly signerKid: Bytes
  /** n of the last act or note before it. */
  readonly last: number
}

/** Throws Altered when a row stands at another than the sealed slot without a granted connector's note for that slot. */
export async function verifyStanding(sealed: Place, row: Slot, moved: StandingNote | null, roster: Roster | null): Promise<void> {
  if (sameSlot(sealed.slot, row)) return
  if (moved === null || roster === null || !sameSlot(moved.note.slot, row)) throw new Altered('slot')
  await verifyMoveNote(sealed, moved.note, roster, moved.last, moved.signerKid)
}
