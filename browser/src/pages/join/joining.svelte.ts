// SPDX-License-Identifier: AGPL-3.0-or-later
/** The steps of joining: what the invitation says, one's own access, the code on paper, four words on the telephone. */
import { makeAccount, newAccountId, newRecoveryCode, openByPassword, type Account } from '../../usecases/account/account';
import { deviceName, rememberThisDevice } from '../../usecases/account/device';
import { NotThatPaper, readPaper, sameGroup, writePaper } from '../../usecases/account/paper';
import { answer, isIn, LinkCutShort, readLetter, type Letter } from '../../usecases/members/join';
import { WrongPractice } from '../../usecases/trust';
import { TooMuchWork } from '../../usecases/work_limits';
import { NoAnswer, NotNow, Refused } from '../../wire/problem';
import { SealError } from '../../seal/errors';
import type { Bytes } from '../../seal/bytes';
import { t, type WordKey } from '../../words/index';

export type Step = 'reading' | 'broken' | 'gone' | 'stranger' | 'invited' | 'make' | 'open' | 'paper' | 'words' | 'in';

const WRONG: Readonly<Record<string, WordKey>> = {
  name_taken: 'join.wrong.name_taken', wrong_log_in: 'join.wrong.log_in', password_closed: 'join.wrong.closed', no_such_code: 'join.code_wrong',
  already_answered: 'join.wrong.answered', already_member: 'join.wrong.member',
};
const LOOK_SECONDS = 4;

export class Joining {
  step = $state<Step>('reading');
  problem = $state<string | null>(null);
  working = $state(false);
  letter = $state.raw<Letter | null>(null);
  /** The groups of the code on paper, and which one is typed back. */
  groups = $state.raw<string[]>([]);
  asked = $state(0);
  fingerprint = $state.raw<Bytes | null>(null);
  /** The account wants its printed code as well: this machine is new to it. */
  wantsCode = $state(false);
  #account: Account | null = null;
  #code: Bytes | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** One id for all tries: a repeated request makes nothing twice. */
  #id = newAccountId();

  constructor(readonly instance: string, readonly fragment: string) {}

  end(): void {
    clearInterval(this.#timer);
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
      else if (error instanceof Refused && error.is('no_such_invitation')) this.step = 'gone';
      else this.problem = this.#say(error);
    }
  }

  #say(error: unknown): string {
    if (error instanceof NoAnswer) return t('trouble.offline');
    if (error instanceof NotNow) return t('trouble.busy');
    if (error instanceof TooMuchWork) return t('join.wrong.work');
    if (error instanceof SealError) return t('join.wrong.log_in');
    if (!(error instanceof Refused)) throw error;
    return t(WRONG[error.name] ?? 'join.wrong.other');
  }

  async #attempt(deed: () => Promise<void>): Promise<void> {
    if (this.working) return;
    this.working = true;
    this.problem = null;
    try {
      await deed();
    } catch (error) {
      if (error instanceof Refused && error.is('new_device')) this.wantsCode = true;
      else if (error instanceof Refused && error.is('no_such_invitation')) this.step = 'gone';
      else if (error instanceof NotThatPaper) this.problem = t('join.code_wrong');
      else this.problem = this.#say(error);
    } finally {
      this.working = false;
    }
  }

  make(name: string, password: string): Promise<void> {
    return this.#attempt(async () => {
      this.#account ??= await makeAccount(this.instance, this.#id, name, password);
      this.#toPaper();
    });
  }

  open(name: string, password: string, typed: string): Promise<void> {
    return this.#attempt(async () => {
      const code = typed.trim() === '' ? null : readPaper('recovery', typed);
      this.#account = await openByPassword(this.instance, name, password, code);
      // An access left half made gets its second way in before it joins anything.
      if (this.#account.methods < 2) this.#toPaper();
      else await this.#answer();
    });
  }

  #toPaper(): void {
    this.#code = newRecoveryCode();
    this.groups = writePaper('recovery', this.#code);
    this.asked = crypto.getRandomValues(new Uint8Array(1))[0]! % this.groups.length;
    this.step = 'paper';
  }

  tried(typed: string): boolean {
    return sameGroup(this.groups[this.asked]!, typed);
  }

  /** The code stands on paper and was typed back in part: it is stored, and the invitation answered. */
  keep(): Promise<void> {
    return this.#attempt(async () => {
      await this.#account!.putCode(this.#code!);
      await this.#answer();
    });
  }

  async #answer(): Promise<void> {
    this.fingerprint = await answer(this.letter!, this.#account!.user);
    this.groups = [];
    this.#code = null;
    this.step = 'words';
    // A machine on which somebody has just proved who they are is known to their account; without, it asks for the code.
    await rememberThisDevice(deviceName()).catch(() => false);
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
