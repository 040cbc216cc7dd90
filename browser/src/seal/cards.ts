// SPDX-License-Identifier: Apache-2.0
/** Patient cards and the sealed search index of a unit (section 6). Contents are bytes; compare-and-swap on rev and version. */
import { type Bytes, ID_BYTES, join, sized, u32 } from './bytes'
import { T, inst, month, pad, unpad } from './conventions'
import { Unknown } from './errors'
import { BOX_OVERHEAD_BYTES, type BoxKey } from './primitives'

export const CARD_SIZES = [1024, 2048, 4096] as const
export const ENTRY_SIZES = [256] as const
export const INDEX_STEP_BYTES = 65_536
const INDEX_STEPS_MAX = 64
const INDEX_SIZES = Array.from({ length: INDEX_STEPS_MAX }, (_, i) => (i + 1) * INDEX_STEP_BYTES)

/** A unit at one epoch. */
export interface UnitPlace {
  readonly instance: string
  readonly practice: Bytes
  readonly unit: Bytes
  readonly e: number
}

/** And the month (yyyymm) in which the row expires. */
export interface SheetPlace extends UnitPlace {
  readonly month: number
}

const prefix = (label: string, place: UnitPlace): Bytes =>
  join(T(label), inst(place.instance), sized(place.practice, ID_BYTES, 'practice'), sized(place.unit, ID_BYTES, 'unit'), u32(place.e))

const cardAad = (place: SheetPlace, card: Bytes, rev: number): Bytes =>
  join(prefix('card', place), sized(card, ID_BYTES, 'card'), u32(rev), month(place.month))

const entryAad = (place: SheetPlace, entry: Bytes): Bytes =>
  join(prefix('entry', place), month(place.month), sized(entry, ID_BYTES, 'entry'))

const indexAad = (place: SheetPlace, version: number): Bytes => join(prefix('index', place), month(place.month), u32(version))

async function openPadded(key: BoxKey, aad: Bytes, sealed: Bytes, sizes: readonly number[]): Promise<Bytes> {
  if (!sizes.includes(sealed.length - BOX_OVERHEAD_BYTES)) throw new Unknown('size')
  return unpad(await key.unbox(aad, sealed), sizes)
}

/** Under K_card; `rev` is one above the stored one. */
export function sealCard(place: SheetPlace, card: Bytes, rev: number, key: BoxKey, content: Bytes): Promise<Bytes> {
  return key.box(cardAad(place, card, rev), pad(content, CARD_SIZES))
}

export function openCard(place: SheetPlace, card: Bytes, rev: number, key: BoxKey, sealed: Bytes): Promise<Bytes> {
  return openPadded(key, cardAad(place, card, rev), sealed, CARD_SIZES)
}

const waitingAad = (place: UnitPlace, record: Bytes): Bytes => join(prefix('waiting', place), sized(record, ID_BYTES, 'record'))

/** What a booking told of a person, kept in the browser that heard it until the card says it. Under D(epoch_seed, "waiting"). */
export function sealWaiting(place: UnitPlace, record: Bytes, key: BoxKey, content: Bytes): Promise<Bytes> {
  return key.box(waitingAad(place, record), pad(content, CARD_SIZES))
}

export function openWaiting(place: UnitPlace, record: Bytes, key: BoxKey, sealed: Bytes): Promise<Bytes> {
  return openPadded(key, waitingAad(place, record), sealed, CARD_SIZES)
}

const typedAad = (place: UnitPlace, member: Bytes): Bytes => join(prefix('typed', place), sized(member, ID_BYTES, 'member'))

/** What was being typed at a desk that closed, kept in its page's memory until the same member opens it. Under D(epoch_seed, "typed"). */
export function sealTyped(place: UnitPlace, member: Bytes, key: BoxKey, content: Bytes): Promise<Bytes> {
  return key.box(typedAad(place, member), pad(content, CARD_SIZES))
}

export function openTyped(place: UnitPlace, member: Bytes, key: BoxKey, sealed: Bytes): Promise<Bytes> {
  return openPadded(key, typedAad(place, member), sealed, CARD_SIZES)
}

/** One index entry under K_idx, 284 bytes. */
export function sealEntry(place: SheetPlace, entry: Bytes, key: BoxKey, content: Bytes): Promise<Bytes> {
  return key.box(entryAad(place, entry), pad(content, ENTRY_SIZES))
}

export function openEntry(place: SheetPlace, entry: Bytes, key: BoxKey, sealed: Bytes): Promise<Bytes> {
  return openPadded(key, entryAad(place, entry), sealed, ENTRY_SIZES)
}

/** A merged month of the index, padded to a multiple of 64 KiB. */
export function sealIndex(place: SheetPlace, version: number, key: BoxKey, content: Bytes): Promise<Bytes> {
  return key.box(indexAad(place, version), pad(content, INDEX_SIZES))
}

export function openIndex(place: SheetPlace, version: number, key: BoxKey, sealed: Bytes): Promise<Bytes> {
  return openPadded(key, indexAad(place, version), sealed, INDEX_SIZES)
}
