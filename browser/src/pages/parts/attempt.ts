import { TooMuchWork } from '../../usecases/work_limits';
import { NoAnswer, NotNow } from '../../wire/problem';

/** Something that went wrong and may go right when the person says so. */
export interface Trouble {
  kind: 'offline' | 'busy' | 'work' | 'broken';
  /** Seconds to wait, when the server named them. */
  seconds: number | null;
}

/** The trouble an error stands for; an error nobody foresaw is `broken`, and is reported to the console without its data. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof NoAnswer) return { kind: 'offline', seconds: null };
  if (error instanceof NotNow) return { kind: 'busy', seconds: error.retryAfterSeconds };
  if (error instanceof TooMuchWork) return { kind: 'work', seconds: null };
  console.error(error instanceof Error ? error.name : 'Error');
  return { kind: 'broken', seconds: null };
}
