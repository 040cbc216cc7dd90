import { Altered, SealError } from '../seal/errors';
import { type Bytes, base64, base64url, equal, fromBase64, fromBase64url, idFromUuid, uuidFromId } from '../seal/bytes';
import { FINGERPRINT_BYTES, Roster } from '../seal/roster';
import type { SignedEvent } from '../seal/roster_events';
import { readRoster } from '../wire/patient';
import type { Practice } from '../wire/types';
import { pinOf, pinPractice } from './keep';

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
  const chain = await readChain(practice.practice);
  return orWrong(async () => {
    const pin = pinOf(practice.practice);
    const pinned = pin === null ? null : fromBase64url(pin.fingerprint);
    if (told !== null && pinned !== null && !equal(told, pinned)) throw new Altered('fingerprint');
    const roster = await Roster.verify(chain, told ?? pinned);
    if (!equal(roster.practice, idFromUuid(practice.practice))) throw new Altered('another practice');
    if (practice.fingerprint !== null && !equal(roster.fingerprint, fromBase64(practice.fingerprint))) throw new Altered('fingerprint');
    if (pin !== null) roster.checkExtends(pin.seq, fromBase64(pin.head));
    return { roster, onFirstUse: told === null && pinned === null };
  });
}

/** The chain as it is now, which must extend the one trusted before. Throws WrongPractice, Refused, NoAnswer, NotNow. */
export async function renewTrust(trusted: Trusted): Promise<Trusted> {
  const chain = await readChain(uuidFromId(trusted.roster.practice));
  return orWrong(async () => ({ ...trusted, roster: await trusted.roster.replacedBy(chain) }));
}

/** Remembers the practice in this browser: from now on a later chain must begin with this one. */
export function pin(practice: string, { roster }: Trusted): void {
  pinPractice(practice, { fingerprint: base64url(roster.fingerprint), seq: roster.seq, head: base64(roster.head) });
}

