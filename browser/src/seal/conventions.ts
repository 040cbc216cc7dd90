// SPDX-License-Identifier: Apache-2.0
/**
 * The conventions of rdv1, section 0: T, LP, D, kid, pad. Hashes run in plain JavaScript and
 * synchronously: on inputs of a hundred bytes that is faster than a round trip to WebCrypto's threads.
 */
import { hkdf as nobleHkdf } from '@noble/hashes/hkdf.js'
import { hmac as nobleHmac } from '@noble/hashes/hmac.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { type Bytes, ID_BYTES, KEY_BYTES, cut, isZero, join, readU32, text, u32 } from './bytes'
import { Altered, Unknown } from './errors'

export const KID_BYTES = ID_BYTES
const EMPTY = new Uint8Array(0)
const PAD_LENGTH_BYTES = 4

const tags = new Map<string, Bytes>()

/** T(x) = "rdv1 " || x || 00: the prefix of every hash, signature, aad and info. */
export function T(x: string): Bytes {
  let tag = tags.get(x)
  if (tag === undefined) {
    tag = text(`rdv1 ${x}\0`)
    tags.set(x, tag)
  }
  return tag
}

/** LP(x) = u32 length || x. */
export function LP(x: Uint8Array): Bytes {
  return join(u32(x.length), x)
}

export const INSTANCE_CHARACTERS_MAX = 64
const INSTANCE = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/

/** inst = LP(name fixed at installation): lower-case letters, digits, dots, hyphens; never the page's address. */
export function inst(instance: string): Bytes {
  if (instance.length > INSTANCE_CHARACTERS_MAX || !INSTANCE.test(instance)) throw new Unknown('instance name')
  return LP(text(instance))
}

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** A local date as ten ASCII bytes; throws Unknown on a day that does not exist. */
export function day(x: string): Bytes {
  const [year, month, date] = /^\d{4}-\d{2}-\d{2}$/.test(x) ? x.split('-').map(Number) as [number, number, number] : [0, 0, 0]
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const last = month === 2 && leap ? 29 : (DAYS_OF_MONTH[month - 1] ?? 0)
  if (date < 1 || date > last) throw new Unknown('date')
  return text(x)
}

const MONTH_MIN = 200001
const MONTH_MAX = 999912

/** A month as u32 yyyymm. */
export function month(x: number): Bytes {
  if (!(x >= MONTH_MIN && x <= MONTH_MAX && x % 100 >= 1 && x % 100 <= 12)) throw new Unknown('month')
  return u32(x)
}

export function sha256(...parts: readonly Uint8Array[]): Bytes {
  const hash = nobleSha256.create()
  for (const part of parts) hash.update(part)
  return hash.digest() as Bytes
}

export function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Bytes {
  return nobleHmac(nobleSha256, key, join(...parts)) as Bytes
}

/** HKDF-SHA256 (RFC 5869). */
export function hkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, bytes: number): Bytes {
  return nobleHkdf(nobleSha256, ikm, salt, info, bytes) as Bytes
}

/** D(k, x, n) = HKDF-SHA256(ikm = k, salt = empty, info = T(x), n). */
export function D(k: Uint8Array, x: string, bytes: number = KEY_BYTES): Bytes {
  return hkdf(k, EMPTY, T(x), bytes)
}

/** kid of a public key: SHA-256(T("kid") || pk)[:16]. */
export function kid(publicKey: Uint8Array): Bytes {
  return cut(sha256(T('kid'), publicKey), 0, KID_BYTES)
}

/** kid of a symmetric key: D(k, "kid", 16). */
export function symmetricKid(key: Uint8Array): Bytes {
  return D(key, 'kid', KID_BYTES)
}

/** Smallest allowed size that holds `content` bytes and its length field; throws Unknown if none does. */
function paddedSize(content: number, sizes: readonly number[]): number {
  for (const size of sizes) if (PAD_LENGTH_BYTES + content <= size) return size
  throw new Unknown('too long for its padding')
}

/** pad(p, N) = u32 length || p || zeros, to the smallest size in N that fits. `sizes` ascends, in bytes. */
export function pad(content: Uint8Array, sizes: readonly number[]): Bytes {
  const out = new Uint8Array(paddedSize(content.length, sizes))
  out.set(u32(content.length))
  out.set(content, PAD_LENGTH_BYTES)
  return out
}

/** Undoes pad. One content has one padding: a larger size than needed, or a non-zero filler, is Altered. */
export function unpad(padded: Uint8Array, sizes: readonly number[]): Bytes {
  if (!sizes.includes(padded.length)) throw new Unknown('padded size')
  const length = readU32(padded, 0)
  if (length > padded.length - PAD_LENGTH_BYTES) throw new Altered('padding')
  if (paddedSize(length, sizes) !== padded.length) throw new Altered('padding')
  if (!isZero(padded.subarray(PAD_LENGTH_BYTES + length))) throw new Altered('padding')
  return cut(padded, PAD_LENGTH_BYTES, PAD_LENGTH_BYTES + length)
}
