// SPDX-License-Identifier: Apache-2.0
/**
 * Messages to a patient: what t and c derive, capsules, messages, the page behind a link (section 4).
 * t and c are independent: readers of `id` steer messages, holders of c (the SMS) act on the appointment.
 */
import { type Bytes, ID_BYTES, KEY_BYTES, equal, join, random, sized, text, u32 } from './bytes'
import { D, T, day, inst, pad, unpad } from './conventions'
import { Altered } from './errors'
import { EMAIL_BYTES_MAX, LANGUAGES, type Language, PHONE_BYTES_MAX, WORD_BYTES_MAX, type Wording } from './groups'
import { PAGE_SIZES, fromC, pageAad } from './message_link'
import { Fields, bytesJson, checkText, optionalText, readJson, writeJson } from './payload'
import { BOX_OVERHEAD_BYTES, BoxKey, HPKE_OVERHEAD_BYTES, type PrivateKey, PublicKey, verify } from './primitives'

const CAPSULE_SIZES = [512] as const
const MESSAGE_SIZES = [192] as const
export const CAPSULE_BYTES = HPKE_OVERHEAD_BYTES + CAPSULE_SIZES[0]
export const MESSAGE_BYTES = BOX_OVERHEAD_BYTES + MESSAGE_SIZES[0]
const ZONE_BYTES_MAX = 40

export type { Language }
export const MESSAGE_KINDS = ['booked', 'moved', 'cancelled', 'reminder', 'letter'] as const
export type MessageKind = (typeof MESSAGE_KINDS)[number]

export interface Capsule extends Wording {
  /** E.164. */
  readonly sms: string | null
  readonly mail: string | null
  readonly c: Bytes
  readonly messageKey: Bytes
}

export interface Message {
  readonly kind: MessageKind
  /** UTC seconds. */
  readonly notBefore: number
  /** The site's zone, an IANA name. */
  readonly zone: string
  /** The appointment's start, UTC seconds. */
  readonly start: number
}

/** Names one message: handle, its own id, the day it goes, the set it belongs to. */
export interface MessagePlace {
  readonly instance: string
  readonly h: Bytes
  readonly mid: Bytes
  readonly sendDay: string
  readonly set: number
}

/** New secrets of a revision: t (32), c (16), and the handle h that c gives. */
export function drawMessageSecrets(): { readonly t: Bytes; readonly c: Bytes; readonly h: Bytes } {
  const c = random(ID_BYTES)
  return { t: random(KEY_BYTES), c, h: fromC(c).h }
}

/** What t (32) gives: the token that replaces messages, and K_m, which seals them. */
export function fromT(t: Bytes): { readonly write: Bytes; readonly messageKey: Bytes } {
  sized(t, KEY_BYTES, 't')
  return { write: D(t, 'write', 16), messageKey: D(t, 'message') }
}

/** The id of a reminder: whoever plans it again for the same day plans the same message, and it goes once. */
export function reminderId(messageKey: Bytes, sendDay: string): Bytes {
  day(sendDay)
  return D(messageKey, `reminder ${sendDay}`, ID_BYTES)
}

/** The id of the message that tells of a letter, where it goes on with an appointment that was sealed anew: of which incident is not said. */
export function carriedLetterId(messageKey: Bytes): Bytes {
  return D(messageKey, 'letter carried', ID_BYTES)
}

/** A published X-Wing key of one day. Throws Altered unless the roster's notifier signed it for that day. */
export async function dayKey(notifierPk: Bytes, instance: string, keyDay: string, pk: Bytes, signature: Bytes): Promise<PublicKey> {
  const key = new PublicKey(pk)
  await verify(notifierPk, signature, join(T('day key'), inst(instance), day(keyDay), pk), 'day key')
  return key
}

const capsuleInfo = (instance: string, h: Bytes, keyDay: string, kid: Bytes): Bytes =>
  join(T('capsule'), inst(instance), sized(h, ID_BYTES, 'handle'), day(keyDay), kid)

/** 1,648 bytes, to the notifier's key of the day after the appointment (`dayKey` has proved it). */
export async function sealCapsule(instance: string, keyDay: string, to: PublicKey, capsule: Capsule): Promise<Bytes> {
  const payload = writeJson({
    language: capsule.language,
    word: checkText(capsule.word, WORD_BYTES_MAX, 'word'),
    c: bytesJson(capsule.c, ID_BYTES, 'c'),
    k_m: bytesJson(capsule.messageKey, KEY_BYTES, 'k_m'),
    sms: optionalText(capsule.sms, PHONE_BYTES_MAX, 'sms'),
    mail: optionalText(capsule.mail, EMAIL_BYTES_MAX, 'mail'),
  })
  return await to.seal(capsuleInfo(instance, fromC(capsule.c).h, keyDay, to.kid), pad(payload, CAPSULE_SIZES))
}

/** The notifier's side, for tests and the demo. A capsule under another handle or day is Altered. */
export async function openCapsule(instance: string, h: Bytes, keyDay: string, key: PrivateKey, sealed: Bytes): Promise<Capsule> {
  sized(sealed, CAPSULE_BYTES, 'capsule')
  const padded = await key.open(capsuleInfo(instance, h, keyDay, key.kid), sealed)
  const fields = new Fields(readJson(unpad(padded, CAPSULE_SIZES)), 'capsule')
  const capsule = {
    language: fields.choice('language', LANGUAGES),
    word: fields.text('word', WORD_BYTES_MAX),
    c: fields.bytes('c', ID_BYTES),
    messageKey: fields.bytes('k_m', KEY_BYTES),
    sms: fields.optionalText('sms', PHONE_BYTES_MAX),
    mail: fields.optionalText('mail', EMAIL_BYTES_MAX),
  }
  fields.done()
  if (!equal(fromC(capsule.c).h, h)) throw new Altered('handle')
  return capsule
}

const messageAad = (place: MessagePlace): Bytes =>
  join(
    T('message'),
    inst(place.instance),
    sized(place.h, ID_BYTES, 'handle'),
    sized(place.mid, ID_BYTES, 'message id'),
    day(place.sendDay),
    u32(place.set),
  )

/** 220 bytes, under K_m: knowing a handle forges nothing. */
export async function sealMessage(place: MessagePlace, messageKey: Bytes, message: Message): Promise<Bytes> {
  const payload = writeJson({
    kind: message.kind,
    not_before: message.notBefore,
    zone: checkText(message.zone, ZONE_BYTES_MAX, 'zone'),
    start: message.start,
  })
  return await (await BoxKey.fromBytes(messageKey)).box(messageAad(place), pad(payload, MESSAGE_SIZES))
}

export async function openMessage(place: MessagePlace, messageKey: Bytes, sealed: Bytes): Promise<Message> {
  sized(sealed, MESSAGE_BYTES, 'message')
  const padded = await (await BoxKey.fromBytes(messageKey)).unbox(messageAad(place), sealed)
  const fields = new Fields(readJson(unpad(padded, MESSAGE_SIZES)), 'message')
  const message = {
    kind: fields.choice('kind', MESSAGE_KINDS),
    notBefore: fields.number('not_before', Number.MAX_SAFE_INTEGER),
    zone: fields.text('zone', ZONE_BYTES_MAX),
    start: fields.number('start', Number.MAX_SAFE_INTEGER),
  }
  fields.done()
  return message
}

/** 60 bytes: the word on the page behind a message's link. */
export async function sealPage(instance: string, c: Bytes, word: string): Promise<Bytes> {
  const { h, pageKey } = fromC(c)
  const padded = pad(text(checkText(word, WORD_BYTES_MAX, 'word')), PAGE_SIZES)
  return await (await BoxKey.fromBytes(pageKey)).box(pageAad(instance, h), padded)
}
