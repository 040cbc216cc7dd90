// SPDX-License-Identifier: Apache-2.0
/** Byte strings: joining, integers (big-endian), comparison, text and base64. */
import { Unknown } from './errors'

export type Bytes = Uint8Array<ArrayBuffer>

export const ID_BYTES = 16
export const HASH_BYTES = 32
export const KEY_BYTES = 32
export const SIGNATURE_BYTES = 64

const UTF8 = new TextEncoder()
const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const BASE64_CHUNK_BYTES = 8192

export function join(...parts: readonly Uint8Array[]): Bytes {
  let size = 0
  for (const part of parts) size += part.length
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function text(x: string): Bytes {
  return UTF8.encode(x)
}

/** UTF-8 to text; throws TypeError on anything that is not UTF-8. */
export function fromText(x: Uint8Array): string {
  return STRICT_UTF8.decode(x)
}

function unsigned(x: number, bytes: number): Bytes {
  if (!Number.isSafeInteger(x) || x < 0 || x >= 256 ** bytes) throw new Unknown('integer')
  const out = new Uint8Array(bytes)
  let rest = x
  for (let i = bytes - 1; i >= 0; i--) {
    out[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return out
}

export const u8 = (x: number): Bytes => unsigned(x, 1)
export const u32 = (x: number): Bytes => unsigned(x, 4)
/** u64; integers above 2^53 - 1 are refused: no instant of ours comes near. */
export const u64 = (x: number): Bytes => unsigned(x, 8)

/** Reads a big-endian u32; throws Unknown past the end. */
export function readU32(x: Uint8Array, at: number): number {
  if (at + 4 > x.length) throw new Unknown('length')
  return new DataView(x.buffer, x.byteOffset, x.byteLength).getUint32(at)
}

/** A copy of x[from:to] that owns its memory. */
export function cut(x: Uint8Array, from: number, to: number = x.length): Bytes {
  return new Uint8Array(x.subarray(from, to))
}

/** Compares without an early exit, so that time tells nothing of where two values part. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}

export function isZero(x: Uint8Array): boolean {
  let any = 0
  for (const byte of x) any |= byte
  return any === 0
}

export function random(bytes: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(bytes))
}

/** Passes bytes of exactly that length through; throws Unknown otherwise. */
export function sized(x: Uint8Array, bytes: number, what: string): Bytes {
  if (x.length !== bytes) throw new Unknown(what)
  return x as Bytes
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function hex(x: Uint8Array): string {
  let out = ''
  for (let i = 0; i < x.length; i++) out += HEX[x[i] as number]
  return out
}

export function fromHex(x: string): Bytes {
  if (x.length % 2 !== 0 || !/^[0-9a-f]*$/.test(x)) throw new Unknown('hex')
  const out = new Uint8Array(x.length / 2)
  for (let i = 0; i < out.length; i++) out[i] = parseInt(x.slice(2 * i, 2 * i + 2), 16)
  return out
}

/** Standard base64 with padding: the wire's form of byte strings. */
export function base64(x: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < x.length; at += BASE64_CHUNK_BYTES) {
    binary += String.fromCharCode(...x.subarray(at, at + BASE64_CHUNK_BYTES))
  }
  return btoa(binary)
}

/** Strict: the one canonical spelling or Unknown (atob alone lets spaces and stray bits pass). */
export function fromBase64(x: string): Bytes {
  let binary: string
  try {
    binary = atob(x)
  } catch {
    throw new Unknown('base64')
  }
  if (btoa(binary) !== x) throw new Unknown('base64')
  const out = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) out[i] = binary.charCodeAt(i)
  return out
}

const STRAY_BITS = [/^/, /[AEIMQUYcgkosw048]=$/, /[AQgw]==$/]

/** Whether this is the one canonical spelling of so many bytes, told without decoding it. */
export function spellsBase64(x: string, bytes: number): boolean {
  const filler = (3 - (bytes % 3)) % 3
  return x.length === 4 * Math.ceil(bytes / 3) && /^[A-Za-z0-9+/]*={0,2}$/.test(x) && x.indexOf('=') === (filler === 0 ? -1 : x.length - filler) && STRAY_BITS[filler]!.test(x)
}

/** base64url without padding: the form in URL fragments. */
export function base64url(x: Uint8Array): string {
  return base64(x).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

export function fromBase64url(x: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(x)) throw new Unknown('base64url')
  const padded = x.replace(/-/g, '+').replace(/_/g, '/') + '='.repeat((4 - (x.length % 4)) % 4)
  return fromBase64(padded)
}

/** A 16-byte id from its UUID text, any version nibble; throws Unknown. */
export function idFromUuid(x: string): Bytes {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(x)) throw new Unknown('id')
  return fromHex(x.replace(/-/g, ''))
}

export function uuidFromId(x: Uint8Array): string {
  const digits = hex(sized(x, ID_BYTES, 'id'))
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
}
