// SPDX-License-Identifier: Apache-2.0
/**
 * HKDF-SHA256 (RFC 5869) as `hpke` wants a KDF, synchronous inside: one opening asks for six small HMACs, where
 * WebCrypto would cross threads twelve times. Keyed states are kept where one key serves several of them.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { KDF } from 'hpke'
import { type Bytes, HASH_BYTES } from './bytes'

/** HMAC-SHA256 with its key taken in; `digest` spends it, so it is cloned first. */
interface Keyed {
  clone(): Keyed
  update(bytes: Uint8Array): Keyed
  digest(): Uint8Array
}

const FIRST_BLOCK = Uint8Array.of(1)
/** RFC 5869: an absent salt is a string of zeros. */
const noSalt: Keyed = hmac.create(sha256, new Uint8Array(HASH_BYTES)) as Keyed
const keyed = new WeakMap<Uint8Array, Keyed>()

function keyedBy(prk: Uint8Array): Keyed {
  let state = keyed.get(prk)
  if (state === undefined) {
    state = hmac.create(sha256, prk) as Keyed
    keyed.set(prk, state)
  }
  return state.clone()
}

function extract(salt: Uint8Array, ikm: Uint8Array): Bytes {
  const state = salt.length === 0 ? noSalt.clone() : (hmac.create(sha256, salt) as Keyed)
  return state.update(ikm).digest() as Bytes
}

/** One block is all that this suite asks for: key 32, nonce 12, exporter secret 32 bytes. */
function expand(prk: Uint8Array, info: Uint8Array, bytes: number): Bytes {
  if (bytes > HASH_BYTES) throw new RangeError('one block of HKDF')
  return keyedBy(prk).update(info).update(FIRST_BLOCK).digest().slice(0, bytes) as Bytes
}

export function hkdfSha256(): KDF {
  return {
    id: 0x0001,
    type: 'KDF',
    name: 'HKDF-SHA256',
    Nh: HASH_BYTES,
    stages: 2,
    Extract: (salt, ikm) => Promise.resolve(extract(salt, ikm)),
    Expand: async (prk, info, bytes) => expand(prk, info, bytes),
    Derive: () => Promise.reject(new Error('two stages')),
  }
}
