// SPDX-License-Identifier: Apache-2.0
/** Public vectors: ML-KEM-768, X-Wing inside HPKE 0x647a, Ed25519's refusals. */
import { AEAD_ChaCha20Poly1305 } from '@panva/hpke-noble'
import { CipherSuite, LabeledDerive } from 'hpke'
import { shake256 } from '@noble/hashes/sha3.js'
import { type Bytes, cut, fromHex, hex, join, text } from '../../../src/seal/bytes'
import { hkdf } from '../../../src/seal/conventions'
import { hkdfSha256 } from '../../../src/seal/hpke_kdf'
import type { Halves } from '../../../src/seal/kem'
import { nativeHalves } from '../../../src/seal/kem_native'
import { verify } from '../../../src/seal/primitives'
import { tier } from '../../../src/seal/tiers'
import hpkeVectors from '../public/hpke-mlkem768-x25519.json'
import mlkemVectors from '../public/ml-kem-768.json'
import { type Claim, claim, refused, same } from '../claims'

async function mlkemHalf(): Promise<Pick<Halves<unknown, never>, 'pqPair' | 'pqDecap' | 'pqEncap'>> {
  if (tier().name === 'native') return nativeHalves as unknown as Pick<Halves<unknown, never>, 'pqPair' | 'pqDecap' | 'pqEncap'>
  const { scriptPq } = await import('../../../src/seal/kem_script')
  return scriptPq as unknown as Pick<Halves<unknown, never>, 'pqPair' | 'pqDecap' | 'pqEncap'>
}

const mlkem = claim('ML-KEM-768 known answers, implicit rejection included', async () => {
  const half = await mlkemHalf()
  for (const v of mlkemVectors.vectors) {
    const pair = await half.pqPair(join(fromHex(v.d), fromHex(v.z)))
    same(hex(pair.publicKey), v.pk, 'public key')
    same(hex(await half.pqDecap(pair.secret, fromHex(v.ct))), v.ss, 'shared secret')
    same(hex(await half.pqDecap(pair.secret, fromHex(v.ct_n))), v.ss_n, 'rejected ciphertext')
    const sent = await half.pqEncap(pair.publicKey)
    same(await half.pqDecap(pair.secret, sent.enc), sent.shared, 'round trip')
  }
})

const modulus = claim('an ML-KEM public key outside the modulus is refused', async () => {
  const half = await mlkemHalf()
  const key = fromHex(mlkemVectors.vectors[0]?.pk ?? '')
  key.fill(0xff, 0, 3)
  let reached = false
  try {
    await half.pqEncap(key)
    reached = true
  } catch {
    // refused, as FIPS 203 section 7.2 wants
  }
  same(reached, false, 'sealed to a malformed key')
})

const hpke = claim('HPKE with X-Wing (0x647a) and HKDF-SHA256: draft-ietf-hpke-pq', async () => {
  const ours = new CipherSuite(() => tier().kem, hkdfSha256, AEAD_ChaCha20Poly1305)
  for (const v of hpkeVectors.vectors) {
    const seed = await LabeledDerive(
      { Derive: (ikm: Uint8Array, length: number) => Promise.resolve(shake256(ikm, { dkLen: length })) } as never,
      join(text('KEM'), Uint8Array.of(0x64, 0x7a)), fromHex(v.ikmR), text('DeriveKeyPair'), new Uint8Array(0), 32,
    )
    same(hex(seed), v.skRm, 'seed')
    const key = await tier().kem.DeserializePrivateKey(seed, false)
    same(hex(await tier().kem.SerializePublicKey(key)), v.pkRm, 'public key')
    same(hex(await tier().kem.Decap(fromHex(v.enc), key, undefined)), v.shared_secret, 'shared secret')
    const context = await ours.SetupRecipient(key, fromHex(v.enc), { info: fromHex(v.info) })
    for (const e of v.encryptions) same(hex(await context.Open(fromHex(e.ct), fromHex(e.aad))), e.pt, 'plaintext')
    for (const e of v.exports) same(hex(await context.Export(fromHex(e.exporter_context), e.L)), e.exported_value, 'export')
  }
})

const rfc5869 = claim('HKDF-SHA256: RFC 5869 test 1', () => {
  const okm = hkdf(fromHex('0b'.repeat(22)), fromHex('000102030405060708090a0b0c'), fromHex('f0f1f2f3f4f5f6f7f8f9'), 42)
  same(hex(okm), '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865')
})

const signatures = claim('Ed25519: RFC 8032 section 7.1 test 3, and its signature with S raised by the order is refused', async () => {
  const publicKey = fromHex('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025')
  const message = fromHex('af82')
  const signature = fromHex(
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  )
  await verify(publicKey, signature, message, 'signature')
  await refused(() => verify(publicKey, raisedByOrder(signature), message, 'signature'), 'Altered')
  await refused(() => verify(publicKey, signature, fromHex('af83'), 'signature'), 'Altered')
})

const spelling = claim('Ed25519: a point spelled above the field\'s prime is refused (what ZIP 215 would take)', async () => {
  const identity = `01${'00'.repeat(31)}`
  const identityAgain = `ee${'ff'.repeat(30)}7f`
  const signature = fromHex(identityAgain + '00'.repeat(32))
  await refused(() => verify(fromHex(identity), signature, text('anything'), 'signature'), 'Altered')
})

/** R || S + L: the same equation holds, RFC 8032 refuses it. */
function raisedByOrder(signature: Bytes): Bytes {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  let s = 0n
  for (let i = 63; i >= 32; i--) s = (s << 8n) + BigInt(signature[i] as number)
  s += order
  const out = cut(signature, 0)
  for (let i = 32; i < 64; i++) {
    out[i] = Number(s & 255n)
    s >>= 8n
  }
  return out
}

export const publicVectors: readonly Claim[] = [mlkem, modulus, hpke, rfc5869, signatures, spelling]
