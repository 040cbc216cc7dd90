// SPDX-License-Identifier: Apache-2.0
/** spec/vectors/cards.json: what cards, index entries and pages say, read and written to the same bytes. */
import file from '../../../../spec/vectors/cards.json'
import { fromHex, hex } from '../../../src/seal/bytes'
import { entryOf, readCard, readEntry, readPage, writeCard, writeEntry, writePage, type CardContent } from '../../../src/seal/people'
import { type Claim, claim, refused, same } from '../claims'

const READ: Readonly<Record<string, (plain: Uint8Array<ArrayBuffer>) => unknown>> = { card: readCard, entry: readEntry, page: readPage }

const good = claim('cards, entries and a page are read and written again to the same bytes', () => {
  for (const { plain } of file.cards) same(hex(writeCard(readCard(fromHex(plain)))), plain)
  for (const { plain } of file.entries) same(hex(writeEntry(readEntry(fromHex(plain)))), plain)
  const people = readPage(fromHex(file.page.plain))
  same(people.map((one) => hex(writeEntry(one))), file.entries.map(({ plain }) => plain))
  same(hex(writePage(people)), file.page.plain)
})

const cuts = claim('names are cut to what an entry has room for, however JSON spells them', () => {
  const who: CardContent = {
    givenName: 'x', birthName: 'x', usedName: null, birthDate: '1961-03-14', sex: 'unknown', phone: null, email: null, language: null, note: null, refuse: null, noShows: [],
  }
  for (const { name, kept } of file.cut) same(entryOf(new Uint8Array(16), 1, { ...who, birthName: name }).birthName, kept)
})

const bad = file.bad.map(({ of, name, plain, error }) =>
  claim(`${of}: ${name} is refused`, () => refused(() => READ[of]!(fromHex(plain)), error)))

export const cardVectors: readonly Claim[] = [good, cuts, ...bad]
