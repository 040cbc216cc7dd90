// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * The letter of art. 34, to everybody of whose appointment something left: a message beside those that are planned, then the letter, sealed
 * to the key of that appointment's link. What is to be done is read from what stands: broken off anywhere, whoever goes on writes to those
 * who have no letter yet, and a message that was placed before is known by its id. Who was reached is known here alone; the server keeps counts.
 */
import { base64, equal, fromBase64, idFromUuid } from '../../seal/bytes';
import { PART_BYTES_MAX, letterId, sealLetter, type Letter as SealedText } from '../../seal/letters';
import { patientKeyHash } from '../../seal/keys';
import { carriedLetterId, fromT } from '../../seal/messages';
import type { Replacement } from '../../wire/messages';
import { Refused } from '../../wire/problem';
import type { Base64, Id, Sealed } from '../../wire/types';
import { now } from '../clock';
import { dateAt } from '../desk/days';
import { postMessagesRead, type MessageTold } from '../desk/message_routes';
import type { Identity } from '../desk/model';
import { isSigned, openRows, type OpenedRow } from '../desk/open_records';
import { inPresence } from '../desk/presence';
import { of, post } from '../desk/routes';
import { readAll, send } from '../desk/steer';
import { tellingOf } from '../desk/telling';
import type { OpenDesk } from '../desk/unlock';
import { sealMessages } from '../messages/place';
import { planLetter } from '../messages/plan';
import { PARTS, type Dossier, type Whole } from './incidents';

const ROUNDS_MAX = 4;

export interface Recipients {
  /** Appointments of the scope: in this owner's units, in others', no longer kept. */
  concerned: number;
  elsewhere: number;
  gone: number;
  recipients: { sent: boolean; sealed: Sealed }[];
  more: boolean;
}

export interface Reached {
  waiting: number;
  told: number;
  unreached: number;
}

/** Somebody to be told on paper or by voice, and why. */
export interface Unreached {
  record: Id;
  /** Null: it does not open here. */
  identity: Pick<Identity, 'surname' | 'firstName' | 'birthDate'> | null;
  start: number;
  why: 'no_link' | 'no_message' | 'failed' | 'unreadable';
}

export interface Round extends Pick<Recipients, 'concerned' | 'elsewhere' | 'gone'> {
  unreached: readonly Unreached[];
  /** False: stopped before the end. */
  whole: boolean;
}

const route = (incident: Id, what: string) => `incidents/${incident}/${what}`;
const postRecipients = (practice: Id, incident: Id, ask: { kids: readonly Base64[]; rev?: number; after?: Id }) => inPresence(() => post<Recipients>(of(practice, route(incident, 'recipients')), ask));
const postLetters = (practice: Id, incident: Id, body: { rev: number; letters: { record: Id; pkh: Base64; sealed: Base64; head: Base64; sig: Base64 }[] }) => post<null>(of(practice, route(incident, 'letters')), body);
const postReached = (practice: Id, incident: Id, reached: Reached) => post<Whole>(of(practice, route(incident, 'reached')), reached);

/** Whose letter it is, as far as this desk may know. */
interface Reader {
  row: Sealed;
  identity: Identity | null;
  /** Signed, and its row's key is the one that was signed. */
  sound: boolean;
  sent: boolean;
}

async function readerOf(desk: OpenDesk, { row, record, identity }: OpenedRow, sent: boolean): Promise<Reader> {
  const key = row.patient_pk === undefined ? null : patientKeyHash(fromBase64(row.patient_pk));
  const same = record !== null && (key === null || (record.pkh !== null && equal(key, record.pkh)));
  return { row, identity, sent, sound: same && record !== null && (await isSigned(desk, record)) };
}

type Told = Reader & { identity: Identity; sound: true };
const opens = (one: Reader): one is Told => one.sound && one.identity !== null;

/**
 * The messages of each, and what of them tells of this letter. One that went on with an appointment that was sealed anew no longer says of
 * which incident it is: it tells of every letter that lies there, or will when it goes.
 */
async function toldOf(desk: OpenDesk, incident: Id, some: readonly Told[]): Promise<{ set: number | null; all: readonly MessageTold[]; own: MessageTold[] }[]> {
  if (some.length === 0) return [];
  const { handles } = await postMessagesRead(desk.practice.practice, some.map(({ identity }) => base64(identity.steering.h)));
  return some.map(({ sent, identity: { steering } }, nth) => {
    const { set, messages } = handles[nth]!;
    const { messageKey } = fromT(steering.t);
    const [mid, carried] = [base64(letterId(messageKey, idFromUuid(incident))), base64(carriedLetterId(messageKey))];
    // Planned ones of an earlier set are void.
    const live = messages.filter(({ result, set: of }) => result !== 'planned' || of === set);
    return { set, all: messages, own: live.filter((one) => one.mid === mid || (one.mid === carried && (sent || one.result === 'planned'))) };
  });
}

/** Places the message of those who have none of this letter yet, beside what is planned for them. */
async function placeAll(desk: OpenDesk, incident: Id, some: readonly Told[]): Promise<void> {
  for (let round = 0; ; round += 1) {
    const told = await toldOf(desk, incident, some);
    const replacements: Replacement[] = [];
    for (const [nth, { row, identity: { steering: { t, h } } }] of some.entries()) {
      const { set, all, own } = told[nth]!;
      if (set === null || own.length > 0) continue;
      const { zone } = tellingOf(desk, { agenda: row.slot.agenda, visitType: row.slot.visit_type }, () => []);
      const letter = planLetter({ zone, start: Date.parse(row.slot.start) / 1000 }, now(), letterId(fromT(t).messageKey, idFromUuid(incident)));
      const read = await readAll(desk, { t, h }, all);
      // Those that stand keep their ids: one that has just gone is not sent once more.
      const standing = read.flatMap((one, at) => (one.result === 'planned' && one.set === set ? [{ ...one, mid: fromBase64(all[at]!.mid) }] : []));
      if (letter === null) continue;
      replacements.push({ h: base64(h), write: base64(fromT(t).write), set: set + 1, messages: await sealMessages(desk.instance, h, t, set + 1, [...standing, letter]) });
    }
    if (replacements.length === 0) return;
    try {
      await send(desk, replacements);
      return;
    } catch (error) {
      // Somebody else steered one of them, or took it away, since they were read.
      const changed = error instanceof Refused && (error.is('stale_set') || error.is('no_such_messages'));
      if (!changed || round >= ROUNDS_MAX) throw error;
    }
  }
}

/**
 * The message first, which waits ten minutes, to those of a letter that the server has just judged: broken off between the two, whoever goes
 * on finds no letter and does the rest. Who has the letter and no message of it, since they moved their appointment themselves, gets it anew.
 */
async function writeTo(desk: OpenDesk, dossier: Dossier, text: SealedText, some: readonly Told[]): Promise<void> {
  const linked = some.filter(({ row }) => row.patient_pk !== undefined);
  if (linked.length > 0) await placeAll(desk, dossier.incident, linked);
  const due = linked.filter(({ sent }) => !sent);
  if (due.length === 0) return;
  const { roster } = desk.trusted;
  const letters = await Promise.all(due.map(async ({ row }) => {
    const at = { practice: roster.practice, unit: idFromUuid(row.unit), record: idFromUuid(row.record), incident: idFromUuid(dossier.incident) };
    const { sealed, pkh, head, signature } = await sealLetter(roster, at, fromBase64(row.patient_pk!), text, desk.user.sign);
    return { record: row.record, pkh: base64(pkh), sealed: base64(sealed), head: base64(head), sig: base64(signature) };
  }));
  await postLetters(desk.practice.practice, dossier.incident, { rev: dossier.rev, letters });
}

function whyUnreached({ row }: Told, { own }: { own: readonly MessageTold[] }): Unreached['why'] | null {
  if (row.patient_pk === undefined) return 'no_link';
  if (own.some(({ result }) => result !== 'dropped' && result !== 'undelivered')) return null;
  return own.length > 0 ? 'failed' : 'no_message';
}

/** Whether the letter fits what is sealed: each part so many bytes. */
export const fits = (letter: Dossier['letter']): boolean => PARTS.every((part) => new TextEncoder().encode(letter[part]).length <= PART_BYTES_MAX);

/**
 * One round over everybody whom the incident touches, `write`: who has no letter gets it. `tell` hears how far it is, and answers false to
 * stop. The counts are kept at the end of a whole round. Throws Refused (stale_dossier, letter_lacks, stale_revision: another link was
 * given meanwhile, prove_presence), NoAnswer, NotNow: what was done stands, and the next round goes on from there.
 */
export async function lettersRound(desk: OpenDesk, dossier: Dossier, write: boolean, tell: (done: number, concerned: number) => boolean): Promise<Round> {
  const { practice: { practice } } = desk;
  const text = { ...dossier.letter, day: dateAt(dossier.timezone, now()) };
  const reached: Reached = { waiting: 0, told: 0, unreached: 0 };
  const unreached: Unreached[] = [];
  for (let after: Id | undefined, done = 0; ;) {
    const { recipients, more, ...counts } = await postRecipients(practice, dossier.incident, { kids: desk.kids, ...(write ? { rev: dossier.rev } : {}), ...(after === undefined ? {} : { after }) });
    const opened = await openRows(desk, recipients.map(({ sealed }) => sealed));
    const readers = await Promise.all(opened.map((one, nth) => readerOf(desk, one, recipients[nth]!.sent)));
    const readable = readers.filter(opens);
    if (write) await writeTo(desk, dossier, text, readable);
    const told = await toldOf(desk, dossier.incident, readable);
    for (const one of readers) {
      const { row: { record, slot }, identity } = one;
      const at = opens(one) ? told[readable.indexOf(one)]! : null;
      const why = at === null ? 'unreadable' : whyUnreached(one as Told, at);
      if (why !== null) unreached.push({ record, identity: one.sound ? identity : null, start: Date.parse(slot.start) / 1000, why });
      else if (at!.own.some(({ result }) => result === 'sent' || result === 'delivered')) reached.told += 1;
      else reached.waiting += 1;
    }
    done += recipients.length;
    after = recipients.at(-1)?.sealed.record;
    const goesOn = tell(done, counts.concerned);
    if (!more || after === undefined) {
      reached.unreached = unreached.length;
      await postReached(practice, dossier.incident, reached);
      return { ...counts, unreached, whole: true };
    }
    if (!goesOn) return { ...counts, unreached, whole: false };
  }
}
