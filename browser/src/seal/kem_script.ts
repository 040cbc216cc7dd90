// SPDX-License-Identifier: Apache-2.0
/**
 * ML-KEM-768 in JavaScript, loaded only where WebCrypto lacks it. It claims no constant time:
 * what watches this machine's timing closely enough could also read its screen.
 */
import { type KEMPrepared, ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import type { Bytes } from './bytes'
import type { Halves } from './kem'

/** A private key with its public matrix expanded once: opening a week costs half as much. */
export interface ScriptPq {
  readonly secret: Bytes
  readonly prepared: KEMPrepared
}

export const scriptPq: Pick<Halves<ScriptPq, never>, 'pqPair' | 'pqEncap' | 'pqDecap'> = {
  pqPair(seed) {
    const { publicKey, secretKey } = ml_kem768.keygen(seed)
    const prepared = ml_kem768.prepare(publicKey)
    return Promise.resolve({ publicKey: publicKey as Bytes, secret: { secret: secretKey as Bytes, prepared } })
  },
  async pqEncap(publicKey) {
    const { sharedSecret, cipherText } = ml_kem768.encapsulate(publicKey)
    return { shared: sharedSecret as Bytes, enc: cipherText as Bytes }
  },
  async pqDecap({ secret, prepared }, enc) {
    return prepared.decapsulate(enc, secret) as Bytes
  },
}
