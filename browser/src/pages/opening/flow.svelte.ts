// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * The opening of a practice, step by step. What stands on the server stays; what was typed and is no secret stays in the browser; the
 * seed and the root are in memory alone. Whoever comes back opens their account and goes on where the server says they are.
 */
import type { Account } from '../../usecases/account/account';
import { type Begun, type Span, storeRules, unfinished } from '../../usecases/opening/begin';
import { drawRoot, handIn, writePractice, type RootPaper, type Said, type Written } from '../../usecases/opening/found';
import { postDoor, readTemplate, type Opened, type Standing, type Template } from '../../usecases/opening/routes';
import type { OpenDesk } from '../../usecases/desk/unlock';
import { Refused } from '../../wire/problem';
import type DeskPage from '../practice/DeskPage.svelte';
import { inWords } from '../account/said';
import { forgetHere, keepDraft, keptDraft, noteHere, wasHere } from './kept';

export const STEPS = ['account', 'second', 'who', 'root', 'hours', 'door'] as const;
export type Step = (typeof STEPS)[number];

export class Opening {
  step = $state<Step>('account');
  said = $state.raw<Said | null>(null);
  begun = $state.raw<Begun | null>(null);
  template = $state.raw<Template | null>(null);
  /** The types of the template that were kept; all of them where that was in another sitting. */
  chosen = $state.raw<readonly number[] | null>(null);
  standing = $state.raw<Standing | null>(null);
  root = $state.raw<RootPaper>(drawRoot());
  problem = $state<string | null>(null);
  working = $state(false);
  /** The practice was sent and no refusal came back: it may stand, and the sheet on the table is its root. */
  sent = $state(false);
  account: Account | null = null;
  /** Whether this machine is to remember its owner beyond the tab. */
  #remembered = false;
  /** Written once for a root: sent again after a lost answer, or under a corrected name, it is the practice whose fingerprint the sheet bears. */
  #written: Promise<Written> | null = null;

  constructor(readonly instance: string) {}

  /** Somebody was here before: they are asked to open their account, not to make one. */
  readonly known = wasHere();

  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.working) return;
    this.working = true;
    this.problem = null;
    try {
      await work();
    } catch (error) {
      this.problem = inWords(error);
    } finally {
      this.working = false;
    }
  }

  entered(account: Account, remembered: boolean): void {
    this.account = account;
    this.#remembered = remembered;
    this.said = keptDraft(account.id);
    this.newRoot();
    noteHere(remembered);
    void this.goOn();
  }

  /** To the first step that the server does not have yet. */
  async goOn(): Promise<void> {
    await this.#attempt(async () => {
      const { account } = this;
      if (account === null) return;
      if (account.methods < 2) { this.step = 'second'; return; }
      const begun = await unfinished(account);
      if (begun === null) { this.step = 'who'; return; }
      await this.#begin(begun);
    });
  }

  /** The practice stands: whatever is read now, its root is on paper and no other is drawn. */
  async #begin(begun: Begun): Promise<void> {
    this.begun = begun;
    this.standing = begun.standing;
    try {
      this.template = await readTemplate(begun.specialty);
    } catch (error) {
      if (this.step !== 'account') this.step = 'hours';
      throw error;
    }
    this.step = begun.standing.openings > 0 && begun.standing.visit_types > 0 ? 'door' : 'hours';
  }

  /** What was said; the same practice if it was sent already. */
  say(said: Said): void {
    this.said = said;
    if (!this.sent) this.#written &&= this.#written.then((written) => ({ ...written, request: { ...written.request, ...said } }));
    keepDraft(this.account!.id, said, this.#remembered);
    this.step = 'root';
  }

  newRoot(): void {
    if (this.sent) return;
    this.root = drawRoot();
    this.#written = null;
  }

  /** The practice as this sheet's root begins it. */
  written(): Promise<Written> {
    return this.#written ??= writePractice(this.account!, this.said!, this.root);
  }

  /** The root was proved on paper: the practice is handed in, and the root forgotten. */
  async found(): Promise<void> {
    await this.#attempt(async () => {
      if (this.account === null || this.said === null) return;
      const written = await this.written();
      const { practice, slug } = await this.#handIn(written);
      this.root.seed.fill(0);
      this.root = { seed: new Uint8Array(0), groups: [] };
      this.#written = null;
      this.sent = false;
      keepDraft(this.account.id, null, this.#remembered);
      const standing = { slug, openings: 0, visit_types: 0, accepts_bookings: false, listed: false };
      const { name, who } = written.request;
      await this.#begin({ practice, slug, name, specialty: who.specialty, fingerprint: written.roster.fingerprint, standing });
    });
  }

  async #handIn(written: Written): Promise<Opened> {
    this.sent = true;
    try {
      return await handIn(written);
    } catch (error) {
      if (error instanceof Refused) this.sent = false;
      throw error;
    }
  }

  async begin(spans: readonly Span[], types: readonly number[]): Promise<void> {
    await this.#attempt(async () => {
      this.standing = await storeRules(this.begun!.practice, spans, types);
      this.chosen = types;
      this.step = 'door';
    });
  }

  /** The desk of the practice, opened with the account that is open here; null where that failed, which is told. */
  async arrive() {
    let arrived: { Page: typeof DeskPage; first: OpenDesk } | null = null;
    await this.#attempt(async () => {
      const { arrive, DeskPage: Page } = await import('../practice/arrive');
      arrived = { Page, first: await arrive(this.account!, this.begun!) };
    });
    return arrived as { Page: typeof DeskPage; first: OpenDesk } | null;
  }

  async openDoor(): Promise<void> {
    await this.#attempt(async () => {
      this.standing = await postDoor(this.begun!.practice);
      forgetHere();
    });
  }
}
