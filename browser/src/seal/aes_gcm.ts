// SPDX-License-Identifier: Apache-2.0
/** AES-256-GCM by WebCrypto, apart from the tiers: a page that opens one box and seals nothing loads this alone. */
import type { Bytes } from './bytes'

export const NONCE_BYTES = 12
export const TAG_BYTES = 16

/** AES-256-GCM under one key. `decrypt` rejects on a wrong tag. */
export interface Cipher {
  encrypt(nonce: Bytes, aad: Bytes, plain: Bytes): Promise<Bytes>
  decrypt(nonce: Bytes, aad: Bytes, sealed: Bytes): Promise<Bytes>
}

/** Rejects where the page is not secure (no WebCrypto there). */
export async function nativeCipher(raw: Bytes): Promise<Cipher> {
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
  return {
    encrypt: async (iv, additionalData, plain) =>
      new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, plain)),
    decrypt: async (iv, additionalData, sealed) =>
      new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, sealed)),
  }
}
