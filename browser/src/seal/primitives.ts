// SPDX-License-Identifier: Apache-2.0
/**
 * The four kinds of key, each bound to the tier that made it: HPKE public and private, box, signature.
 * Whatever fails in opening is Altered, without saying which step failed.
 */
import type { Key } from 'hpke'
import { type Bytes, KEY_BYTES, SIGNATURE_BYTES, cut, hex, join, random, sized } from './bytes'
import { kid, symmetricKid } from './conventions'
import { Altered, Unknown } from './errors'
import { XWING_ENC_BYTES, XWING_PUBLIC_BYTES, XWING_SEED_BYTES } from './kem'
import { type Cipher, NONCE_BYTES, TAG_BYTES } from './aes_gcm'
import { type Signer, type Tier, tier } from './tiers'

/** What HPKE adds to its plaintext: enc(1120) and tag(16). */
export const HPKE_OVERHEAD_BYTES = XWING_ENC_BYTES + TAG_BYTES
/** What a box adds: nonce(12) and tag(16). */
export const BOX_OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES
export const ED25519_PUBLIC_BYTES = 32

/** An X-Wing public key: seals, in HPKE base mode with empty aad. HPKE authenticates nobody. */
export class PublicKey {
  readonly bytes: Bytes
  readonly kid: Bytes
  constructor(bytes: Uint8Array) {
    this.bytes = cut(sized(bytes, XWING_PUBLIC_BYTES, 'public key'), 0)
    this.kid = kid(this.bytes)
  }

  /** enc || ct, plain + 1,136 bytes. Throws Unknown if the key is no X-Wing key. */
  async seal(info: Bytes, plain: Bytes): Promise<Bytes> {
    const { suite } = tier()
    try {
      const sealed = await suite.Seal(await suite.DeserializePublicKey(this.bytes), plain, { info })
      return join(sealed.encapsulatedSecret, sealed.ciphertext)
    } catch {
      throw new Unknown('public key')
    }
  }
}

/** An X-Wing private key, imported once; its bytes cannot be read back. */
export class PrivateKey {
  readonly kid: Bytes
  readonly #tier: Tier
  readonly #key: Key
  private constructor(readonly publicKey: Bytes, key: Key, by: Tier) {
    this.kid = kid(publicKey)
    this.#key = key
    this.#tier = by
  }

  static async fromSeed(seed: Bytes): Promise<PrivateKey> {
    const by = tier()
    const key = await by.suite.DeserializePrivateKey(sized(seed, XWING_SEED_BYTES, 'seed'), false)
    return new PrivateKey(cut(await by.kem.SerializePublicKey(key), 0), key, by)
  }

  /** Throws Unknown on a length that no sealing gives, Altered on anything else that fails. */
  async open(info: Bytes, sealed: Bytes): Promise<Bytes> {
    if (sealed.length < HPKE_OVERHEAD_BYTES) throw new Unknown('sealed length')
    try {
      return cut(await this.#tier.suite.Open(this.#key, cut(sealed, 0, XWING_ENC_BYTES), cut(sealed, XWING_ENC_BYTES), { info }), 0)
    } catch {
      throw new Altered('sealed bytes')
    }
  }
}

/** A key for boxes: box(k, a, p) = nonce(12, random) || AES-256-GCM(k, nonce, a, p). */
export class BoxKey {
  readonly #cipher: Cipher
  private constructor(readonly kid: Bytes, cipher: Cipher) {
    this.#cipher = cipher
  }

  static async fromBytes(key: Bytes): Promise<BoxKey> {
    return new BoxKey(symmetricKid(sized(key, KEY_BYTES, 'key')), await tier().cipher(key))
  }

  async box(aad: Bytes, plain: Bytes): Promise<Bytes> {
    const nonce = random(NONCE_BYTES)
    return join(nonce, await this.#cipher.encrypt(nonce, aad, plain))
  }

  async unbox(aad: Bytes, boxed: Bytes): Promise<Bytes> {
    if (boxed.length < BOX_OVERHEAD_BYTES) throw new Unknown('box length')
    try {
      return await this.#cipher.decrypt(cut(boxed, 0, NONCE_BYTES), aad, cut(boxed, NONCE_BYTES))
    } catch {
      throw new Altered('box')
    }
  }
}

/** An Ed25519 private key. */
export class SigningKey {
  readonly kid: Bytes
  readonly #signer: Signer
  private constructor(signer: Signer) {
    this.kid = kid(signer.publicKey)
    this.#signer = signer
  }

  static async fromSeed(seed: Bytes): Promise<SigningKey> {
    return new SigningKey(await tier().signatures.signer(sized(seed, KEY_BYTES, 'seed')))
  }

  get publicKey(): Bytes {
    return this.#signer.publicKey
  }

  sign(message: Bytes): Promise<Bytes> {
    return this.#signer.sign(message)
  }
}

/**
 * The y of the eight points whose order divides 8, and what decodes to the same: 2^255-19 and one more, unreduced. Under
 * such a key one signature fits any message, and the tiers' libraries differ in whether they refuse it.
 */
const SMALL_ORDER_Y = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])
const X_SIGN_BIT = 0x80

function smallOrder(publicKey: Bytes): boolean {
  const y = publicKey.slice()
  y[31] = publicKey[31]! & ~X_SIGN_BIT
  return SMALL_ORDER_Y.has(hex(y))
}

/** Throws Altered unless `signature` is that key's over that message. A key of small order signs nothing. */
export async function verify(publicKey: Bytes, signature: Bytes, message: Bytes, what: string): Promise<void> {
  if (publicKey.length !== ED25519_PUBLIC_BYTES || signature.length !== SIGNATURE_BYTES) throw new Unknown(what)
  if (smallOrder(publicKey) || !(await tier().signatures.verify(publicKey, signature, message))) throw new Altered(what)
}
