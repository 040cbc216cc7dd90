// SPDX-License-Identifier: Apache-2.0
/**
 * The phone check: ask, code, reply, proofs (section 5). The web server relays sealed bytes and learns no address;
 * the notifier computes every commit itself, so that a signed proof stands for an address it really reached.
 */
import { type Bytes, HASH_BYTES, ID_BYTES, KEY_BYTES, SIGNATURE_BYTES, base64, join, sized, text, u8 } from './bytes'
import { D, LP, T, day, inst, month, pad, sha256, unpad } from './conventions'
import { Altered, Unknown } from './errors'
import type { NumberCheck } from './groups'
import { Fields, bytesJson, readJson, writeJson } from './payload'
import {
  BOX_OVERHEAD_BYTES, BoxKey, ED25519_PUBLIC_BYTES, HPKE_OVERHEAD_BYTES, type PrivateKey, PublicKey, type SigningKey, verify,
} from './primitives'

const ASK_SIZES = [1024] as const
const CODE_SIZES = [256] as const
const REPLY_SIZES = [1024] as const
export const ASK_BYTES = HPKE_OVERHEAD_BYTES + ASK_SIZES[0]
export const CODE_BYTES = HPKE_OVERHEAD_BYTES + CODE_SIZES[0]
export const REPLY_BYTES = BOX_OVERHEAD_BYTES + REPLY_SIZES[0]
export const CHECKED_BOOKINGS_MAX = 10
const ADDRESS_BYTES_MAX = 254
const CODE = /^[0-9]{6}$/

export const ADDRESS_KINDS = { phone: 1, mail: 2 } as const
export type AddressKind = keyof typeof ADDRESS_KINDS

export interface Address {
  readonly kind: AddressKind
  /** E.164 for a phone. */
  readonly address: string
}

export interface Ask extends Address {
  readonly r: Bytes
  readonly replyKey: Bytes
  /** One for each booking key drawn ahead, 1 to 10. */
  readonly binds: readonly Bytes[]
}

export interface Reply {
  readonly month: number
  readonly proofs: readonly Bytes[]
}

function addressBytes({ kind, address }: Address): Bytes {
  const bytes = text(address)
  if (bytes.length < 1 || bytes.length > ADDRESS_BYTES_MAX) throw new Unknown('address')
  return join(u8(ADDRESS_KINDS[kind]), LP(bytes))
}

/** r_i = D(r, "check" || i u8), i from 1 to 10: the byte stands before T's closing zero. */
export function checkSecret(r: Bytes, i: number): Bytes {
  if (i < 1 || i > CHECKED_BOOKINGS_MAX) throw new Unknown('check number')
  return D(sized(r, KEY_BYTES, 'r'), `check${String.fromCharCode(i)}`)
}

/** commit_i: binds a proof to an address without naming it. */
export function commitment(instance: string, address: Address, secret: Bytes): Bytes {
  return sha256(T('commit'), inst(instance), addressBytes(address), sized(secret, HASH_BYTES, 'r'))
}

/** bind_i: binds a proof to one booking key. */
export function binding(bookingPk: Bytes, salt: Bytes): Bytes {
  return sha256(T('bind'), sized(bookingPk, ED25519_PUBLIC_BYTES, 'booking key'), sized(salt, KEY_BYTES, 'salt'))
}

/** The published key that asks are sealed to. Throws Altered unless the roster's notifier signed it for these days. */
export async function codeKey(
  notifierPk: Bytes, instance: string, from: string, until: string, pk: Bytes, signature: Bytes,
): Promise<PublicKey> {
  const key = new PublicKey(pk)
  await verify(notifierPk, signature, join(T('code key'), inst(instance), day(from), day(until), pk), 'code key')
  return key
}

const checkInfo = (label: string, instance: string, q: Bytes, kid: Bytes): Bytes =>
  join(T(label), inst(instance), sized(q, ID_BYTES, 'q'), kid)

/** 2,160 bytes. */
export async function sealAsk(instance: string, q: Bytes, to: PublicKey, ask: Ask): Promise<Bytes> {
  if (ask.binds.length < 1 || ask.binds.length > CHECKED_BOOKINGS_MAX) throw new Unknown('binds')
  addressBytes(ask)
  const payload = writeJson({
    kind: ADDRESS_KINDS[ask.kind],
    address: ask.address,
    r: bytesJson(ask.r, KEY_BYTES, 'r'),
    reply_key: bytesJson(ask.replyKey, KEY_BYTES, 'reply key'),
    bind: ask.binds.map((bind) => bytesJson(bind, HASH_BYTES, 'bind')),
  })
  return await to.seal(checkInfo('check ask', instance, q, to.kid), pad(payload, ASK_SIZES))
}

/** The notifier's side, for tests and the demo. */
export async function openAsk(instance: string, q: Bytes, key: PrivateKey, sealed: Bytes): Promise<Ask> {
  sized(sealed, ASK_BYTES, 'ask')
  const fields = new Fields(readJson(unpad(await key.open(checkInfo('check ask', instance, q, key.kid), sealed), ASK_SIZES)), 'ask')
  const kind = fields.number('kind', ADDRESS_KINDS.mail)
  const ask = {
    address: fields.text('address', ADDRESS_BYTES_MAX),
    r: fields.bytes('r', KEY_BYTES),
    replyKey: fields.bytes('reply_key', KEY_BYTES),
    binds: fields.items('bind', CHECKED_BOOKINGS_MAX).map((value) => listed(value, HASH_BYTES)),
  }
  fields.done()
  if (kind === 0 || ask.binds.length === 0) throw new Altered('ask')
  return { kind: kind === ADDRESS_KINDS.phone ? 'phone' : 'mail', ...ask }
}

function listed(value: unknown, size: number): Bytes {
  return new Fields({ value }, 'list').bytes('value', size)
}

/** 1,392 bytes: the six digits as typed. */
export async function sealCode(instance: string, q: Bytes, to: PublicKey, digits: string): Promise<Bytes> {
  if (!CODE.test(digits)) throw new Unknown('code')
  return await to.seal(checkInfo('check code', instance, q, to.kid), pad(writeJson({ code: digits }), CODE_SIZES))
}

/** The notifier's side, for tests and the demo. */
export async function openCode(instance: string, q: Bytes, key: PrivateKey, sealed: Bytes): Promise<string> {
  sized(sealed, CODE_BYTES, 'code')
  const fields = new Fields(readJson(unpad(await key.open(checkInfo('check code', instance, q, key.kid), sealed), CODE_SIZES)), 'code')
  const digits = fields.text('code', 6)
  fields.done()
  return digits
}

const replyAad = (instance: string, q: Bytes): Bytes => join(T('check reply'), inst(instance), sized(q, ID_BYTES, 'q'))
const replyBox = (replyKey: Bytes): Promise<BoxKey> => BoxKey.fromBytes(D(sized(replyKey, KEY_BYTES, 'reply key'), 'reply'))

/** The notifier's side, for tests and the demo: 1,052 bytes. */
export async function sealReply(instance: string, q: Bytes, replyKey: Bytes, reply: Reply): Promise<Bytes> {
  const payload = writeJson({ month: reply.month, proofs: reply.proofs.map((proof) => base64(proof)) })
  return await (await replyBox(replyKey)).box(replyAad(instance, q), pad(payload, REPLY_SIZES))
}

/** The proofs, in the order of the binds asked; `verifyNumber` checks each. */
export async function openReply(instance: string, q: Bytes, replyKey: Bytes, sealed: Bytes): Promise<Reply> {
  sized(sealed, REPLY_BYTES, 'reply')
  const padded = await (await replyBox(replyKey)).unbox(replyAad(instance, q), sealed)
  const fields = new Fields(readJson(unpad(padded, REPLY_SIZES)), 'reply')
  const reply = {
    month: fields.month('month'),
    proofs: fields.items('proofs', CHECKED_BOOKINGS_MAX).map((value) => listed(value, SIGNATURE_BYTES)),
  }
  fields.done()
  return reply
}

const proofMessage = (instance: string, commit: Bytes, bind: Bytes, yyyymm: number): Bytes =>
  join(T('check'), inst(instance), commit, bind, month(yyyymm))

/** The notifier's side, for tests and the demo: one proof for each bind asked. */
export async function prove(instance: string, ask: Ask, yyyymm: number, notifier: SigningKey): Promise<Reply> {
  const proofs = await Promise.all(
    ask.binds.map((bind, i) =>
      notifier.sign(proofMessage(instance, commitment(instance, ask, checkSecret(ask.r, i + 1)), bind, yyyymm)),
    ),
  )
  return { month: yyyymm, proofs }
}

/**
 * Throws Altered unless the notifier proved *this* address (the one in `ct`) for the record's booking key at rev 1.
 * A failure is shown as "number not checked", never as a changed record.
 */
export async function verifyNumber(instance: string, notifierPk: Bytes, address: Address, check: NumberCheck): Promise<void> {
  const commit = commitment(instance, address, check.r)
  const bind = binding(check.bookingPk, check.salt)
  await verify(notifierPk, check.proof, proofMessage(instance, commit, bind, check.month), 'proof')
}
