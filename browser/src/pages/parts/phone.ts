import { Mistyped, readPhone, showPhone } from '../../usecases/fields';

/** A practice's number as its site gives it, in pairs when it is French. */
export function spokenPhone(given: string): string {
  try {
    return showPhone(readPhone(given));
  } catch (error) {
    if (error instanceof Mistyped) return given;
    throw error;
  }
}
