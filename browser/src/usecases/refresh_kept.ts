import { base64, fromBase64url } from '../seal/bytes';
import { D } from '../seal/conventions';
import { readAppointment } from '../wire/patient';
import { NoAnswer, NotNow, Refused } from '../wire/problem';
import { type Kept, updateKept } from './keep';
import { entryAfter, entryVoid } from './known';

/** Asked at a time: an old phone's connection carries no more. */
const ASKED_AT_ONCE_MAX = 4;
/** Asked in all; the rest says how old it is. */
export const REFRESHED_MAX = 40;

/** The entry as the server has it now. Throws Refused (but for no_such_appointment), NoAnswer, NotNow. */
async function askAnew(kept: Kept): Promise<Kept> {
  try {
    const { status, appointment } = await readAppointment(base64(D(fromBase64url(kept.cap), 'row')));
    return entryAfter(kept, status, appointment);
  } catch (error) {
    if (error instanceof Refused && error.is('no_such_appointment')) return entryVoid(kept);
    throw error;
  }
}

/**
 * Asks anew for each of the first REFRESHED_MAX entries, by its row token, and writes down what is answered; opening an appointment still
 * verifies it. The caps of the entries that were answered; after one that was not, nothing more is asked.
 */
export async function refreshKept(list: Kept[]): Promise<Set<string>> {
  const waiting = list.slice(0, REFRESHED_MAX);
  const answered: Kept[] = [];
  const ask = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        answered.push(await askAnew(next));
      } catch (error) {
        if (!(error instanceof NoAnswer || error instanceof NotNow || error instanceof Refused)) throw error;
        waiting.length = 0;
      }
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE_MAX }, ask));
  updateKept(answered);
  return new Set(answered.map((kept) => kept.cap));
}
