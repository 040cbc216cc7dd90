import { base64, fromBase64 } from '../seal/bytes';
import { Refused } from '../wire/problem';
import type { Base64 } from '../wire/types';

/** How often work is done for one request: a challenge may age while an old phone computes. */
const WORK_ROUNDS_MAX = 3;

function workOf(error: unknown): { challenge: string; bits: number } | null {
  if (!(error instanceof Refused) || !error.is('work_needed')) return null;
  const { challenge, bits } = error.fields;
  return typeof challenge === 'string' && typeof bits === 'number' ? { challenge, bits } : null;
}

/** Sends what an address that sends much is asked to work for: at first without, then with the work. Throws TooMuchWork, and what `send` throws. */
export async function withWork<Answer>(send: (work?: Base64) => Promise<Answer>): Promise<Answer> {
  let work: Base64 | undefined;
  for (let round = 0; ; round += 1) {
    try {
      return await send(work);
    } catch (error) {
      const needed = workOf(error);
      if (needed === null || round >= WORK_ROUNDS_MAX) throw error;
      const { solveWork } = await import('./work');
      work = base64(await solveWork(fromBase64(needed.challenge), needed.bits));
    }
  }
}
