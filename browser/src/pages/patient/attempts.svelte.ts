import { NoAnswer, NotNow, Refused } from '../../wire/problem';
import { type Trouble, troubleOf } from '../parts/attempt';
import type { Stop } from './booking_state';
import { sealing } from './sealing_later';

/** What goes wrong with a booking: what may be tried again, and what ends it. */
export class Attempts {
  stop = $state<Stop | null>(null);
  trouble = $state<Trouble | null>(null);
  #retry: () => Promise<void> = async () => undefined;

  /** Runs one action; what the person can try again becomes `trouble`, what ends the booking becomes `stop`. */
  attempt = async (action: () => Promise<void>): Promise<void> => {
    this.trouble = null;
    try {
      await action();
    } catch (error) {
      if (await this.stops(error)) return;
      this.trouble = troubleOf(error);
      this.#retry = () => this.attempt(action);
    }
  };

  /** Whether an error ends the booking. */
  async stops(error: unknown): Promise<boolean> {
    if (error instanceof Refused || error instanceof NoAnswer || error instanceof NotNow) return false;
    const { WrongPractice, Unsupported } = await sealing();
    if (error instanceof WrongPractice) this.stop = 'wrong_practice';
    else if (error instanceof Unsupported) this.stop = 'unsupported';
    return this.stop !== null;
  }

  retry = (): Promise<void> => this.#retry();
}
