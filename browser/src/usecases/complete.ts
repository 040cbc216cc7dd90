import { readSuggestions } from '../wire/patient';
import { NoAnswer, NotNow, Refused } from '../wire/problem';
import type { Suggestion } from '../wire/types';

/** Shorter texts may mean anything. */
export const TYPED_CHARACTERS_MIN = 2;

/** What a search field may mean. Empty when the server does not say: completion is a help, the form works without. */
export async function suggestionsFor(path: string, typed: string, where: string | undefined, signal: AbortSignal): Promise<Suggestion[]> {
  if (typed.trim().length < TYPED_CHARACTERS_MIN) return [];
  try {
    return await readSuggestions(path, typed.trim(), where, signal);
  } catch (error) {
    if (error instanceof NoAnswer || error instanceof NotNow || error instanceof Refused) return [];
    throw error;
  }
}
