// SPDX-License-Identifier: AGPL-3.0-or-later
/** An account of one's own, made or opened, with two ways in; then what it was wanted for: joining a practice, or taking one up again. */
import type { Account } from '../../usecases/account/account';
import { inWords } from '../account/said';

export abstract class Access {
  problem = $state<string | null>(null);
  working = $state(false);
  account = $state.raw<Account | null>(null);

  constructor(readonly instance: string) {}

  /** Shows the step in which a second way in is made. */
  protected abstract showSecond(): void;
  /** The account has two ways in: what it was wanted for. */
  protected abstract enter(account: Account): Promise<void>;
  /** What only this page may meet, in words; null for what every account may. */
  protected abstract own(error: unknown): string | null;

  protected async attempt(deed: () => Promise<void>): Promise<void> {
    if (this.working) return;
    this.working = true;
    this.problem = null;
    try {
      await deed();
    } catch (error) {
      this.problem = this.own(error) ?? inWords(error);
    } finally {
      this.working = false;
    }
  }

  entered(account: Account): void {
    this.account = account;
    void this.goOn();
  }

  /** To what is still missing. Asked again after a lost answer, nothing is done twice. */
  async goOn(): Promise<void> {
    await this.attempt(async () => {
      if (this.account === null) return;
      if (this.account.methods < 2) this.showSecond();
      else await this.enter(this.account);
    });
  }
}
