// SPDX-License-Identifier: AGPL-3.0-or-later
/** The steps of taking a practice up again by its paper root: which one, one's own account, and that it is done. */
import type { Account } from '../../usecases/account/account';
import { NotThatPaper } from '../../usecases/account/paper';
import { AlreadyMember, findByPaper, NotThisRoot, restore, type Found } from '../../usecases/members/restore';
import { WrongPractice } from '../../usecases/trust';
import { Refused } from '../../wire/problem';
import { t } from '../../words/index';
import { Access } from './access.svelte';

export class Restoring extends Access {
  step = $state<'begin' | 'compare' | 'account' | 'second' | 'in'>('begin');
  found = $state.raw<Found | null>(null);
  #name = '';

  find(place: string, paper: string, name: string): Promise<void> {
    return this.attempt(async () => {
      this.found = await findByPaper(place, paper);
      this.#name = name;
      this.step = this.found.unvouched ? 'compare' : 'account';
    });
  }

  /** What the server's chain begins with stands on the sheet too, sign by sign; or it does not, and nothing goes on. */
  compared(same: boolean): void {
    this.step = same ? 'account' : 'begin';
    this.problem = same ? null : t('restore.differs');
  }

  back(): void {
    this.problem = null;
    this.account = null;
    this.step = 'begin';
  }

  protected showSecond(): void {
    this.step = 'second';
  }

  protected own(error: unknown): string | null {
    if (error instanceof NotThatPaper) {
      return error.group === null ? t('restore.paper_wrong') : t('restore.paper_group_wrong', { n: error.group + 1 });
    }
    if (error instanceof AlreadyMember) return t('restore.member');
    if (error instanceof NotThisRoot) return t('restore.other_root');
    if (error instanceof WrongPractice) return t('restore.stranger');
    if (!(error instanceof Refused)) return null;
    if (error.is('already_member')) return t('join.wrong.member');
    return error.is('no_such_practice') ? t('restore.no_practice') : null;
  }

  protected async enter(account: Account): Promise<void> {
    await restore(this.found!, account.user, this.#name);
    this.step = 'in';
  }
}
