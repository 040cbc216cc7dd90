// SPDX-License-Identifier: Apache-2.0
/**
 * X-Wing (KEM 0x647a, MLKEM768-X25519) as `hpke` wants a KEM, over two halves that a tier supplies.
 * Seed 32, public key 1,216 (ML-KEM || X25519), ciphertext 1,120, shared secret 32 bytes.
 * Source: draft-connolly-cfrg-xwing-kem, draft-ietf-hpke-pq. Both halves enter one SHA3-256 with the
 * X25519 ciphertext and public key: whoever breaks one half alone learns nothing.
 */
import { sha3_256, shake256 } from '@noble/hashes/sha3.js'
import type { KEM, Key, KeyPair } from 'hpke'
import { type Bytes, cut, join, random, sized } from './bytes'

export const XWING_ID = 0x647a
export const XWING_NAME = 'MLKEM768-X25519'
export const XWING_SEED_BYTES = 32
export const XWING_PUBLIC_BYTES = 1216
export const XWING_ENC_BYTES = 1120
const XWING_SECRET_BYTES = 32
export const MLKEM_SEED_BYTES = 64
export const MLKEM_PUBLIC_BYTES = 1184
export const MLKEM_ENC_BYTES = 1088
export const X25519_BYTES = 32
/** The six bytes "\.//^\" of the draft. */
const LABEL = Uint8Array.of(0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c)

export interface Pair<Secret> {
  readonly secret: Secret
  readonly publicKey: Bytes
}

/** What a tier supplies. `Pq` and `Dh` are its private keys; where WebCrypto holds them they are non-extractable. */
export interface Halves<Pq, Dh> {
  /** From d || z (FIPS 203). */
  pqPair(seed: Bytes): Promise<Pair<Pq>>
  /** Refuses a public key that fails FIPS 203's modulus check. */
  pqEncap(publicKey: Bytes): Promise<{ readonly shared: Bytes; readonly enc: Bytes }>
  pqDecap(secret: Pq, enc: Bytes): Promise<Bytes>
  dhPair(secret: Bytes): Promise<Pair<Dh>>
  /** Refuses an all-zero result (RFC 7748, section 6.1). */
  dh(secret: Dh, publicKey: Bytes): Promise<Bytes>
}

class XWingKey implements Key {
  readonly algorithm = { name: XWING_NAME }
  constructor(readonly type: 'private' | 'public', readonly publicKey: Bytes, readonly extractable: boolean) {}
}

class XWingPrivate<Pq, Dh> extends XWingKey {
  readonly #pq: Pq
  readonly #dh: Dh
  constructor(publicKey: Bytes, pq: Pq, dh: Dh) {
    super('private', publicKey, false)
    this.#pq = pq
    this.#dh = dh
  }
  async shared(halves: Halves<Pq, Dh>, enc: Bytes): Promise<[Bytes, Bytes]> {
    return await Promise.all([
      halves.pqDecap(this.#pq, cut(enc, 0, MLKEM_ENC_BYTES)),
      halves.dh(this.#dh, cut(enc, MLKEM_ENC_BYTES)),
    ])
  }
}

function combine(pqShared: Bytes, dhShared: Bytes, dhEnc: Bytes, dhPublic: Bytes): Bytes {
  return sha3_256(join(pqShared, dhShared, dhEnc, dhPublic, LABEL)) as Bytes
}

/** The adaptor. Private keys leave it in no form; `SerializePrivateKey` refuses. */
export function xwing<Pq, Dh>(halves: Halves<Pq, Dh>): KEM {
  async function privateKey(seed: Bytes): Promise<XWingPrivate<Pq, Dh>> {
    const expanded = shake256(sized(seed, XWING_SEED_BYTES, 'X-Wing seed'), { dkLen: MLKEM_SEED_BYTES + X25519_BYTES })
    const [pq, dh] = await Promise.all([
      halves.pqPair(cut(expanded, 0, MLKEM_SEED_BYTES)),
      halves.dhPair(cut(expanded, MLKEM_SEED_BYTES)),
    ])
    expanded.fill(0)
    return new XWingPrivate(join(pq.publicKey, dh.publicKey), pq.secret, dh.secret)
  }
  async function pair(seed: Bytes): Promise<KeyPair> {
    const secret = await privateKey(seed)
    return { privateKey: secret, publicKey: new XWingKey('public', secret.publicKey, true) }
  }
  return {
    id: XWING_ID,
    type: 'KEM',
    name: XWING_NAME,
    Nsecret: XWING_SECRET_BYTES,
    Nenc: XWING_ENC_BYTES,
    Npk: XWING_PUBLIC_BYTES,
    Nsk: XWING_SEED_BYTES,
    DeriveKeyPair: () => Promise.reject(new Error('keys come from seeds')),
    GenerateKeyPair: () => pair(random(XWING_SEED_BYTES)),
    SerializePublicKey: (key) => Promise.resolve((key as XWingKey).publicKey),
    DeserializePublicKey: (bytes) => Promise.resolve(new XWingKey('public', cut(bytes, 0), true)),
    SerializePrivateKey: () => Promise.reject(new Error('private keys stay')),
    DeserializePrivateKey: (seed) => privateKey(cut(seed, 0)),
    async Encap(publicKey) {
      const target = (publicKey as XWingKey).publicKey
      const ephemeral = await halves.dhPair(random(X25519_BYTES))
      const dhPublic = cut(target, MLKEM_PUBLIC_BYTES)
      const [pq, dhShared] = await Promise.all([
        halves.pqEncap(cut(target, 0, MLKEM_PUBLIC_BYTES)),
        halves.dh(ephemeral.secret, dhPublic),
      ])
      return {
        shared_secret: combine(pq.shared, dhShared, ephemeral.publicKey, dhPublic),
        enc: join(pq.enc, ephemeral.publicKey),
      }
    },
    async Decap(enc, key) {
      const secret = key as XWingPrivate<Pq, Dh>
      const [pqShared, dhShared] = await secret.shared(halves, cut(enc, 0))
      return combine(pqShared, dhShared, cut(enc, MLKEM_ENC_BYTES), cut(secret.publicKey, MLKEM_PUBLIC_BYTES))
    },
  }
}
