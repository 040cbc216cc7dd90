// SPDX-License-Identifier: Apache-2.0
/**
 * Bodies: one group of one revision under its own content key.
 * body = C(32) || AES-256-GCM(K, 0^12, ctx, pad(payload)), K || C = HKDF(CEK, salt = ctx).
 * Internal to this folder: a content key is drawn in record.ts and crosses no public call.
 */
import { type Bytes, HASH_BYTES, KEY_BYTES, cut, equal, join } from './bytes'
import { T, hkdf, pad, unpad } from './conventions'
import { Altered, Unknown } from './errors'
import { NONCE_BYTES, TAG_BYTES } from './aes_gcm'
import { tier } from './tiers'

export const PAYLOAD_SIZES = [512, 1024, 2048, 4096, 8192, 16384] as const
/** What a body adds to its padded payload: commitment and tag. */
export const BODY_OVERHEAD_BYTES = HASH_BYTES + TAG_BYTES
/** Safe only because K is used once: a new CEK for every group of every revision. */
const ZERO_NONCE = new Uint8Array(NONCE_BYTES)

function contentKeys(cek: Bytes, context: Bytes): { key: Bytes; commitment: Bytes } {
  const both = hkdf(cek, context, T('content'), KEY_BYTES + HASH_BYTES)
  return { key: cut(both, 0, KEY_BYTES), commitment: cut(both, KEY_BYTES) }
}

/** Throws Unknown on a size that no padding gives, before anything is decrypted. */
export function checkBodySize(body: Bytes): void {
  const padded = body.length - BODY_OVERHEAD_BYTES
  if (!(PAYLOAD_SIZES as readonly number[]).includes(padded)) throw new Unknown('body size')
}

export async function sealBody(cek: Bytes, context: Bytes, payload: Bytes): Promise<Bytes> {
  const { key, commitment } = contentKeys(cek, context)
  const cipher = await tier().cipher(key)
  return join(commitment, await cipher.encrypt(ZERO_NONCE, context, pad(payload, PAYLOAD_SIZES)))
}

/** Throws Altered on a wrong commitment, tag or padding. */
export async function openBody(cek: Bytes, context: Bytes, body: Bytes): Promise<Bytes> {
  checkBodySize(body)
  const { key, commitment } = contentKeys(cek, context)
  // First the commitment: GCM alone would let one ciphertext open under two keys.
  if (!equal(commitment, cut(body, 0, HASH_BYTES))) throw new Altered('commitment')
  const cipher = await tier().cipher(key)
  let padded: Bytes
  try {
    padded = await cipher.decrypt(ZERO_NONCE, context, cut(body, HASH_BYTES))
  } catch {
    throw new Altered('body')
  }
  return unpad(padded, PAYLOAD_SIZES)
}
