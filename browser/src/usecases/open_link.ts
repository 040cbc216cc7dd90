import { type Bytes, base64, equal, fromBase64, fromBase64url, idFromUuid } from '../seal/bytes';
import { Altered, SealError } from '../seal/errors';
import { verifyStanding } from '../seal/act';
import type { Contact, Identity, Reason } from '../seal/groups';
import { type CapKeys, capKeys } from '../seal/keys';
import { type Letter, openLetter } from '../seal/letters';
import { keyring, open } from '../seal/record';
import { type SealedRecord, verifyRevision } from '../seal/revision';
import { readAppointment } from '../wire/patient';
import type { AppointmentView, Id } from '../wire/types';
import { type Confided, readyToSeal, reasonOf, recordOf, slotOf } from './sealing';
import type { Link } from './link';
import type { Secrets } from './messages/place';
import { type Trusted, WrongPractice, trustPractice } from './trust';

/** The appointment is not as its writer signed it. What was read is not shown; the person is told to call the practice. */
export class AlteredAppointment extends Error {}

/** An appointment opened by its link. */
export interface OpenedAppointment {
  link: Link;
  keys: CapKeys;
  rowToken: string;
  trusted: Trusted;
  view: AppointmentView;
  record: SealedRecord;
  confided: Confided;
  /** What the practice wrote about a breach. */
  letters: OpenedLetters;
  /** What its messages are steered and taken away with. */
  secrets: Secrets;
}

async function checkWriter(record: SealedRecord, trusted: Trusted, keys: CapKeys, before: CapKeys | null): Promise<void> {
  if (!equal(record.bookingPk, keys.sign.publicKey)) throw new Altered('booking key');
  // The revision that changes the link is signed by the key before it, which only whoever changed it still knows.
  if (before !== null && record.writer === 'patient') await verifyRevision(record, trusted.roster, before.sign.publicKey);
  else await verifyRevision(record, trusted.roster);
}

async function trustOf(view: AppointmentView, link: Link): Promise<Trusted> {
  try {
    return await trustPractice(view.practice, fromBase64url(link.fingerprint));
  } catch (error) {
    if (error instanceof WrongPractice) error.phone = view.site.phone;
    throw error;
  }
}

/**
 * Opens the appointment a link leads to: fetched by its token, its practice's roster verified against the link's
 * fingerprint, its signature and place checked, its three groups opened.
 * `before` are the keys that this link's first revision replaced. Throws WrongPractice, AlteredAppointment, Refused (no_such_appointment), NoAnswer, NotNow.
 */
export async function openLink(link: Link, before: CapKeys | null = null): Promise<OpenedAppointment> {
  await readyToSeal();
  const keys = await capKeys(fromBase64url(link.cap));
  const rowToken = base64(keys.rowToken);
  const view = await readAppointment(rowToken);
  const trusted = await trustOf(view, link);
  const row = view.appointment;
  try {
    const record = recordOf(trusted.roster.instance, row);
    if (!equal(record.place.practice, trusted.roster.practice)) throw new Altered('practice');
    await checkWriter(record, trusted, keys, before);
    await verifyStanding(record.place, slotOf(row.slot), null, null);
    const { groups } = await open(record, keyring(keys.box, keys.kem));
    const rs = reasonOf(row, groups.rs);
    if (groups.id === null || groups.ct === null || rs === null) throw new Altered('groups');
    const letters = await openLetters(view, trusted, keys);
    return { link, keys, rowToken, trusted, view, record, letters, confided: confidedOf(groups.id, groups.ct, rs), secrets: { t: groups.id.t, c: groups.ct.c } };
  } catch (error) {
    if (error instanceof SealError || error instanceof SyntaxError) throw new AlteredAppointment(undefined, { cause: error });
    throw error;
  }
}

/** Letters that opened, the latest first; `spoilt`: some did not, or nobody of the practice signed them. */
export interface OpenedLetters {
  read: readonly Letter[];
  spoilt: boolean;
}

async function openLetters({ appointment, letters }: AppointmentView, { roster }: Trusted, { kem }: CapKeys): Promise<OpenedLetters> {
  const read: Letter[] = [];
  for (const { incident, sealed, head, signer_kid: signer, sig } of letters) {
    const at = { practice: roster.practice, unit: idFromUuid(appointment.unit), record: idFromUuid(appointment.record), incident: idFromUuid(incident) };
    try {
      read.push(await openLetter(roster, at, kem, { sealed: fromBase64(sealed), head: fromBase64(head), signature: fromBase64(sig) }, fromBase64(signer)));
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
    }
  }
  return { read: read.sort((a, b) => (a.day < b.day ? 1 : -1)), spoilt: read.length < letters.length };
}

/** What was confided, without the secrets that every revision draws anew. */
function confidedOf({ pkh: _pkh, t: _t, h: _h, ...id }: Identity, { c: _c, ...ct }: Contact, rs: Reason): Confided {
  return { id, ct, rs };
}

/** Who reads an appointment beside its patient, as the roster says it. */
export interface Readers {
  members: number;
  /** The groups (1 identity, 2 contact, 4 reason) that each granted program opens. */
  programs: number[];
  /** By which the practice's roster was verified. */
  fingerprint: Bytes;
  /** A notifier is named: it opens the addresses on the day it writes to them. */
  sender: boolean;
}

export function readersOf({ roster }: Trusted, unit: Id): Readers {
  const id = idFromUuid(unit);
  const programs = roster.grantsOf(id).map((grant) => grant.mask);
  return { members: roster.membersOf(id).length, programs, fingerprint: roster.fingerprint, sender: roster.notifierPk !== null };
}
