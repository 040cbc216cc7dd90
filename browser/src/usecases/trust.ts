import { Altered, SealError } from '../seal/errors';
import { type Bytes, base64, base64url, equal, fromBase64, fromBase64url, idFromUuid, uuidFromId } from '../seal/bytes';
import { FINGERPRINT_BYTES, Roster } from '../seal/roster';
import type { SignedEvent } from '../seal/roster_events';
import { readRoster } from '../wire/patient';
import type { Practice } from '../wire/types';
import { pinOf, pinPractice, type Pin } from './keep';

/** The practice's keys are not those this browser, or the link, knows. Nothing was sealed or sent; the person is told to stop and call. */
export class WrongPractice extends Error {
  /** The number that the same server names for the practice, to be compared with the one known; '' where none was asked for. */
  phone = '';

  constructor(options?: ErrorOptions) {
    super('The roster is not the one expected.', options);
  }
}

/** A roster that was verified, and how it came to be trusted. */
export interface Trusted {
  roster: Roster;
  /** Nobody vouched for the fingerprint: it was believed because it is the first one seen. */
  onFirstUse: boolean;
}

/** The most events one answer carries: whoever gets so many asks for what follows. */
const EVENTS_PER_ANSWER = 500;

/** The practice's whole chain of signed events, not verified yet. */
export async function readChain(practice: string): Promise<SignedEvent[]> {
  const chain: SignedEvent[] = [];
  for (let more = true; more;) {
    const { events } = await readRoster(practice, chain.length === 0 ? undefined : chain.length);
    chain.push(...events.map(({ event, sig }) => ({ event: fromBase64(event), signature: fromBase64(sig) })));
    more = events.length === EVENTS_PER_ANSWER;
  }
  return chain;
}

/** The fingerprint written in a link's fragment; null where there is none. Throws WrongPractice: a link cut short is no first meeting. */
export function readFingerprint(text: string | null): Bytes | null {
  if (text === null) return null;
  try {
    const bytes = fromBase64url(text);
    if (bytes.length === FINGERPRINT_BYTES) return bytes;
  } catch {
    // Said below.
  }
  throw new WrongPractice();
}

/** Runs a check of the roster; what the sealing ground refuses is, for a patient, a practice that is not the right one. */
async function orWrong<Answer>(check: () => Promise<Answer>): Promise<Answer> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof SealError) throw new WrongPractice({ cause: error });
    throw error;
  }
}

/**
 * Fetches the practice's roster and verifies it: against `told` (the fingerprint in the link by which the person came), else against
 * what this browser pinned, else on first use; in each case it must extend the chain seen before and be of this practice.
 * Throws WrongPractice, Refused, NoAnswer, NotNow.
 */
export async function trustPractice(practice: Pick<Practice, 'practice' | 'slug' | 'fingerprint'>, told: Bytes | null): Promise<Trusted> {
  // Read before the chain: another tab may keep a longer one while this answer is on its way.
  const pin = pinOf(practice.practice);
  const chain = await readChain(practice.practice);
  return orWrong(async () => {
    const pinned = pin === null ? null : fromBase64url(pin.fingerprint);
    if (told !== null && pinned !== null && !equal(told, pinned)) throw new Altered('fingerprint');
    const roster = await Roster.verify(chain, told ?? pinned);
    if (!equal(roster.practice, idFromUuid(practice.practice))) throw new Altered('another practice');
    if (practice.fingerprint !== null && !equal(roster.fingerprint, fromBase64(practice.fingerprint))) throw new Altered('fingerprint');
    if (pin !== null) roster.checkExtends(pin.seq, fromBase64(pin.head));
    return { roster, onFirstUse: told === null && pinned === null };
  });
}

/**
 * The chain as it is now, which must extend the one trusted before, and the one that any tab of this browser has kept.
 * Throws WrongPractice, Refused, NoAnswer, NotNow.
 */
export async function renewTrust(trusted: Trusted): Promise<Trusted> {
  const practice = uuidFromId(trusted.roster.practice);
  const kept = pinOf(practice);
  const chain = await readChain(practice);
  return orWrong(async () => {
    const roster = await trusted.roster.replacedBy(chain);
    if (kept !== null) checkKept(roster, kept);
    return { ...trusted, roster };
  });
}

/** Throws Altered for a chain that is not the kept one, or no longer than it. */
function checkKept(roster: Roster, kept: Pin): void {
  if (base64url(roster.fingerprint) !== kept.fingerprint) throw new Altered('fingerprint');
  roster.checkExtends(kept.seq, fromBase64(kept.head));
}

/**
 * Remembers the practice in this browser: from now on a later chain must begin with this one. What another tab has kept of it meanwhile
 * stays if it is longer, and must lead to this one if it is not: two tabs cannot be shown two branches. Throws WrongPractice.
 */
export function pin(practice: string, { roster }: Trusted): void {
  const kept = pinOf(practice);
  if (kept !== null && kept.fingerprint === base64url(roster.fingerprint) && kept.seq > roster.seq) return;
  try {
    if (kept !== null) checkKept(roster, kept);
  } catch (error) {
    throw new WrongPractice({ cause: error });
  }
  pinPractice(practice, { fingerprint: base64url(roster.fingerprint), seq: roster.seq, head: base64(roster.head) });
}

