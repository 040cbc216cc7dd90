// SPDX-License-Identifier: AGPL-3.0-or-later
/** The steps of joining: what the invitation says, one's own account, the code on paper, four words on the telephone. */
import type { Account } from '../../usecases/account/account';
import { answer, isIn, LinkCutShort, readLetter, type Letter } from '../../usecases/members/join';
import { WrongPractice } from '../../usecases/trust';
import { NoAnswer, NotNow, Refused } from '../../wire/problem';
import type { Bytes } from '../../seal/bytes';
import { t } from '../../words/index';
import { Access } from './access.svelte';

export type Step = 'reading' | 'broken' | 'gone' | 'stranger' | 'invited' | 'account' | 'second' | 'words' | 'in';

const LOOK_SECONDS = 4;

export class Joining extends Access {
  step = $state<Step>('reading');
  letter = $state.raw<Letter | null>(null);
  fingerprint = $state.raw<Bytes | null>(null);
  /** Whether they said that they have an account already. */
  known = $state(false);
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(instance: string, readonly fragment: string) {
    super(instance);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  async read(): Promise<void> {
    this.step = 'reading';
    await this.attempt(async () => {
      this.letter = await readLetter(this.fragment);
      this.step = 'invited';
    });
  }

  begin(known: boolean): void {
    this.known = known;
    this.problem = null;
    this.step = 'account';
  }

  back(): void {
    this.problem = null;
    this.account = null;
    this.step = 'invited';
  }

  protected showSecond(): void {
    this.step = 'second';
  }

  /** An invitation that is over, or a link that leads elsewhere, is no trouble to try again: the page says so in place of its step. */
  protected own(error: unknown): string | null {
    const stop = error instanceof LinkCutShort ? 'broken' : error instanceof WrongPractice ? 'stranger'
      : error instanceof Refused && error.is('no_such_invitation') ? 'gone' : null;
    if (stop !== null) {
      this.step = stop;
      return '';
    }
    if (!(error instanceof Refused)) return null;
    if (error.is('already_answered')) return t('join.wrong.answered');
    if (error.is('keys_retired')) return t('join.wrong.retired');
    return error.is('already_member') ? t('join.wrong.member') : null;
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
