/** What a booking needs of the sealing ground, in one piece that is fetched when a time is held. */
import { base64url } from '../../seal/bytes';
import type { Link } from '../../usecases/link';
import { readyToSeal } from '../../usecases/sealing';
import type { Trusted } from '../../usecases/trust';

export { isBooked, sealBooking, sendBooking, tellingOfBooking, worded } from '../../usecases/book';
export { NoCodeNow, askCode, checkedAmong, drawQuestion, isAsked, shown, toKeep, typeCode } from '../../usecases/check';
export { readersOf } from '../../usecases/open_link';
export { WrongPractice, pin, readFingerprint, trustPractice } from '../../usecases/trust';

/** This browser can neither seal nor open. Nothing was typed or sent; another browser can, or the practice books by phone. */
export class Unsupported extends Error {}

/** Throws Unsupported. */
export async function ready(): Promise<void> {
  try {
    await readyToSeal();
  } catch (error) {
    throw new Unsupported(undefined, { cause: error });
  }
}

export function linkOf({ roster }: Trusted, cap: string): Link {
  return { cap, fingerprint: base64url(roster.fingerprint) };
}
