// SPDX-License-Identifier: Apache-2.0
/**
 * Three ways to the same bytes, chosen once at start, each only after it has reproduced known answers:
 *
 *  - `native`: WebCrypto ML-KEM-768, X25519, AES-GCM (Chromium); private keys non-extractable.
 *  - `mixed`:  WebCrypto X25519 and AES-GCM, ML-KEM in JavaScript (Firefox, Safari).
 *  - `script`: everything in JavaScript (older phones).
 *
 * Ed25519 is WebCrypto's in the first two where it exists, JavaScript's otherwise. A tier is about speed
 * and about where keys lie, never about what is accepted: the formats have one suite and no fallback.
 */
import { type AEAD, CipherSuite, type KEM } from 'hpke'
import { type Cipher, NONCE_BYTES, TAG_BYTES, nativeCipher } from './aes_gcm'
import { type Bytes, KEY_BYTES, equal, fromBase64url } from './bytes'
import { sha256 } from './conventions'
import { hkdfSha256 } from './hpke_kdf'
import { ED25519_VECTOR, XWING_VECTOR } from './kem_vector'
import { xwing } from './kem'
import { OID_ED25519, nativeDh, nativeHalves, pkcs8 } from './kem_native'

export type TierName = 'native' | 'mixed' | 'script'
export const TIER_NAMES: readonly TierName[] = ['native', 'mixed', 'script']

export interface Signer {
  readonly publicKey: Bytes
  sign(message: Bytes): Promise<Bytes>
}

/** Ed25519 (RFC 8032). */
export interface Signatures {
  signer(seed: Bytes): Promise<Signer>
  verify(publicKey: Bytes, signature: Bytes, message: Bytes): Promise<boolean>
}

export interface Tier {
  readonly name: TierName
  readonly suite: CipherSuite
  readonly signatures: Signatures
  cipher(key: Bytes): Promise<Cipher>
  /** The suite's KEM, for what HPKE does not show: a private key's public half. */
  readonly kem: KEM
}

const nativeSignatures: Signatures = {
  async signer(seed) {
    const form = pkcs8(OID_ED25519, seed)
    const [key, copy] = await Promise.all([
      crypto.subtle.importKey('pkcs8', form, 'Ed25519', false, ['sign']),
      crypto.subtle.importKey('pkcs8', form, 'Ed25519', true, ['sign']),
    ])
    const jwk = await crypto.subtle.exportKey('jwk', copy)
    return {
      publicKey: fromBase64url(String(jwk.x)),
      sign: async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, message)),
    }
  },
  async verify(publicKey, signature, message) {
    try {
      const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
      return await crypto.subtle.verify('Ed25519', key, signature, message)
    } catch {
      return false
    }
  },
}

async function scriptSignatures(): Promise<Signatures> {
  const { scriptSignatures: ed } = await import('./curves_script')
  return {
    signer: (seed) =>
      Promise.resolve({ publicKey: ed.publicKey(seed), sign: (message) => Promise.resolve(ed.sign(message, seed)) }),
    verify: (publicKey, signature, message) => Promise.resolve(ed.verify(signature, message, publicKey)),
  }
}

function aes256Gcm(cipher: Tier['cipher']): AEAD {
  return {
    id: 0x0002,
    type: 'AEAD',
    name: 'AES-256-GCM',
    Nk: KEY_BYTES,
    Nn: NONCE_BYTES,
    Nt: TAG_BYTES,
    Seal: async (key, nonce, aad, plain) =>
      await (await cipher(key as Bytes)).encrypt(nonce as Bytes, aad as Bytes, plain as Bytes),
    Open: async (key, nonce, aad, sealed) =>
      await (await cipher(key as Bytes)).decrypt(nonce as Bytes, aad as Bytes, sealed as Bytes),
  }
}

async function build(name: TierName): Promise<Tier> {
  const [kem, cipher] = await parts(name)
  await testKem(kem)
  return {
    name,
    cipher,
    suite: new CipherSuite(() => kem, hkdfSha256, () => aes256Gcm(cipher)),
    signatures: await chooseSignatures(name),
    kem,
  }
}

async function parts(name: TierName): Promise<[KEM, Tier['cipher']]> {
  if (name === 'native') return [xwing(nativeHalves), nativeCipher]
  const { scriptPq } = await import('./kem_script')
  if (name === 'mixed') return [xwing({ ...scriptPq, ...nativeDh }), nativeCipher]
  const { scriptDh, scriptAead } = await import('./curves_script')
  const cipher: Tier['cipher'] = (key) =>
    Promise.resolve({
      encrypt: async (nonce, aad, plain) => scriptAead.encrypt(key, nonce, aad, plain),
      decrypt: async (nonce, aad, sealed) => scriptAead.decrypt(key, nonce, aad, sealed),
    })
  return [xwing({ ...scriptPq, ...scriptDh }), cipher]
}

/** Throws unless the KEM gives the vector's key and secret, and undoes its own encapsulation. */
async function testKem(kem: KEM): Promise<void> {
  const secret = await kem.DeserializePrivateKey(XWING_VECTOR.seed(), false)
  const publicKey = await kem.SerializePublicKey(secret)
  const shared = await kem.Decap(XWING_VECTOR.enc(), secret, undefined)
  if (!equal(sha256(publicKey), XWING_VECTOR.publicKeySha256()) || !equal(shared, XWING_VECTOR.shared())) {
    throw new Error('X-Wing self-test: known answer')
  }
  const sent = await kem.Encap(await kem.DeserializePublicKey(publicKey))
  if (!equal(await kem.Decap(sent.enc, secret, undefined), sent.shared_secret)) throw new Error('X-Wing self-test: round trip')
}

async function testSignatures(signatures: Signatures): Promise<void> {
  const signer = await signatures.signer(ED25519_VECTOR.seed())
  const empty = new Uint8Array(0)
  const signature = await signer.sign(empty)
  const right = await signatures.verify(signer.publicKey, ED25519_VECTOR.signature(), empty)
  const wrong = await signatures.verify(signer.publicKey, signature, Uint8Array.of(0))
  if (!equal(signer.publicKey, ED25519_VECTOR.publicKey()) || !equal(signature, ED25519_VECTOR.signature()) || !right || wrong) {
    throw new Error('Ed25519 self-test')
  }
}

async function chooseSignatures(name: TierName): Promise<Signatures> {
  if (name !== 'script') {
    try {
      await testSignatures(nativeSignatures)
      return nativeSignatures
    } catch {
      // WebCrypto here has no Ed25519, or not the right one: JavaScript signs instead.
    }
  }
  const signatures = await scriptSignatures()
  await testSignatures(signatures)
  return signatures
}

let chosen: Tier | undefined

/**
 * Chooses the first tier of `among` that passes its self-test, and keeps it for every key made from then on.
 * Call once, before anything else. Throws if none passes: this browser can then neither seal nor open.
 */
export async function start(among: readonly TierName[] = TIER_NAMES): Promise<TierName> {
  let cause: unknown
  for (const name of among) {
    try {
      chosen = await build(name)
      return name
    } catch (reason) {
      cause = reason
    }
  }
  throw new Error('This browser cannot seal or open: no tier passed its self-test', { cause })
}

/** The chosen tier; throws if `start` has not run. */
export function tier(): Tier {
  if (chosen === undefined) throw new Error('start() of the sealing ground has not run')
  return chosen
}
