// SPDX-License-Identifier: AGPL-3.0-or-later
/** The steps of joining: what the invitation says, one's own access, the code on paper, four words on the telephone. */
import type { Account } from '../../usecases/account/account';
import { answer, isIn, LinkCutShort, readLetter, type Letter } from '../../usecases/members/join';
import { WrongPractice } from '../../usecases/trust';
import { NoAnswer, NotNow, Refused } from '../../wire/problem';
import type { Bytes } from '../../seal/bytes';
import { Access, type AccessStepName } from './access.svelte';

export type Step = 'reading' | 'broken' | 'gone' | 'stranger' | 'invited' | AccessStepName | 'words' | 'in';

const LOOK_SECONDS = 4;

export class Joining extends Access {
  step = $state<Step>('reading');
  letter = $state.raw<Letter | null>(null);
  fingerprint = $state.raw<Bytes | null>(null);
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(instance: string, readonly fragment: string) {
    super(instance);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  show(step: AccessStepName | 'begin'): void {
    this.step = step === 'begin' ? 'invited' : step;
  }

  async read(): Promise<void> {
    this.step = 'reading';
    this.problem = null;
    try {
      this.letter = await readLetter(this.fragment);
      this.step = 'invited';
    } catch (error) {
      if (error instanceof LinkCutShort) this.step = 'broken';
      else if (error instanceof WrongPractice) this.step = 'stranger';
      else this.problem = this.say(error);
    }
  }

  /** An invitation that is over is no trouble to try again: the page says so in place of its step. */
  protected own(error: unknown): string | null {
    if (!(error instanceof Refused) || !error.is('no_such_invitation')) return null;
    this.step = 'gone';
    return '';
  }

  protected async enter(account: Account): Promise<void> {
    this.fingerprint = await answer(this.letter!, account.user);
    this.step = 'words';
    this.#timer = setInterval(() => void this.#look(), LOOK_SECONDS * 1000);
  }

  async #look(): Promise<void> {
    try {
      if (!(await isIn(this.letter!.shown.practice))) return;
      this.end();
      this.step = 'in';
    } catch (error) {
      // The next look finds out; the words stand meanwhile.
      if (!(error instanceof Refused || error instanceof NoAnswer || error instanceof NotNow)) throw error;
    }
  }
}
