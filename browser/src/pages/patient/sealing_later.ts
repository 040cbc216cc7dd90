import { NoAnswer } from '../../wire/problem';

/** The code that seals: loaded while the person types, the largest part of the program. Throws NoAnswer. */
export async function sealing(): Promise<typeof import('./sealing_code')> {
  try {
    return await import('./sealing_code');
  } catch (error) {
    throw new NoAnswer('The sealing code did not come.', { cause: error });
  }
}
