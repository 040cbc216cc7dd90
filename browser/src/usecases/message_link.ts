/**
 * What the holder of a message does: sees one time and one word, confirms, cancels, wants no more messages. c stays here; what it
 * gives goes out, one token for one deed (spec/rdv1.md, section 4).
 */
import { type Bytes, ID_BYTES, base64, fromBase64, fromBase64url } from '../seal/bytes';
import { fromC, openPage } from '../seal/message_link';
import { type LinkedAppointment, postLinkedAct, postObjection, readLinked } from '../wire/message_link';
import { postDeletions } from '../wire/messages';
import { Refused } from '../wire/problem';
import { TruncatedLink } from './link';

/** c at its full length; what a sentence or a mail program left behind it is none of it. */
const WHOLE = /^#?([A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])/;

export interface ToldAppointment {
  start: string;
  zone: string;
  status: LinkedAppointment['status'];
  confirmed: boolean;
  /** '' where there is none, or none that opens: the time counts without it. */
  word: string;
  /** A letter of the practice waits on the appointment's own page. */
  letter: boolean;
}

/** Reads `#c`. Throws TruncatedLink. */
export function readMessageLink(fragment: string): Bytes {
  const [, text] = WHOLE.exec(fragment) ?? [];
  try {
    const c = fromBase64url(text ?? '');
    if (c.length === ID_BYTES) return c;
  } catch {
    // Said below.
  }
  throw new TruncatedLink();
}

async function told(instance: string, c: Bytes, { start, zone, status, confirmed, page, letter }: LinkedAppointment): Promise<ToldAppointment> {
  let word = '';
  try {
    if (page !== null) word = await openPage(instance, c, fromBase64(page));
  } catch {
    // Altered, or a browser without WebCrypto.
  }
  return { start, zone, status, confirmed, word, letter };
}

/** Throws Refused (no_such_appointment: moved, or never was), NoAnswer, NotNow. */
export async function openMessageLink(instance: string, c: Bytes): Promise<ToldAppointment> {
  return told(instance, c, await readLinked(base64(fromC(c).act)));
}

/** Repeatable. Throws Refused (too_late, illegal_change, too_many_acts, no_such_appointment), NoAnswer, NotNow. */
export async function actByMessage(instance: string, c: Bytes, kind: 'confirm' | 'cancel'): Promise<ToldAppointment> {
  return told(instance, c, await postLinkedAct(base64(fromC(c).act), kind));
}

/** After a cancellation, in a request of its own that names no appointment. False: no answer came, it is to be asked again. */
export async function takeMessagesAway(c: Bytes): Promise<boolean> {
  const { h, del } = fromC(c);
  try {
    await postDeletions([{ h: base64(h), del: base64(del) }]);
    return true;
  } catch (error) {
    return error instanceof Refused;
  }
}

/** Wants no more messages, or wants them again. Throws NoAnswer, NotNow. */
export async function objectByMessage(c: Bytes, again: boolean): Promise<void> {
  await postObjection(base64(fromC(c).stop), again);
}
