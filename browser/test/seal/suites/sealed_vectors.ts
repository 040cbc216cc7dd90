// SPDX-License-Identifier: Apache-2.0
/** spec/vectors/sealed.json: seeds, unlock boxes, passwords, vault, messages, phone check, cards, files. */
import file from '../../../../spec/vectors/sealed.json'
import { fromHex, hex, text } from '../../../src/seal/bytes'
import { openCard, openEntry, openIndex } from '../../../src/seal/cards'
import { hmac, D } from '../../../src/seal/conventions'
import { openEpochSeed, openPreviousSeed } from '../../../src/seal/epoch'
import { openFile, padme } from '../../../src/seal/files'
import { fromC, openPage } from '../../../src/seal/message_link'
import { dayKey, fromT, openCapsule, openMessage, reminderId } from '../../../src/seal/messages'
import {
  ADDRESS_KINDS, binding, checkSecret, codeKey, commitment, openAsk, openCode, openReply, verifyNumber,
} from '../../../src/seal/phone_check'
import { BoxKey, PrivateKey } from '../../../src/seal/primitives'
import { Roster } from '../../../src/seal/roster'
import { METHODS, type Method, StretchedPassword, loginName, openUnlock, passwordFind } from '../../../src/seal/unlock'
import { openVault } from '../../../src/seal/vault'
import rosterFile from '../../../../spec/vectors/rosters.json'
import { type Claim, claim, refusal, refused, same } from '../claims'

interface Bad {
  readonly name: string
  readonly error: string
  readonly set: object
}

/** The entry opens as it says, and each spoiled copy is refused as it says. */
async function each<E extends { readonly bad: readonly Bad[] }>(entry: E, expected: unknown, opens: (entry: E) => Promise<unknown>): Promise<void> {
  same(await opens(entry), expected)
  for (const bad of entry.bad) {
    const name = await refusal(() => opens({ ...entry, ...bad.set }))
    same([bad.name, name], [bad.name, bad.error])
  }
}

async function rosterAt(seq: number): Promise<Roster> {
  const events = rosterFile.good.events.slice(0, seq).map((e) => ({ event: fromHex(e.event), signature: fromHex(e.sig) }))
  return await Roster.verify(events, null)
}

const seeds = claim('epoch seeds, and the epoch before', async () => {
  const v = file.epoch_seed
  const [roster, member] = [await rosterAt(v.roster_seq), await PrivateKey.fromSeed(fromHex(v.member_kem_seed))]
  const place = { instance: v.instance, practice: fromHex(v.practice), unit: fromHex(v.unit) }
  const openSeed = async (e: typeof v): Promise<string> => {
    const at = { ...place, unit: fromHex(e.unit) }
    return hex((await openEpochSeed(at, roster.epoch(at.unit), fromHex(e.sealed), member)).seed)
  }
  await each(v, v.epoch_seed, openSeed)
  const now = await openEpochSeed(place, roster.epoch(place.unit), fromHex(v.sealed), member)
  const before = (await rosterAt(8)).epoch(place.unit)
  same(hex((await openPreviousSeed(place, now, before, fromHex(v.previous.sealed))).seed), v.previous.opens)
})

const unlocks = claim('unlock boxes', async () => {
  for (const v of file.unlock) {
    await each(v, v.opens, async (e) => {
      const method = (Object.keys(METHODS) as Method[]).find((name) => METHODS[name] === e.method) as Method
      const place = { instance: e.instance, user: fromHex(e.user), method, credential: fromHex(e.credential), version: e.version }
      return hex(await openUnlock(place, fromHex(e.secret), fromHex(e.sealed)))
    })
  }
})

const passwords = claim('passwords: Argon2id at 16 and 64 MiB, folded names, the server\'s share', async () => {
  for (const v of file.password) {
    same(hex(loginName(v.name)), v.name_folded)
    same(hex(text(v.password.normalize('NFKC'))), v.password_folded)
    const find = await passwordFind(v.instance, v.name)
    same(hex(find), v.find)
    const stretched = await StretchedPassword.of(v.instance, v.name, v.password)
    same([hex(stretched.auth), hex(stretched.secret(fromHex(v.share)))], [v.auth, v.secret])
    same(hex(hmac(D(fromHex(v.server_secret), 'share'), find)), v.share)
  }
})

const vaults = claim('a vault', async () => {
  const v = file.vault
  await each(v, v.opens, async (e) =>
    hex(await openVault({ instance: e.instance, account: fromHex(e.account), version: e.version }, fromHex(e.vault_key), fromHex(e.sealed))),
  )
})

const messages = claim('what t and c derive; capsule, message, page; day and code keys', async () => {
  const v = file.messages
  const [c, t] = [fromC(fromHex(v.c)), fromT(fromHex(v.t))]
  const reminder = reminderId(t.messageKey, v.message.send_day)
  same([c.h, c.act, c.del, c.pageKey, c.stop, t.write, t.messageKey, reminder].map(hex), [v.h, v.act, v.delete, v.k_page, v.stop, v.write, v.k_m, v.reminder_id])
  const day = await PrivateKey.fromSeed(fromHex(v.day_key.seed))
  const notifierPk = fromHex(v.day_key.notifier_pk)
  same(hex((await dayKey(notifierPk, v.capsule.instance, v.day_key.day, day.publicKey, fromHex(v.day_key.sig))).kid), v.day_key.kid)
  await codeKey(notifierPk, v.capsule.instance, v.code_key.since, v.code_key.until, day.publicKey, fromHex(v.code_key.sig))
  await each(v.capsule, v.capsule.opens, async (e) => {
    const capsule = await openCapsule(e.instance, fromHex(e.h), e.key_day, day, fromHex(e.sealed))
    const { language, word, sms, mail } = capsule
    return { language, word, c: hex(capsule.c), k_m: hex(capsule.messageKey), sms, mail }
  })
  await each(v.message, v.message.opens, async (e) => {
    const place = { instance: e.instance, h: fromHex(e.h), mid: fromHex(e.mid), sendDay: e.send_day, set: e.set }
    const message = await openMessage(place, fromHex(e.k_m), fromHex(e.sealed))
    return { kind: message.kind, not_before: message.notBefore, zone: message.zone, start: message.start }
  })
  await each(v.page, v.page.opens, (e) => openPage(e.instance, fromHex(e.c), fromHex(e.sealed)))
})

const phone = claim('the phone check, from ask to proof', async () => {
  const v = file.phone_check
  const code = await PrivateKey.fromSeed(fromHex(v.code_key_seed))
  const address = { kind: 'phone' as const, address: '+33600000001' }
  same(v.r_i.map((_, i) => hex(checkSecret(fromHex(v.r), i + 1))), v.r_i)
  same(v.r_i.map((r) => hex(commitment(v.instance, address, fromHex(r)))), v.commit_i)
  same(v.booking_pk_i.map((pk, i) => hex(binding(fromHex(pk), fromHex(v.salt_i[i] ?? '')))), v.bind_i)
  const at = { instance: v.instance, q: v.q }
  const asked = { kind: ADDRESS_KINDS.phone, address: address.address, r: v.r, reply_key: v.reply_key, bind: v.bind_i }
  await each({ ...at, ...v.ask }, asked, async (e) => {
    const ask = await openAsk(e.instance, fromHex(e.q), code, fromHex(e.sealed))
    return { kind: ADDRESS_KINDS[ask.kind], address: ask.address, r: hex(ask.r), reply_key: hex(ask.replyKey), bind: ask.binds.map(hex) }
  })
  await each({ ...at, ...v.code }, v.code.opens, (e) => openCode(e.instance, fromHex(e.q), code, fromHex(e.sealed)))
  await each({ ...at, ...v.reply }, v.reply.proofs, async (e) => {
    return (await openReply(e.instance, fromHex(e.q), fromHex(v.reply_key), fromHex(e.sealed))).proofs.map(hex)
  })
  for (const [i, proof] of v.reply.proofs.entries()) {
    const check = {
      r: fromHex(v.r_i[i] ?? ''), salt: fromHex(v.salt_i[i] ?? ''), month: v.month, proof: fromHex(proof), bookingPk: fromHex(v.booking_pk_i[i] ?? ''),
    }
    await verifyNumber(v.instance, fromHex(v.notifier_pk), address, check)
    await refused(() => verifyNumber(v.instance, fromHex(v.notifier_pk), address, { ...check, month: v.month + 1 }), 'Altered')
  }
})

const cards = claim('cards, index entries and pages', async () => {
  const sheet = (e: { instance: string; practice: string; unit: string; e: number; month: number }) => ({
    instance: e.instance, practice: fromHex(e.practice), unit: fromHex(e.unit), e: e.e, month: e.month,
  })
  const { card, entry, page } = file.cards
  await each(card, card.opens, async (e) =>
    hex(await openCard(sheet(e), fromHex(e.card), e.rev, await BoxKey.fromBytes(fromHex(e.key)), fromHex(e.sealed))),
  )
  await each(entry, entry.opens, async (e) =>
    hex(await openEntry(sheet(e), fromHex(e.entry), await BoxKey.fromBytes(fromHex(e.key)), fromHex(e.sealed))),
  )
  await each(page, page.opens, async (e) => hex(await openIndex(sheet(e), e.version, await BoxKey.fromBytes(fromHex(e.key)), fromHex(e.sealed))))
})

const files = claim('documents, and the sizes they are padded to', async () => {
  same(file.files.padme.map(([length]) => [length, padme(length as number)]), file.files.padme)
  for (const v of file.files.files) {
    const sealed = { file: fromHex(v.file), name: 'a', mediaType: 'b', size: v.size, sha256: fromHex(v.sha256), key: fromHex(v.key) }
    const content = await openFile(file.files.instance, fromHex(file.files.record), sealed, v.chunks.map(fromHex))
    same(content.length, v.size)
  }
})

export const sealedVectors: readonly Claim[] = [seeds, unlocks, passwords, vaults, messages, phone, cards, files]
