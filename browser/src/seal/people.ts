// SPDX-License-Identifier: Apache-2.0
/** What a patient card, an index entry and a page of the index say (section 6). Limits in bytes of UTF-8. */
import { type Bytes, ID_BYTES, base64, text } from './bytes'
import { day } from './conventions'
import { Altered, Unknown } from './errors'
import { EMAIL_BYTES_MAX, LANGUAGES, type Language, NAME_BYTES_MAX, PHONE_BYTES_MAX, SEXES, type Sex } from './groups'
import { Fields, type Json, bytesJson, checkText, optionalText, present, readJson, writeJson } from './payload'

export const CARD_NOTE_BYTES_MAX = 1_500
export const REFUSE_BYTES_MAX = 300
export const NO_SHOWS_MAX = 16
export const INDEX_NAME_BYTES_MAX = 48
/** So much of a name, as JSON spells it, goes into an entry. */
export const INDEX_CUT_BYTES = 40
const PEOPLE_MAX = 100_000
const REV_MAX = 2_147_483_647

export interface NoShow {
  readonly record: Bytes
  readonly day: string
}

export interface CardContent {
  readonly givenName: string
  readonly birthName: string
  readonly usedName: string | null
  readonly birthDate: string
  readonly sex: Sex
  /** E.164. */
  readonly phone: string | null
  readonly email: string | null
  /** Of the messages sent to them; null: nobody said, and they are in French. */
  readonly language: Language | null
  readonly note: string | null
  /** Online bookings of this person are refused, with this message. */
  readonly refuse: string | null
  /** The latest, oldest first. */
  readonly noShows: readonly NoShow[]
}

export function writeCard(card: CardContent): Bytes {
  day(card.birthDate)
  if (!SEXES.includes(card.sex) || card.noShows.length > NO_SHOWS_MAX) throw new Unknown('card')
  if (card.language !== null && !LANGUAGES.includes(card.language)) throw new Unknown('card')
  for (const one of card.noShows) day(one.day)
  return writeJson({
    given_name: checkText(card.givenName, NAME_BYTES_MAX, 'name'),
    birth_name: checkText(card.birthName, NAME_BYTES_MAX, 'name'),
    used_name: optionalText(card.usedName, NAME_BYTES_MAX, 'name'),
    birth_date: card.birthDate,
    sex: card.sex,
    phone: optionalText(card.phone, PHONE_BYTES_MAX, 'phone'),
    email: optionalText(card.email, EMAIL_BYTES_MAX, 'email'),
    language: card.language,
    note: optionalText(card.note, CARD_NOTE_BYTES_MAX, 'note'),
    refuse: optionalText(card.refuse, REFUSE_BYTES_MAX, 'refuse'),
    no_shows: card.noShows.map((one) => ({ record: bytesJson(one.record, ID_BYTES, 'record'), day: one.day })),
  })
}

export function readCard(payload: Bytes): CardContent {
  const fields = new Fields(readJson(payload), 'card')
  const card = {
    givenName: fields.text('given_name', NAME_BYTES_MAX),
    birthName: fields.text('birth_name', NAME_BYTES_MAX),
    usedName: fields.optionalText('used_name', NAME_BYTES_MAX),
    birthDate: fields.day('birth_date'),
    sex: fields.choice('sex', SEXES),
    phone: fields.optionalText('phone', PHONE_BYTES_MAX),
    email: fields.optionalText('email', EMAIL_BYTES_MAX),
    language: fields.has('language') ? fields.choice('language', LANGUAGES) : null,
    note: fields.optionalText('note', CARD_NOTE_BYTES_MAX),
    refuse: fields.optionalText('refuse', REFUSE_BYTES_MAX),
    noShows: fields.items('no_shows', NO_SHOWS_MAX).map((one) => {
      const parts = new Fields(one, 'no-show')
      const found = { record: parts.bytes('record', ID_BYTES), day: parts.day('day') }
      parts.done()
      return found
    }),
  }
  fields.done()
  return card
}

/** What finds a person. `gone`: the card is no more; everything but card and rev is empty then, unless it was joined to another one. */
export interface EntryContent {
  /** The card's id, base64. */
  readonly card: string
  /** The card's rev: of the entries of one card the highest holds. */
  readonly rev: number
  readonly givenName: string
  readonly birthName: string
  readonly usedName: string | null
  readonly birthDate: string
  readonly phone: string | null
  readonly refused: boolean
  readonly noShows: number
  readonly gone: boolean
  /** The card that it was joined to, base64: its names find that one. */
  readonly into: string | null
}

/** As much of it as an entry has room for, between two characters: a name that JSON spells at length is cut sooner. */
function cutName(name: string): string {
  let kept = ''
  let room = INDEX_CUT_BYTES
  for (const character of name) {
    room -= text(JSON.stringify(character)).length - 2
    if (room < 0) break
    kept += character
  }
  return kept
}

/** The entry that finds a card. */
export function entryOf(id: Bytes, rev: number, card: CardContent): EntryContent {
  return {
    card: base64(id), rev, givenName: cutName(card.givenName), birthName: cutName(card.birthName),
    usedName: card.usedName === null ? null : cutName(card.usedName), birthDate: card.birthDate, phone: card.phone,
    refused: card.refuse !== null, noShows: card.noShows.length, gone: false, into: null,
  }
}

const NOBODY = { givenName: '', birthName: '', usedName: null, birthDate: '', phone: null, refused: false, noShows: 0, gone: true, into: null } as const

/** The entry that says a card was erased. */
export function goneEntry(id: Bytes, rev: number): EntryContent {
  return { ...NOBODY, card: base64(id), rev }
}

/** The entry that says a card was joined to another one, which its names find from then on. */
export function joinedEntry(id: Bytes, rev: number, card: CardContent, into: Bytes): EntryContent {
  return { ...entryOf(id, rev, card), phone: null, refused: false, noShows: 0, gone: true, into: base64(into) }
}

function entryJson(entry: EntryContent): Json {
  if (entry.gone && entry.into === null) return { c: entry.card, r: entry.rev, x: true }
  if (entry.gone) return present({ c: entry.card, r: entry.rev, x: true, i: entry.into, g: entry.givenName, b: entry.birthName, u: entry.usedName, d: entry.birthDate })
  return present({
    c: entry.card, r: entry.rev, g: entry.givenName, b: entry.birthName, u: entry.usedName, d: entry.birthDate, p: entry.phone,
    f: entry.refused ? true : null, n: entry.noShows > 0 ? entry.noShows : null,
  })
}

function readEntryJson(value: unknown): EntryContent {
  const fields = new Fields(value, 'entry')
  const flag = (name: string): boolean => {
    if (!fields.has(name)) return false
    if (fields.value(name) !== true) throw new Altered(`entry: ${name}`)
    return true
  }
  const [card, rev, gone] = [fields.base64('c', ID_BYTES), fields.number('r', REV_MAX), flag('x')]
  const into = gone && fields.has('i') ? fields.base64('i', ID_BYTES) : null
  const entry = gone && into === null
    ? { ...NOBODY, card, rev }
    : {
        card, rev, givenName: fields.text('g', INDEX_NAME_BYTES_MAX), birthName: fields.text('b', INDEX_NAME_BYTES_MAX),
        usedName: fields.optionalText('u', INDEX_NAME_BYTES_MAX), birthDate: fields.day('d'), phone: gone ? null : fields.optionalText('p', PHONE_BYTES_MAX),
        refused: !gone && flag('f'), noShows: !gone && fields.has('n') ? fields.number('n', NO_SHOWS_MAX) : 0, gone, into,
      }
  fields.done()
  return entry
}

export function writeEntry(entry: EntryContent): Bytes {
  return text(JSON.stringify(entryJson(entry)))
}

export function readEntry(payload: Bytes): EntryContent {
  return readEntryJson(readJson(payload))
}

export function writePage(people: readonly EntryContent[]): Bytes {
  return text(JSON.stringify({ people: people.map(entryJson) }))
}

export function readPage(payload: Bytes): EntryContent[] {
  const fields = new Fields(readJson(payload), 'page')
  const people = fields.items('people', PEOPLE_MAX).map(readEntryJson)
  fields.done()
  return people
}
