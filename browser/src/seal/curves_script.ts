// SPDX-License-Identifier: Apache-2.0
/** X25519, Ed25519 and AES-256-GCM in JavaScript, loaded only where WebCrypto lacks one of the curves. */
import { gcm } from '@noble/ciphers/aes.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import type { Bytes } from './bytes'
import type { Halves } from './kem'

export const scriptDh: Pick<Halves<never, Bytes>, 'dhPair' | 'dh'> = {
  dhPair: (secret) => Promise.resolve({ secret, publicKey: x25519.getPublicKey(secret) as Bytes }),
  async dh(secret, publicKey) {
    return x25519.getSharedSecret(secret, publicKey) as Bytes
  },
}

export const scriptSignatures = {
  publicKey: (seed: Bytes): Bytes => ed25519.getPublicKey(seed) as Bytes,
  sign: (message: Bytes, seed: Bytes): Bytes => ed25519.sign(message, seed) as Bytes,
  /** RFC 8032 with `zip215: false`: the same refusals as OpenSSL and BoringSSL on odd encodings. */
  verify: (signature: Bytes, message: Bytes, publicKey: Bytes): boolean => {
    try {
      return ed25519.verify(signature, message, publicKey, { zip215: false })
    } catch {
      return false
    }
  },
}

export const scriptAead = {
  encrypt: (key: Bytes, nonce: Bytes, aad: Bytes, plain: Bytes): Bytes => gcm(key, nonce, aad).encrypt(plain) as Bytes,
  decrypt: (key: Bytes, nonce: Bytes, aad: Bytes, sealed: Bytes): Bytes => gcm(key, nonce, aad).decrypt(sealed) as Bytes,
}
