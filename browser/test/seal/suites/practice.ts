// SPDX-License-Identifier: Apache-2.0
/** Roster, epochs, unlocking, vault, cards and files. */
import fc from 'fast-check'
import { type Bytes, cut, join, random, text } from '../../../src/seal/bytes'
import { openCard, openEntry, openIndex, sealCard, sealEntry, sealIndex } from '../../../src/seal/cards'
import { pad, unpad } from '../../../src/seal/conventions'
import { boxPreviousSeed, openEpochSeed, openPreviousSeed, sealEpochSeed } from '../../../src/seal/epoch'
import { CHUNK_BYTES, openFile, padme, sealFile } from '../../../src/seal/files'
import { checkMember, epochKeys, newSeed, userKeys } from '../../../src/seal/keys'
import { readJson } from '../../../src/seal/payload'
import { PublicKey, SigningKey } from '../../../src/seal/primitives'
import { Roster, signEvent } from '../../../src/seal/roster'
import type { Epoch, SignedEvent } from '../../../src/seal/roster_events'
import { type UnlockPlace, boxUnlock, openUnlock, recoverySecret } from '../../../src/seal/unlock'
import { openVault, sealVault } from '../../../src/seal/vault'
import { INSTANCE, type Practice, epochOf, member, openPractice } from '../cast'
import { type Claim, claim, refused, same } from '../claims'

const chain = claim('a chain verifies from its fingerprint; another, a cut and a bent one are refused', async () => {
  const [practice, mallory] = [await openPractice(), await openPractice()]
  const verified = await Roster.verify(practice.chain, practice.roster.fingerprint)
  same([verified.seq, verified.head, verified.notifierPk], [4, practice.roster.head, null])
  same(verified.membersOf(practice.unit).length, 2)
  await refused(() => Roster.verify(practice.chain, mallory.roster.fingerprint), 'Altered')
  await refused(() => Roster.verify([], null), 'Unknown')
  await refused(() => Roster.verify(practice.chain.slice(1), null), 'Altered')
  await refused(() => Roster.verify([...practice.chain.slice(0, 2), ...practice.chain.slice(3)], null), 'Altered')
  const [first, second, ...rest] = practice.chain as [SignedEvent, SignedEvent, ...SignedEvent[]]
  const bent = cut(second.event, 0)
  bent[100] = (bent[100] as number) ^ 1
  await refused(() => Roster.verify([first, { ...second, event: bent }, ...rest], null), 'Altered', 'Unknown')
  await refused(() => Roster.verify([first, { ...second, signature: first.signature }, ...rest], null), 'Altered')
  await refused(() => practice.roster.replacedBy(practice.chain.slice(0, 3)), 'Altered')
  same((await (await Roster.verify(practice.chain.slice(0, 3), null)).replacedBy(practice.chain)).seq, 4)
  await refused(() => practice.roster.extend(practice.chain.slice(3)), 'Stale')
})

const rules = claim('only owners add; a removal needs its epochs; a removed owner signs nothing more; keys are never re-used', async () => {
  const practice = await openPractice()
  const { roster, bento, sam, unit } = practice
  const [mallory, malloryId] = [await userKeys(newSeed()), random(16)]
  const intruder = member(mallory, malloryId, 'owner', [unit])
  await refused(async () => roster.extend([await roster.sign(intruder, sam.sign)]), 'Altered')
  await refused(async () => roster.extend([await roster.sign(intruder, mallory.sign)]), 'Altered')
  await refused(async () => roster.extend([await roster.sign({ ...intruder, kemPk: sam.kem.publicKey }, bento.sign)]), 'Altered')
  const removal = await roster.sign({ kind: 'removal', id: practice.samId }, bento.sign)
  await refused(() => roster.extend([removal]), 'Altered')
  const keys = await epochKeys(newSeed())
  const epoch = await after(practice, removal, epochOf(unit, 2, keys, roster.members.filter((m) => m.role === 'owner')))
  const left = await roster.extend([removal, epoch])
  same([left.membersOf(unit).length, left.epoch(unit).e, left.sealedToFormerReaders(roster.head, unit)], [1, 2, true])
  same(left.sealedToFormerReaders(left.head, unit), false)
  await refused(() => left.signer(sam.sign.kid, unit, left.seq), 'Altered')
  same(left.signer(sam.sign.kid, unit, roster.seq), sam.sign.publicKey)
  await refused(async () => left.extend([await left.sign({ kind: 'removal', id: roster.members.find((m) => m.role === 'owner')?.id as Bytes }, bento.sign)]), 'Altered')
})

async function after(practice: Practice, before: SignedEvent, payload: Epoch): Promise<SignedEvent> {
  const { sha256 } = await import('../../../src/seal/conventions')
  const { roster, bento } = practice
  return await signEvent(
    { practice: practice.id, seq: roster.seq + 2, prev: sha256(before.event), signerPk: bento.sign.publicKey, payload },
    bento.sign,
  )
}

const epochs = claim('Sam opens his epoch\'s seed; one that Mallory sealed is a hard stop; the epoch before opens through it', async () => {
  const { unit, id, sam, seed, keys, roster, ...practice } = await openPractice()
  const place = { instance: INSTANCE, practice: id, unit }
  const to = new PublicKey(sam.kem.publicKey)
  const opened = await openEpochSeed(place, roster.epoch(unit), await sealEpochSeed(place, 1, seed, to), sam.kem)
  same(opened.keys.record.kid, keys.record.kid)
  const forged = await sealEpochSeed(place, 1, newSeed(), to)
  await refused(() => openEpochSeed(place, roster.epoch(unit), forged, sam.kem), 'Altered')
  for (const other of [{ ...place, unit: random(16) }, { ...place, practice: random(16) }, { ...place, instance: 'else' }]) {
    await refused(async () => openEpochSeed(other, roster.epoch(unit), await sealEpochSeed(place, 1, seed, to), sam.kem), 'Altered')
  }
  const nextSeed = newSeed()
  const next = { epoch: epochOf(unit, 2, await epochKeys(nextSeed), roster.membersOf(unit)), seed: nextSeed, keys: await epochKeys(nextSeed) }
  const boxed = await boxPreviousSeed(place, 2, nextSeed, seed)
  same((await openPreviousSeed(place, next, roster.epoch(unit), boxed)).seed, seed)
  await refused(async () => openPreviousSeed(place, next, roster.epoch(unit), await boxPreviousSeed(place, 2, nextSeed, newSeed())), 'Altered')
  await refused(() => checkMember(sam, { kemPk: practice.bento.kem.publicKey, signPk: sam.sign.publicKey }), 'Altered')
})

const unlocking = claim('a seed unlocks for its user, method, credential and version, and for no other', async () => {
  const place: UnlockPlace = { instance: INSTANCE, user: random(16), method: 'passkey', credential: random(32), version: 3 }
  const [secret, seed] = [random(32), newSeed()]
  const boxed = await boxUnlock(place, secret, seed)
  same([boxed.length, await openUnlock(place, secret, boxed)], [60, seed])
  const others: Partial<UnlockPlace>[] = [
    { instance: 'serment-other' }, { user: random(16) }, { method: 'recovery' }, { credential: random(32) }, { version: 4 },
  ]
  for (const other of others) await refused(() => openUnlock({ ...place, ...other }, secret, boxed), 'Altered')
  await refused(() => openUnlock(place, random(32), boxed), 'Altered')
  await refused(() => openUnlock(place, secret, cut(boxed, 1)), 'Unknown')
  const { secret: one, find } = recoverySecret(random(16))
  same([one.length, find.length], [32, 16])
})

const vault = claim('a vault opens for its account and version; its size tells one of two', async () => {
  const [place, key] = [{ instance: INSTANCE, account: random(16), version: 7 }, newSeed()]
  for (const [size, sealedBytes] of [[0, 16_412], [16_380, 16_412], [16_381, 65_564]] as const) {
    const content = crypto.getRandomValues(new Uint8Array(size))
    const sealed = await sealVault(place, key, content)
    same(sealed.length, sealedBytes)
    same(await openVault(place, key, sealed), content)
    await refused(() => openVault({ ...place, version: 8 }, key, sealed), 'Altered')
    await refused(() => openVault({ ...place, account: random(16) }, key, sealed), 'Altered')
  }
  await refused(() => sealVault(place, key, new Uint8Array(65_533)), 'Unknown')
})

const sheets = claim('cards, entries and index pages open in their own place only', async () => {
  const { id, unit, keys } = await openPractice()
  const place = { instance: INSTANCE, practice: id, unit, e: 1, month: 202812 }
  const [row, content] = [random(16), text('{"note":"fragile"}')]
  const card = await sealCard(place, row, 2, keys.card, content)
  same([await openCard(place, row, 2, keys.card, card), card.length], [content, 1052])
  await refused(() => openCard(place, row, 3, keys.card, card), 'Altered')
  await refused(() => openCard({ ...place, month: 202901 }, row, 2, keys.card, card), 'Altered')
  const entry = await sealEntry(place, row, keys.index, content)
  same([await openEntry(place, row, keys.index, entry), entry.length], [content, 284])
  await refused(() => openEntry(place, random(16), keys.index, entry), 'Altered')
  const page = await sealIndex(place, 1, keys.index, content)
  same([await openIndex(place, 1, keys.index, page), page.length], [content, 65_564])
  await refused(() => openIndex({ ...place, e: 2 }, 1, keys.index, page), 'Altered')
})

const files = claim('a document comes back whole; cut, swapped or for another record it is refused', async () => {
  const [record, content] = [random(16), join(random(CHUNK_BYTES / 2), new Uint8Array(2 * CHUNK_BYTES))]
  const { file, chunks } = await sealFile(INSTANCE, record, 'ordonnance.pdf', 'application/pdf', content)
  same(await openFile(INSTANCE, record, file, chunks), content)
  await refused(() => openFile(INSTANCE, record, file, chunks.slice(0, -1)), 'Altered')
  await refused(() => openFile(INSTANCE, record, file, [chunks[1] as Bytes, chunks[0] as Bytes, ...chunks.slice(2)]), 'Altered')
  await refused(() => openFile(INSTANCE, random(16), file, chunks), 'Altered')
  same([0, 1, 2, 9, 1000, 65_537].map(padme), [0, 1, 2, 10, 1024, 67_584])
})

const padding = claim('laws: padding undoes itself, has one spelling and hides the length', async () => {
  const sizes = [32, 64, 256]
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 252 }), (content) => {
      const padded = pad(content, sizes)
      same(unpad(padded, sizes), content)
      same(sizes.includes(padded.length), true)
    }),
  )
  await refused(() => pad(new Uint8Array(253), sizes), 'Unknown')
  await refused(() => unpad(join(pad(text('a'), [32]), new Uint8Array(32)), sizes), 'Altered')
  const tail = pad(text('a'), sizes)
  tail[31] = 1
  await refused(() => unpad(tail, sizes), 'Altered')
  await refused(() => unpad(new Uint8Array(33), sizes), 'Unknown')
})

const json = claim('a payload with a key twice, in whatever spelling and depth, is refused; its twin is read', async () => {
  same(readJson(text('{"a":{"a":"{\\"a\\":1,\\"a\\":2}"},"b":[{"a":1},{"a":2}],"c":-12}')), {
    a: { a: '{"a":1,"a":2}' }, b: [{ a: 1 }, { a: 2 }], c: -12,
  })
  const bad = ['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"b":[{"a":1,"a":2}]}', '{"a" : 1 , "a" : 1}', '{"a":1.0}', '{"a":1e3}', '{"a":NaN}', '{', '\ufeff{}']
  for (const source of bad) await refused(() => readJson(text(source)), 'Altered')
  await refused(() => readJson(Uint8Array.of(0x7b, 0xff, 0x7d)), 'Altered')
})

const roots = claim('the paper root restores owners and hands over to a new one; an owner cannot', async () => {
  const { roster, root, bento } = await openPractice()
  const paper = await SigningKey.fromSeed(newSeed())
  const change = { kind: 'new root' as const, rootPk: paper.publicKey }
  await refused(async () => roster.extend([await roster.sign(change, bento.sign)]), 'Altered')
  const renewed = await roster.extend([await roster.sign(change, root)])
  const owner = member(await userKeys(newSeed()), random(16), 'owner', [])
  await refused(async () => renewed.extend([await renewed.sign(owner, root)]), 'Altered')
  same((await renewed.extend([await renewed.sign(owner, paper)])).seq, renewed.seq + 1)
  same(renewed.fingerprint, roster.fingerprint)
})

export const practice: readonly Claim[] = [chain, rules, epochs, unlocking, vault, sheets, files, padding, json, roots]
