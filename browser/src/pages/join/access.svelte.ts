// SPDX-License-Identifier: AGPL-3.0-or-later
/** The steps in which somebody gets, or opens, an access of their own before they enter a practice by whatever way. */
import { makeAccount, newAccountId, newRecoveryCode, openByPassword, type Account } from '../../usecases/account/account';
import { NotThatPaper, readPaper, sameGroup, writePaper } from '../../usecases/account/paper';
import { TooMuchWork } from '../../usecases/work_limits';
import { NoAnswer, NotNow, Refused } from '../../wire/problem';
import { SealError } from '../../seal/errors';
import type { Bytes } from '../../seal/bytes';
import { t, type WordKey } from '../../words/index';

export type AccessStepName = 'make' | 'open' | 'paper';

const WRONG: Readonly<Record<string, WordKey>> = {
  name_taken: 'join.wrong.name_taken', wrong_log_in: 'join.wrong.log_in', password_closed: 'join.wrong.closed', no_such_code: 'join.code_wrong',
  already_answered: 'join.wrong.answered', already_member: 'join.wrong.member',
  keys_retired: 'join.wrong.retired',
};

export abstract class Access {
  problem = $state<string | null>(null);
  working = $state(false);
  /** The groups of the code on paper, and which one is typed back. */
  groups = $state.raw<string[]>([]);
  asked = $state(0);
  /** The account wants its printed code as well: this machine is new to it. */
  wantsCode = $state(false);
  protected account: Account | null = null;
  #code: Bytes | null = null;
  /** The access made here: one that was opened before is another, and is left as it was. */
  #made: Account | null = null;
  /** One id for all tries: a repeated request makes nothing twice. */
  #id = newAccountId();

  constructor(readonly instance: string) {}

  /** Shows a step of the access, or where it began. */
  abstract show(step: AccessStepName | 'begin'): void;
  /** The access is there, with two ways in: what it was wanted for. */
  protected abstract enter(account: Account): Promise<void>;
  /** What only this way in may throw, in words; null for what it does not know. */
  protected abstract own(error: unknown): string | null;

  protected say(error: unknown): string {
    const own = this.own(error);
    if (own !== null) return own;
    if (error instanceof NoAnswer) return t('trouble.offline');
    if (error instanceof NotNow) return t('trouble.busy');
    if (error instanceof TooMuchWork) return t('join.wrong.work');
    if (error instanceof NotThatPaper) return t('join.code_wrong');
    if (error instanceof SealError) return t('join.wrong.log_in');
    if (!(error instanceof Refused)) throw error;
    return t(WRONG[error.name] ?? 'join.wrong.other');
  }

  protected async attempt(deed: () => Promise<void>): Promise<void> {
    if (this.working) return;
    this.working = true;
    this.problem = null;
    try {
      await deed();
    } catch (error) {
      if (error instanceof Refused && error.is('new_device')) this.wantsCode = true;
      else this.problem = this.say(error);
    } finally {
      this.working = false;
    }
  }

  make(name: string, password: string): Promise<void> {
    return this.attempt(async () => {
      this.account = this.#made ??= await makeAccount(this.instance, this.#id, name, password);
      this.#toPaper();
    });
  }

  open(name: string, password: string, typed: string): Promise<void> {
    return this.attempt(async () => {
      const code = typed.trim() === '' ? null : readPaper('recovery', typed);
      this.account = await openByPassword(this.instance, name, password, code);
      // An access left half made gets its second way in before it joins anything.
      if (this.account.methods < 2) this.#toPaper();
      else await this.#entered();
    });
  }

  #toPaper(): void {
    this.#code = newRecoveryCode();
    this.groups = writePaper('recovery', this.#code);
    this.asked = crypto.getRandomValues(new Uint8Array(1))[0]! % this.groups.length;
    this.show('paper');
  }

  tried(typed: string): boolean {
    return sameGroup(this.groups[this.asked]!, typed);
  }

  /** The code stands on paper and was typed back in part: it is stored, and one enters. */
  keep(): Promise<void> {
    return this.attempt(async () => {
      await this.account!.putCode(this.#code!);
      await this.#entered();
    });
  }

  async #entered(): Promise<void> {
    await this.enter(this.account!);
    this.groups = [];
    this.#code = null;
    // A machine on which somebody has just proved who they are is known to their account; without, it asks for the code.
    await this.account!.rememberMachine();
  }
}
