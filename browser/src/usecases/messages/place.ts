// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Seals an appointment's capsule and messages, where its revision is sealed. The server stores what it cannot read; the notifier that the
 * practice's roster names opens them when their day has come. Where the roster names none, or nothing is published for that day, or
 * what is published is not signed by the one that is named, nothing is placed: the appointment stands, and whoever made it is told that
 * no reminder comes. Source: spec/rdv1.md section 4.
 */
import { type Bytes, ID_BYTES, base64, fromBase64, random } from '../../seal/bytes';
import { sha256 } from '../../seal/conventions';
import { SealError } from '../../seal/errors';
import type { Contact, Wording } from '../../seal/groups';
import { fromC } from '../../seal/message_link';
import { type Capsule, dayKey, fromT, reminderId, sealCapsule, sealMessage, sealPage } from '../../seal/messages';
import type { PublicKey } from '../../seal/primitives';
import type { Roster } from '../../seal/roster';
import { readDayKey } from '../../wire/messages';
import { Refused } from '../../wire/problem';
import type { Booking, LocalDate, Message, Site } from '../../wire/types';
import { type PlannedMessage, type Reminds, type Visit, keyDayOf } from './plan';
import { asWord, wordOf } from './word';

/** The first set of a capsule's messages. */
const FIRST_SET = 1;

/** What the messages of an appointment depend on beside what is sealed in it. */
export interface Telling {
  /** The site's, an IANA name. */
  zone: string;
  /** Said where the contact says no other word: the site's, by default its town. */
  word: string;
  /** Of a type of visit about which no message is sent. */
  silent: boolean;
  reminds: Reminds;
  plan: (visit: Visit, now: number) => PlannedMessage[];
}

/** The same of an appointment at this site. */
export function tellingAt(site: Pick<Site, 'timezone' | 'town' | 'word' | 'reminds_week' | 'reminds_eve'>, silent: boolean, plan: Telling['plan']): Telling {
  return { zone: site.timezone, word: wordOf(site), silent, reminds: { week: site.reminds_week, eve: site.reminds_eve }, plan };
}

/** What travels beside a revision; nothing where no message comes. */
export type PlacedBytes = Pick<Booking, 'page' | 'capsule' | 'messages'>;

export interface Placed {
  bytes: PlacedBytes;
  /** What will be sent as far as there is an address for it; null where nothing was placed. */
  planned: readonly PlannedMessage[] | null;
}

const NOTHING: Placed = { bytes: {}, planned: null };

/** The key that a capsule of this day is sealed to; null where nobody vouched for one. Throws NoAnswer, NotNow. */
async function keyOf({ notifierPk, instance }: Roster, day: LocalDate): Promise<PublicKey | null> {
  if (notifierPk === null) return null;
  try {
    const told = await readDayKey(day);
    return told === undefined ? null : await dayKey(notifierPk, instance, day, fromBase64(told.pk), fromBase64(told.sig));
  } catch (error) {
    if (error instanceof SealError || (error instanceof Refused && error.is('no_day_key'))) return null;
    throw error;
  }
}

/** One set of messages under the key that t gives. A reminder has the same id in every set; a notice may have to be told again. */
export async function sealMessages(instance: string, h: Bytes, t: Bytes, set: number, planned: readonly PlannedMessage[]): Promise<Message[]> {
  const { messageKey } = fromT(t);
  return await Promise.all(planned.map(async ({ sendDay, message, mid: own }) => {
    const mid = own ?? (message.kind === 'reminder' ? reminderId(messageKey, sendDay) : random(ID_BYTES));
    const bytes = await sealMessage({ instance, h, mid, sendDay, set }, messageKey, message);
    return { mid: base64(mid), send_day: sendDay, bytes: base64(bytes) };
  }));
}

export interface Secrets {
  t: Bytes;
  c: Bytes;
}

/** How an appointment's messages are worded, said or not. */
export function wordingOf(contact: Pick<Contact, 'messages'>, telling: Pick<Telling, 'word'>): Wording {
  return contact.messages ?? { language: 'fr', word: asWord(telling.word) };
}

/**
 * Seals the messages of one revision: `start` is its appointment's, in UTC seconds, `t` and `c` are drawn for it. An appointment without an
 * address gets them too: the rows look like everybody's. Throws NoAnswer, NotNow: without an answer nobody knows whether there is a key.
 */
export async function placeMessages(roster: Roster, start: number, { t, c }: Secrets, contact: Pick<Contact, 'phone' | 'email' | 'messages'>, telling: Telling, now: number): Promise<Placed> {
  if (telling.silent) return NOTHING;
  const visit = { start, zone: telling.zone, silent: false, reminds: telling.reminds };
  const keyDay = keyDayOf(visit);
  const to = await keyOf(roster, keyDay);
  if (to === null) return NOTHING;
  const { h, del } = fromC(c);
  const { write, messageKey } = fromT(t);
  const wording = wordingOf(contact, telling);
  const inside: Capsule = { ...wording, sms: contact.phone, mail: contact.email, c, messageKey };
  const planned = telling.plan(visit, now);
  const [page, capsule, messages] = await Promise.all([
    sealPage(roster.instance, c, wording.word), sealCapsule(roster.instance, keyDay, to, inside), sealMessages(roster.instance, h, t, FIRST_SET, planned),
  ]);
  const bytes = {
    page: base64(page), messages,
    capsule: { h: base64(h), key_day: keyDay, capsule: base64(capsule), del_hash: base64(sha256(del)), write_hash: base64(sha256(write)) },
  };
  return { bytes, planned };
}
