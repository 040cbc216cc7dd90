// SPDX-License-Identifier: Apache-2.0
/** What goes to the notifier: capsules, messages, pages, the phone check. */
import { type Bytes, join, random } from '../../../src/seal/bytes'
import { D, T, day, inst } from '../../../src/seal/conventions'
import { newSeed } from '../../../src/seal/keys'
import {
  type Capsule, type MessagePlace, dayKey, drawMessageSecrets, fromT, openCapsule, openMessage, sealCapsule,
  sealMessage, sealPage,
} from '../../../src/seal/messages'
import { fromC, openPage } from '../../../src/seal/message_link'
import {
  type Ask, binding, checkSecret, codeKey, openAsk, openCode, openReply, prove, sealAsk, sealCode, sealReply, verifyNumber,
} from '../../../src/seal/phone_check'
import { PrivateKey, PublicKey, SigningKey } from '../../../src/seal/primitives'
import { INSTANCE } from '../cast'
import { type Claim, claim, refused, same } from '../claims'

const DAY = '2026-11-26'

const capsules = claim('a capsule opens for its handle, day and key, and for no other', async () => {
  const { t, c, h } = drawMessageSecrets()
  const key = await PrivateKey.fromSeed(newSeed())
  const capsule: Capsule = { sms: '+33639981234', mail: null, language: 'fr', word: 'Céret', c, messageKey: fromT(t).messageKey }
  const sealed = await sealCapsule(INSTANCE, DAY, new PublicKey(key.publicKey), capsule)
  same([sealed.length, await openCapsule(INSTANCE, h, DAY, key, sealed)], [1648, capsule])
  await refused(() => openCapsule(INSTANCE, random(16), DAY, key, sealed), 'Altered')
  await refused(() => openCapsule(INSTANCE, h, '2026-11-27', key, sealed), 'Altered')
  await refused(() => openCapsule('serment-other', h, DAY, key, sealed), 'Altered')
  await refused(async () => openCapsule(INSTANCE, h, DAY, await PrivateKey.fromSeed(newSeed()), sealed), 'Altered')
  await refused(() => sealCapsule(INSTANCE, '2026-02-30', new PublicKey(key.publicKey), capsule), 'Unknown')
  await refused(() => sealCapsule(INSTANCE, DAY, new PublicKey(key.publicKey), { ...capsule, word: 'x'.repeat(25) }), 'Unknown')
})

const dayKeys = claim('a day key counts when the roster\'s notifier signed it for that day', async () => {
  const [notifier, key] = [await SigningKey.fromSeed(newSeed()), await PrivateKey.fromSeed(newSeed())]
  const signature = await notifier.sign(join(T('day key'), inst(INSTANCE), day(DAY), key.publicKey))
  same((await dayKey(notifier.publicKey, INSTANCE, DAY, key.publicKey, signature)).kid, key.kid)
  await refused(() => dayKey(notifier.publicKey, INSTANCE, '2026-11-27', key.publicKey, signature), 'Altered')
  const other = await PrivateKey.fromSeed(newSeed())
  await refused(() => dayKey(notifier.publicKey, INSTANCE, DAY, other.publicKey, signature), 'Altered')
  await refused(() => dayKey(random(32), INSTANCE, DAY, key.publicKey, signature), 'Altered', 'Unknown')
})

const messages = claim('a message opens under its own handle, id, day and set only', async () => {
  const { t, h } = drawMessageSecrets()
  const place: MessagePlace = { instance: INSTANCE, h, mid: random(16), sendDay: DAY, set: 2 }
  const message = { kind: 'reminder' as const, notBefore: 1_795_500_000, zone: 'America/Argentina/ComodRivadavia', start: 1_795_600_800 }
  const sealed = await sealMessage(place, fromT(t).messageKey, message)
  same([sealed.length, await openMessage(place, fromT(t).messageKey, sealed)], [220, message])
  const others: Partial<MessagePlace>[] = [{ h: random(16) }, { mid: random(16) }, { sendDay: '2026-11-25' }, { set: 3 }, { instance: 'else' }]
  for (const other of others) await refused(() => openMessage({ ...place, ...other }, fromT(t).messageKey, sealed), 'Altered')
  await refused(() => openMessage(place, random(32), sealed), 'Altered')
})

const pages = claim('the link\'s page shows its word to the holder of c', async () => {
  const { c } = drawMessageSecrets()
  const sealed = await sealPage(INSTANCE, c, 'Saint-Jean-de-Luz')
  same([sealed.length, await openPage(INSTANCE, c, sealed)], [60, 'Saint-Jean-de-Luz'])
  await refused(() => openPage(INSTANCE, random(16), sealed), 'Altered')
  const derived = fromC(c)
  same(new Set([derived.h, derived.act, derived.del, D(c, 'page', 16)].map(String)).size, 4, 'four different values')
})

const phone = claim('a number is checked for one booking key: another number, key or month is not', async () => {
  const [notifier, code, q] = [await SigningKey.fromSeed(newSeed()), await PrivateKey.fromSeed(newSeed()), random(16)]
  const [bookingPk, salt, from, until] = [random(32), random(32), '2026-11-20', '2026-11-27']
  const ask: Ask = { kind: 'phone', address: '+33639981234', r: random(32), replyKey: random(32), binds: [binding(bookingPk, salt), random(32)] }
  const signature = await notifier.sign(join(T('code key'), inst(INSTANCE), day(from), day(until), code.publicKey))
  const to = await codeKey(notifier.publicKey, INSTANCE, from, until, code.publicKey, signature)
  const asked = await sealAsk(INSTANCE, q, to, ask)
  same(await openAsk(INSTANCE, q, code, asked), ask)
  await refused(() => openAsk(INSTANCE, random(16), code, asked), 'Altered')
  same(await openCode(INSTANCE, q, code, await sealCode(INSTANCE, q, to, '042137')), '042137')
  await refused(() => sealCode(INSTANCE, q, to, '４２１３７０'), 'Unknown')
  const reply = await prove(INSTANCE, ask, 202611, notifier)
  const answered = await openReply(INSTANCE, q, ask.replyKey, await sealReply(INSTANCE, q, ask.replyKey, reply))
  same(answered, reply)
  const check = { r: checkSecret(ask.r, 1), salt, month: 202611, proof: answered.proofs[0] as Bytes, bookingPk }
  await verifyNumber(INSTANCE, notifier.publicKey, ask, check)
  await refused(() => verifyNumber(INSTANCE, notifier.publicKey, { ...ask, address: '+33639981235' }, check), 'Altered')
  await refused(() => verifyNumber(INSTANCE, notifier.publicKey, ask, { ...check, bookingPk: random(32) }), 'Altered')
  await refused(() => verifyNumber(INSTANCE, notifier.publicKey, ask, { ...check, month: 202612 }), 'Altered')
})

const ten = claim('ten bindings and the longest address fit into one ask', async () => {
  const key = await PrivateKey.fromSeed(newSeed())
  const binds = Array.from({ length: 10 }, () => random(32))
  const ask: Ask = { kind: 'mail', address: `${'a'.repeat(64)}@${'b'.repeat(185)}.fr`, r: random(32), replyKey: random(32), binds }
  same((await sealAsk(INSTANCE, random(16), new PublicKey(key.publicKey), ask)).length, 2160)
})

export const outgoing: readonly Claim[] = [capsules, dayKeys, messages, pages, phone, ten]
