// SPDX-License-Identifier: Apache-2.0
/** What the three groups of a record say: identity, contact, reason (spec/rdv1.md section 2). Limits in bytes of UTF-8. */
import { type Bytes, HASH_BYTES, ID_BYTES, KEY_BYTES, SIGNATURE_BYTES } from './bytes'
import { day, month } from './conventions'
import { Unknown } from './errors'
import { Fields, type Json, bytesJson, checkText, optionalText, present, readJson, writeJson } from './payload'

export const NAME_BYTES_MAX = 200
export const PHONE_BYTES_MAX = 16
export const EMAIL_BYTES_MAX = 254
export const WORD_BYTES_MAX = 24
export const REASON_BYTES_MAX = 2_000
export const NOTES_BYTES_MAX = 4_000
export const ANSWERS_MAX = 20
export const QUESTION_BYTES_MAX = 64
export const ANSWER_BYTES_MAX = 1_000
export const FILES_MAX = 10
export const FILE_NAME_BYTES_MAX = 200
export const MEDIA_TYPE_BYTES_MAX = 100
export const FILE_BYTES_MAX = 20 * 1024 * 1024

export const SEXES = ['female', 'male', 'other', 'unknown'] as const
export type Sex = (typeof SEXES)[number]
export const RELATIONS = ['self', 'child', 'relative'] as const
export type Relation = (typeof RELATIONS)[number]
export const LANGUAGES = ['fr', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

/** What joins appointments that were entered together: the ids of the records follow from `seed`, `first` (16) is the one they repeat. */
export interface Series {
  /** 32 */
  readonly seed: Bytes
  readonly first: Bytes
}

export interface Identity {
  readonly givenName: string
  readonly birthName: string
  readonly usedName: string | null
  readonly birthDate: string
  readonly sex: Sex
  readonly relation: Relation
  /** Steers messages (32). */
  readonly t: Bytes
  /** The messages' handle (16). */
  readonly h: Bytes
  /** Hash of the row's patient_pk (32); null: the row has none. */
  readonly pkh: Bytes | null
  readonly series: Series | null
  /** No message is sent about the appointment: its capsule names nobody, whoever seals it. */
  readonly quiet: boolean
}

/** A notifier's proof that somebody answered at the address in `ct`; `month` is yyyymm. */
export interface NumberCheck {
  readonly r: Bytes
  readonly salt: Bytes
  readonly month: number
  readonly proof: Bytes
  readonly bookingPk: Bytes
}

/** How messages to the addresses are worded: what a capsule says, for whoever makes the next one. */
export interface Wording {
  readonly language: Language
  /** Chosen at booking; by default the town. */
  readonly word: string
}

export interface Contact {
  /** E.164. */
  readonly phone: string | null
  readonly email: string | null
  /** Who answers there, where that is not the patient. */
  readonly name: string | null
  /** What an SMS carries (16): its holders cancel and confirm. */
  readonly c: Bytes
  readonly check: NumberCheck | null
  /** Null: nothing was said; the site's town, in French. */
  readonly messages: Wording | null
}

export interface Answer {
  readonly question: string
  readonly answer: string
}

export interface SealedFile {
  readonly file: Bytes
  readonly name: string
  readonly mediaType: string
  readonly size: number
  readonly sha256: Bytes
  readonly key: Bytes
}

export interface Reason {
  readonly reason: string | null
  readonly notes: string | null
  readonly answers: readonly Answer[]
  readonly files: readonly SealedFile[]
}

/** What a caller seals: `pkh` is computed from the patient's key, never handed in. */
export interface Groups {
  readonly id: Omit<Identity, 'pkh'>
  readonly ct: Contact
  readonly rs: Reason
}

export interface OpenedGroups {
  readonly id: Identity | null
  readonly ct: Contact | null
  readonly rs: Reason | null
}

export function writeIdentity(id: Identity): Bytes {
  day(id.birthDate)
  if (!SEXES.includes(id.sex) || !RELATIONS.includes(id.relation)) throw new Unknown('identity')
  return writeJson({
    given_name: checkText(id.givenName, NAME_BYTES_MAX, 'name'),
    birth_name: checkText(id.birthName, NAME_BYTES_MAX, 'name'),
    used_name: optionalText(id.usedName, NAME_BYTES_MAX, 'name'),
    birth_date: id.birthDate,
    sex: id.sex,
    relation: id.relation,
    t: bytesJson(id.t, KEY_BYTES, 't'),
    h: bytesJson(id.h, ID_BYTES, 'h'),
    pkh: id.pkh === null ? null : bytesJson(id.pkh, HASH_BYTES, 'pkh'),
    series: id.series === null ? null : { seed: bytesJson(id.series.seed, KEY_BYTES, 'seed'), first: bytesJson(id.series.first, ID_BYTES, 'first') },
    quiet: id.quiet ? true : null,
  })
}

function readSeries(value: unknown): Series {
  const fields = new Fields(value, 'series')
  const series = { seed: fields.bytes('seed', KEY_BYTES), first: fields.bytes('first', ID_BYTES) }
  fields.done()
  return series
}

export function readIdentity(payload: Bytes): Identity {
  const fields = new Fields(readJson(payload), 'id')
  const id: Identity = {
    givenName: fields.text('given_name', NAME_BYTES_MAX),
    birthName: fields.text('birth_name', NAME_BYTES_MAX),
    usedName: fields.optionalText('used_name', NAME_BYTES_MAX),
    birthDate: fields.day('birth_date'),
    sex: fields.choice('sex', SEXES),
    relation: fields.choice('relation', RELATIONS),
    t: fields.bytes('t', KEY_BYTES),
    h: fields.bytes('h', ID_BYTES),
    pkh: fields.has('pkh') ? fields.bytes('pkh', HASH_BYTES) : null,
    series: fields.has('series') ? readSeries(fields.value('series')) : null,
    quiet: fields.has('quiet') && fields.yes('quiet'),
  }
  fields.done()
  return id
}

function checkJson(check: NumberCheck): Json {
  month(check.month)
  return {
    r: bytesJson(check.r, KEY_BYTES, 'r'),
    salt: bytesJson(check.salt, KEY_BYTES, 'salt'),
    month: check.month,
    proof: bytesJson(check.proof, SIGNATURE_BYTES, 'proof'),
    booking_pk: bytesJson(check.bookingPk, KEY_BYTES, 'booking key'),
  }
}

function readCheck(value: unknown): NumberCheck {
  const fields = new Fields(value, 'check')
  const check = {
    r: fields.bytes('r', KEY_BYTES),
    salt: fields.bytes('salt', KEY_BYTES),
    month: fields.month('month'),
    proof: fields.bytes('proof', SIGNATURE_BYTES),
    bookingPk: fields.bytes('booking_pk', KEY_BYTES),
  }
  fields.done()
  return check
}

function wordingJson({ language, word }: Wording): Json {
  if (!LANGUAGES.includes(language)) throw new Unknown('language')
  return { language, word: checkText(word, WORD_BYTES_MAX, 'word') }
}

function readWording(value: unknown): Wording {
  const fields = new Fields(value, 'messages')
  const wording = { language: fields.choice('language', LANGUAGES), word: fields.text('word', WORD_BYTES_MAX) }
  fields.done()
  return wording
}

export function writeContact(ct: Contact): Bytes {
  return writeJson({
    phone: optionalText(ct.phone, PHONE_BYTES_MAX, 'phone'),
    email: optionalText(ct.email, EMAIL_BYTES_MAX, 'email'),
    name: optionalText(ct.name, NAME_BYTES_MAX, 'name'),
    c: bytesJson(ct.c, ID_BYTES, 'c'),
    check: ct.check === null ? null : checkJson(ct.check),
    messages: ct.messages === null ? null : wordingJson(ct.messages),
  })
}

export function readContact(payload: Bytes): Contact {
  const fields = new Fields(readJson(payload), 'ct')
  const ct: Contact = {
    phone: fields.optionalText('phone', PHONE_BYTES_MAX),
    email: fields.optionalText('email', EMAIL_BYTES_MAX),
    name: fields.optionalText('name', NAME_BYTES_MAX),
    c: fields.bytes('c', ID_BYTES),
    check: fields.has('check') ? readCheck(fields.value('check')) : null,
    messages: fields.has('messages') ? readWording(fields.value('messages')) : null,
  }
  fields.done()
  return ct
}

function answerJson({ question, answer }: Answer): Json {
  return {
    question: checkText(question, QUESTION_BYTES_MAX, 'question'),
    answer: checkText(answer, ANSWER_BYTES_MAX, 'answer'),
  }
}

function readAnswer(value: unknown): Answer {
  const fields = new Fields(value, 'answer')
  const answer = { question: fields.text('question', QUESTION_BYTES_MAX), answer: fields.text('answer', ANSWER_BYTES_MAX) }
  fields.done()
  return answer
}

function fileJson(file: SealedFile): Json {
  if (!Number.isInteger(file.size) || file.size < 0 || file.size > FILE_BYTES_MAX) throw new Unknown('file size')
  return present({
    file: bytesJson(file.file, ID_BYTES, 'file'),
    name: checkText(file.name, FILE_NAME_BYTES_MAX, 'file name'),
    media_type: checkText(file.mediaType, MEDIA_TYPE_BYTES_MAX, 'media type'),
    size: file.size,
    sha256: bytesJson(file.sha256, HASH_BYTES, 'sha256'),
    key: bytesJson(file.key, KEY_BYTES, 'file key'),
  })
}

function readFile(value: unknown): SealedFile {
  const fields = new Fields(value, 'file')
  const file = {
    file: fields.bytes('file', ID_BYTES),
    name: fields.text('name', FILE_NAME_BYTES_MAX),
    mediaType: fields.text('media_type', MEDIA_TYPE_BYTES_MAX),
    size: fields.number('size', FILE_BYTES_MAX),
    sha256: fields.bytes('sha256', HASH_BYTES),
    key: fields.bytes('key', KEY_BYTES),
  }
  fields.done()
  return file
}

export function writeReason(rs: Reason): Bytes {
  if (rs.answers.length > ANSWERS_MAX || rs.files.length > FILES_MAX) throw new Unknown('too many answers or files')
  return writeJson({
    reason: optionalText(rs.reason, REASON_BYTES_MAX, 'reason'),
    notes: optionalText(rs.notes, NOTES_BYTES_MAX, 'notes'),
    answers: rs.answers.map(answerJson),
    files: rs.files.map(fileJson),
  })
}

export function readReason(payload: Bytes): Reason {
  const fields = new Fields(readJson(payload), 'rs')
  const rs: Reason = {
    reason: fields.optionalText('reason', REASON_BYTES_MAX),
    notes: fields.optionalText('notes', NOTES_BYTES_MAX),
    answers: fields.items('answers', ANSWERS_MAX).map(readAnswer),
    files: fields.items('files', FILES_MAX).map(readFile),
  }
  fields.done()
  return rs
}
