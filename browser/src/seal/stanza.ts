// SPDX-License-Identifier: Apache-2.0
/**
 * Stanzas: the three content keys for one reader, zeros where the reader is granted nothing.
 * 01 || kid || mask || enc(1120) || ct(112), 1,250 bytes, to a public key;
 * 02 || kid || mask || box(key, info, 3 CEKs), 142 bytes, under K_cap or K_rec.
 * Internal to this folder, since content keys pass through: other folders seal, open and compact whole records.
 */
import { type Bytes, KEY_BYTES, cut, equal, hex, isZero, join, u8 } from './bytes'
import { KID_BYTES, T } from './conventions'
import { type Context, type Group, GROUPS, type PerGroup } from './context'
import { Altered, SealError, Unaddressed, Unknown } from './errors'
import { BOX_OVERHEAD_BYTES, BoxKey, HPKE_OVERHEAD_BYTES, PrivateKey, PublicKey } from './primitives'

export const TYPE_PUBLIC = 1
export const TYPE_SYMMETRIC = 2
export const MASK_ALL = 7
const HEAD_BYTES = 1 + KID_BYTES + 1
const CEKS_BYTES = GROUPS.length * KEY_BYTES
export const PUBLIC_STANZA_BYTES = HEAD_BYTES + HPKE_OVERHEAD_BYTES + CEKS_BYTES
export const SYMMETRIC_STANZA_BYTES = HEAD_BYTES + BOX_OVERHEAD_BYTES + CEKS_BYTES
/** K_rec wraps 2^30 times an epoch at most: random 96-bit nonces. A new epoch is due long before. */
export const WRAPS_PER_KEY_MAX = 2 ** 30

/** A reader of the groups in `mask`: 1 id, 2 ct, 4 rs. A BoxKey (K_cap, K_rec) always reads all three. */
export interface Reader {
  readonly key: PublicKey | BoxKey
  readonly mask: number
}

/** Private keys and box keys that a reader holds, by hexadecimal kid. */
export type OwnKey = PrivateKey | BoxKey

export interface Stanza {
  readonly kid: Bytes
  readonly bytes: Bytes
}

export interface StanzaHead {
  readonly type: typeof TYPE_PUBLIC | typeof TYPE_SYMMETRIC
  readonly kid: Bytes
  readonly mask: number
}

export function maskOf(groups: readonly Group[]): number {
  return groups.reduce((mask, group) => mask | (1 << GROUPS.indexOf(group)), 0)
}

export function inMask(mask: number, index: number): boolean {
  return (mask & (1 << index)) !== 0
}

/** Reads type, kid and mask; throws Unknown on another type, mask or length. */
export function readStanza(bytes: Bytes): StanzaHead {
  const type = bytes[0]
  const length = type === TYPE_PUBLIC ? PUBLIC_STANZA_BYTES : type === TYPE_SYMMETRIC ? SYMMETRIC_STANZA_BYTES : undefined
  if (length === undefined) throw new Unknown('stanza type')
  if (bytes.length !== length) throw new Unknown('stanza length')
  const mask = bytes[HEAD_BYTES - 1] as number
  if (mask === 0 || mask > MASK_ALL) throw new Unknown('stanza mask')
  return { type: type as StanzaHead['type'], kid: cut(bytes, 1, 1 + KID_BYTES), mask }
}

function wrapInfo(context: Context, kid: Bytes, mask: number): Bytes {
  return join(T('wrap'), context.all, kid, u8(mask))
}

/** Wraps the content keys for one reader. */
export async function wrap(context: Context, ceks: PerGroup<Bytes>, reader: Reader): Promise<Stanza> {
  const { key, mask } = reader
  if (!Number.isInteger(mask) || mask < 1 || mask > MASK_ALL) throw new Unknown('stanza mask')
  const plain = join(...ceks.map((cek, index) => (inMask(mask, index) ? cek : new Uint8Array(KEY_BYTES))))
  const info = wrapInfo(context, key.kid, mask)
  const isPublic = key instanceof PublicKey
  const sealed = isPublic ? await key.seal(info, plain) : await key.box(info, plain)
  const head = join(u8(isPublic ? TYPE_PUBLIC : TYPE_SYMMETRIC), key.kid, u8(mask))
  return { kid: key.kid, bytes: join(head, sealed) }
}

/** The content keys of the stanza's mask, null elsewhere. Throws Unaddressed on another's kid, Altered on masked keys that are not zeros. */
export async function unwrap(context: Context, stanza: Bytes, key: OwnKey): Promise<{ mask: number; ceks: (Bytes | null)[] }> {
  const head = readStanza(stanza)
  if (!equal(head.kid, key.kid)) throw new Unaddressed('stanza')
  if ((head.type === TYPE_PUBLIC) !== key instanceof PrivateKey) throw new Altered('stanza type')
  const info = wrapInfo(context, head.kid, head.mask)
  const sealed = cut(stanza, HEAD_BYTES)
  const plain = key instanceof PrivateKey ? await key.open(info, sealed) : await key.unbox(info, sealed)
  if (plain.length !== CEKS_BYTES) throw new Altered('stanza')
  const ceks = GROUPS.map((_, index) => {
    const cek = cut(plain, index * KEY_BYTES, (index + 1) * KEY_BYTES)
    if (inMask(head.mask, index)) return cek
    if (!isZero(cek)) throw new Altered('masked key')
    return null
  })
  return { mask: head.mask, ceks }
}

export interface OwnUnwrapped {
  readonly key: OwnKey
  readonly symmetric: boolean
  readonly mask: number
  readonly ceks: (Bytes | null)[]
}

/**
 * The content keys by the first of the caller's own stanzas that opens. Symmetric ones come first: they open several times
 * faster. One that names the caller's key and does not open hides no other. Throws Unaddressed where none names a key
 * of the caller's, else what the first one threw.
 */
export async function unwrapOwn(context: Context, stanzas: readonly Bytes[], keys: ReadonlyMap<string, OwnKey>): Promise<OwnUnwrapped> {
  const own = stanzas.flatMap((stanza) => {
    const head = readStanza(stanza)
    const key = keys.get(hex(head.kid))
    return key === undefined ? [] : [{ stanza, key, symmetric: head.type === TYPE_SYMMETRIC }]
  })
  own.sort((a, b) => Number(b.symmetric) - Number(a.symmetric))
  let wrong: SealError = new Unaddressed('stanza')
  for (const [nth, { stanza, key, symmetric }] of own.entries()) {
    try {
      return { key, symmetric, ...(await unwrap(context, stanza, key)) }
    } catch (error) {
      if (!(error instanceof SealError)) throw error
      if (nth === 0) wrong = error
    }
  }
  throw wrong
}
