// SPDX-License-Identifier: Apache-2.0
/** The halves that WebCrypto supplies. Private keys are imported non-extractable: a script that runs later can use, not copy them. */
import type { Halves, Pair } from './kem'
import { type Bytes, fromBase64url, join } from './bytes'

const PQ = { name: 'ML-KEM-768' }
const DH = { name: 'X25519' }
/** PKCS #8 wrapping of a raw X25519 or Ed25519 private key (RFC 8410); the last OID byte differs. */
const PKCS8_HEAD = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65]
const OID_X25519 = 0x6e
export const OID_ED25519 = 0x70
const SHARED_BITS = 256

/** The part of WebCrypto's modern algorithms that TypeScript's library does not describe yet. */
interface Encapsulation {
  importKey(format: 'raw-seed' | 'raw-public', bytes: Bytes, algorithm: typeof PQ, extractable: boolean, uses: string[]): Promise<CryptoKey>
  encapsulateBits(algorithm: typeof PQ, key: CryptoKey): Promise<{ sharedKey: ArrayBuffer; ciphertext: ArrayBuffer }>
  decapsulateBits(algorithm: typeof PQ, key: CryptoKey, enc: Bytes): Promise<ArrayBuffer>
}

const modern = (): Encapsulation => crypto.subtle as unknown as Encapsulation

export function pkcs8(oid: number, raw: Bytes): Bytes {
  return join(Uint8Array.of(...PKCS8_HEAD, oid, 0x04, 0x22, 0x04, 0x20), raw)
}

/** The public half of a raw private key, through an extractable copy that is dropped at once. */
async function publicOf(key: CryptoKey, member: 'x' | 'pub'): Promise<Bytes> {
  const jwk = (await crypto.subtle.exportKey('jwk', key)) as Record<string, unknown>
  return fromBase64url(String(jwk[member]))
}

export const nativeDh: Pick<Halves<never, CryptoKey>, 'dhPair' | 'dh'> = {
  async dhPair(secret): Promise<Pair<CryptoKey>> {
    const form = pkcs8(OID_X25519, secret)
    const [kept, copy] = await Promise.all([
      crypto.subtle.importKey('pkcs8', form, DH, false, ['deriveBits']),
      crypto.subtle.importKey('pkcs8', form, DH, true, ['deriveBits']),
    ])
    return { secret: kept, publicKey: await publicOf(copy, 'x') }
  },
  async dh(secret, publicKey) {
    const peer = await crypto.subtle.importKey('raw', publicKey, DH, false, [])
    return new Uint8Array(await crypto.subtle.deriveBits({ name: DH.name, public: peer }, secret, SHARED_BITS))
  },
}

export const nativeHalves: Halves<CryptoKey, CryptoKey> = {
  ...nativeDh,
  async pqPair(seed) {
    const [kept, copy] = await Promise.all([
      modern().importKey('raw-seed', seed, PQ, false, ['decapsulateBits']),
      modern().importKey('raw-seed', seed, PQ, true, ['decapsulateBits']),
    ])
    return { secret: kept, publicKey: await publicOf(copy, 'pub') }
  },
  async pqEncap(publicKey) {
    const key = await modern().importKey('raw-public', publicKey, PQ, false, ['encapsulateBits'])
    const { sharedKey, ciphertext } = await modern().encapsulateBits(PQ, key)
    return { shared: new Uint8Array(sharedKey), enc: new Uint8Array(ciphertext) }
  },
  async pqDecap(secret, enc) {
    return new Uint8Array(await modern().decapsulateBits(PQ, secret, enc))
  },
}
