// SPDX-License-Identifier: AGPL-3.0-or-later
/** The steps of taking a practice up again by its paper root: which one, one's own access, and that it is done. */
import type { Account } from '../../usecases/account/account';
import { NotThatPaper } from '../../usecases/account/paper';
import { AlreadyMember, findByPaper, NotThisRoot, restore, type Found } from '../../usecases/members/restore';
import { WrongPractice } from '../../usecases/trust';
import { Refused } from '../../wire/problem';
import { t } from '../../words/index';
import { Access, type AccessStepName } from './access.svelte';

export class Restoring extends Access {
  step = $state<'begin' | 'choose' | AccessStepName | 'in'>('begin');
  found = $state.raw<Found | null>(null);
  #name = '';

  show(step: AccessStepName | 'begin'): void {
    this.step = step === 'begin' ? 'choose' : step;
  }

  find(place: string, paper: string, name: string): Promise<void> {
    return this.attempt(async () => {
      this.found = await findByPaper(place, paper);
      this.#name = name;
      this.step = 'choose';
    });
  }

  protected own(error: unknown): string | null {
    if (error instanceof NotThatPaper && this.step === 'begin') {
      return error.group === null ? t('restore.paper_wrong') : t('restore.paper_group_wrong', { n: error.group + 1 });
    }
    if (error instanceof AlreadyMember) return t('restore.member');
    if (error instanceof NotThisRoot) return t('restore.other_root');
    if (error instanceof WrongPractice) return t('join.stranger');
    if (error instanceof Refused && error.is('no_such_practice')) return t('restore.no_practice');
    return null;
  }

  protected async enter(account: Account): Promise<void> {
    await restore(this.found!, account.user, this.#name);
    this.step = 'in';
  }
}
