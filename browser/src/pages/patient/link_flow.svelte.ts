import { hasBegun, isOver } from '../../usecases/clock';
import { type OwnHold, holdSlot, leftMilliseconds, letGo, newHoldNames } from '../../usecases/hold';
import type { Claim } from '../../usecases/claim';
import { type Before, type Kept, forgetAppointment, keepAppointment, keptBeginning, keptOf } from '../../usecases/keep';
import { type LastKnown, movedFrom } from '../../usecases/known';
import { type Link, TruncatedLink, fragmentInPath, readLink } from '../../usecases/link';
import type { ReadyMove } from '../../usecases/move';
import type { OpenedAppointment } from '../../usecases/open_link';
import { NoAnswer, Refused } from '../../wire/problem';
import { type Trouble, troubleOf } from '../parts/attempt';
import { keptEntry } from './kept_entry';
import type { Gone } from './booking_state';

export type LinkView = 'see' | 'move' | 'move_confirm' | 'cancel';
export type Said = '' | 'claimed' | 'moved' | 'cancelled' | 'changed' | 'late' | 'ask' | 'full';
/** Why nothing is shown. */
export type LinkStop = 'truncated' | 'shared' | 'voided' | 'used' | 'wrong_practice' | 'altered' | 'unsupported';

/** What the server refuses because the appointment is not as this page shows it, or changes no more from here: it is read again, and this is said. */
const READ_AGAIN: Readonly<Record<string, Said>> = {
  stale_revision: 'changed', already_used: 'changed', illegal_change: 'changed', too_late: 'late', ask_practice: 'ask', too_many_acts: 'full',
};

/** The code that opens and seals, the largest part of the program. */
async function code(): Promise<typeof import('./link_code')> {
  try {
    return await import('./link_code');
  } catch (error) {
    throw new NoAnswer('The sealing code did not come.', { cause: error });
  }
}

/** An appointment seen, moved and cancelled by who holds its link. */
export class LinkFlow {
  link: Link | null = null;
  opened = $state.raw<OpenedAppointment | null>(null);
  stop = $state<LinkStop | null>(null);
  trouble = $state<Trouble | null>(null);
  view = $state<LinkView>('see');
  hold = $state.raw<OwnHold | null>(null);
  gone = $state.raw<Gone | null>(null);
  picking = $state<string | null>(null);
  busy = $state(false);
  kept = $state(false);
  /** What has just been done, said once. */
  said = $state<Said>('');
  /** What this browser keeps of an appointment that does not open. */
  known = $state.raw<Kept | null>(null);
  /** The practice's number as a server names it whose keys are not the right ones. */
  told = $state('');
  /** The link's # had become %23: its secret went to the server with the address. */
  wasInPath = $state(false);
  /** The time it had before somebody else moved it. */
  before = $state.raw<Before | null>(null);
  /** Whether messages go with the new time of what was moved here. */
  tells = $state(false);

  #retry: () => Promise<void> = async () => undefined;
  #ready: ReadyMove | null = null;
  #claim: Claim | null = null;

  retry = (): Promise<void> => this.#retry();

  get past(): boolean {
    const row = this.opened?.view.appointment;
    return row !== undefined && isOver(row.slot.start, row.slot.minutes);
  }

  /** Whether the patient may still move or cancel: the server has the last word. */
  get open(): boolean {
    const status = this.opened?.view.status;
    const begun = this.opened !== null && hasBegun(this.opened.view.appointment.slot.start);
    return !begun && (status === 'booked' || status === 'requested');
  }

  /**
   * Takes the secret out of the address that is shown, into this tab's own state: nobody reads it over a shoulder or copies it
   * by mistake. The browser's own history still has the address that was opened (SECURITY.md).
   */
  #takeLink(): void {
    const state = history.state as { link?: Link; claim?: Claim; shared?: boolean } | null;
    const lost = fragmentInPath(location.pathname);
    const fragment = lost || location.hash;
    if (fragment.length > 1) {
      this.known = keptBeginning(fragment);
      this.wasInPath = lost !== '';
      const own = this.wasInPath ? `/${document.documentElement.lang}/a` : location.pathname;
      history.replaceState(null, '', own);
      this.link = readLink(fragment);
      history.replaceState({ link: this.link }, '', own);
    } else if (state?.link !== undefined) {
      this.link = state.link;
      this.#claim = state.claim ?? null;
    } else if (state?.shared) {
      this.stop = 'shared';
    } else {
      throw new TruncatedLink();
    }
  }

  async start(): Promise<void> {
    addEventListener('popstate', (event) => this.#travel(event.state));
    // The same page with another link typed or pasted into the address.
    addEventListener('hashchange', () => { if (location.hash.length > 1) location.reload(); });
    try {
      this.#takeLink();
    } catch (error) {
      if (!(error instanceof TruncatedLink)) throw error;
      this.stop = 'truncated';
    }
    if (this.link !== null) await this.attempt(() => this.load());
  }

  async attempt(action: () => Promise<void>): Promise<void> {
    this.trouble = null;
    this.busy = true;
    try {
      await action();
    } catch (error) {
      const said = error instanceof Refused ? READ_AGAIN[error.name] : undefined;
      if (said !== undefined) return await this.attempt(() => this.#after(said));
      this.stop = await this.#stopOf(error);
      if (this.stop === null) {
        this.trouble = troubleOf(error);
        this.#retry = () => this.attempt(action);
      }
    } finally {
      this.busy = false;
    }
  }

  async #stopOf(error: unknown): Promise<LinkStop | null> {
    if (error instanceof Refused) return !error.is('no_such_appointment') ? null : this.link!.shown === true ? 'used' : 'voided';
    if (error instanceof NoAnswer) return null;
    const { WrongPractice, AlteredAppointment, Unsupported } = await code();
    if (error instanceof WrongPractice) {
      this.told = error.phone;
      this.known = keptOf(this.link!.cap);
      return 'wrong_practice';
    }
    if (error instanceof AlteredAppointment) return 'altered';
    return error instanceof Unsupported ? 'unsupported' : null;
  }

  async load(): Promise<void> {
    const { openLink, ready, settleLeft } = await code();
    await ready();
    if (this.link!.shown === true) await this.#claimLink();
    const kept = keptOf(this.link!.cap);
    const last = this.#lastKnown() ?? kept;
    this.opened = await openLink(this.link!);
    const { view } = this.opened;
    // What a tab left half done when it closed; nobody waits for it.
    void settleLeft(view.appointment.record, view.appointment.rev, view.status !== 'cancelled' && view.status !== 'refused');
    this.before = (last === null ? null : movedFrom(last, this.opened.view.appointment)) ?? null;
    this.kept = kept !== null;
    // What this browser keeps of it follows a move and a cancellation.
    if (this.kept) this.keep();
  }

  /** What this page shows of it until it is read again. */
  #lastKnown(): LastKnown | null {
    if (this.opened === null) return null;
    const { rev, slot } = this.opened.view.appointment;
    return { rev, start: slot.start, before: this.before ?? undefined };
  }

  /** The desk made this secret and showed it: one of this browser's own takes its place, and this browser keeps it. */
  async #claimLink(): Promise<void> {
    const { carryThrough, isClaimable, newClaim, openLink } = await code();
    if (this.#claim === null) {
      // What is over, or was cancelled, stays readable by the code.
      if (!isClaimable(await openLink(this.link!))) return;
      this.#claim = newClaim(this.link!);
      history.replaceState({ link: this.link, claim: this.#claim }, '');
    }
    this.opened = await carryThrough(this.#claim);
    this.link = this.#claim.own;
    this.#claim = null;
    history.replaceState({ link: this.link }, '');
    this.keep();
    this.said = 'claimed';
  }

  keep(): void {
    this.kept = keepAppointment(keptEntry(this.link!, this.opened!.view, this.opened!.confided, this.before ?? undefined));
  }

  forget(): void {
    forgetAppointment(this.link!.cap);
    this.kept = false;
  }

  go(view: LinkView): void {
    this.view = view;
    this.said = '';
    this.trouble = null;
    history.pushState({ link: this.link, view }, '');
  }

  back(): void {
    history.back();
  }

  #travel(state: unknown): void {
    const view = (state as { view?: LinkView } | null)?.view ?? 'see';
    if (view !== 'move_confirm' && this.hold !== null) this.#release();
    this.view = view === 'move_confirm' && this.hold === null ? 'move' : view;
    this.trouble = null;
  }

  #release(): void {
    void letGo(this.hold!);
    this.hold = null;
    this.#ready = null;
  }

  /** Holds the new time; the old one stands meanwhile. */
  async pick(start: string): Promise<void> {
    if (this.picking !== null) return;
    this.picking = start;
    await this.attempt(() => this.#take(start));
    this.picking = null;
  }

  async #take(start: string): Promise<void> {
    const { view, rowToken } = this.opened!;
    const { practice, record, slot } = view.appointment;
    try {
      const { token } = newHoldNames();
      this.hold = await holdSlot({ practice, record, token, agenda: slot.agenda, visitType: slot.visit_type, start, rowToken });
    } catch (error) {
      if (!(error instanceof Refused) || !(error.is('slot_taken') || error.is('not_offered'))) throw error;
      this.gone = { reason: error.is('slot_taken') ? 'taken' : 'not_offered', wanted: start, alternatives: error.alternatives };
      if (this.view !== 'move') this.go('move');
      return;
    }
    this.gone = null;
    this.#ready = null;
    this.go('move_confirm');
  }

  async move(): Promise<void> {
    if (this.busy) return;
    await this.attempt(async () => {
      const { sealMove, sendMove, ready } = await code();
      await ready();
      const [opened, hold] = [this.opened!, this.hold!];
      this.#ready ??= await sealMove(opened, opened.trusted, hold);
      try {
        await sendMove(opened, hold, this.#ready, (sent) => (this.#ready = sent));
        this.tells = this.#ready.planned !== null && this.#ready.planned.length > 0;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return this.#notMoved(error, hold);
      }
      await this.#after('moved');
    });
  }

  async #notMoved(error: Refused, hold: OwnHold): Promise<void> {
    if (error.is('hold_expired') || error.is('slot_taken')) {
      this.gone = { reason: 'expired', wanted: hold.start, alternatives: error.alternatives };
      this.hold = null;
      this.#ready = null;
      this.go('move');
    } else throw error;
  }

  async #after(what: Said): Promise<void> {
    if (this.hold !== null && what !== 'moved') void letGo(this.hold);
    this.hold = null;
    this.#ready = null;
    await this.load();
    if (what === 'moved') this.#movedHere();
    this.view = 'see';
    this.said = what;
    history.replaceState({ link: this.link, view: 'see' }, '');
  }

  /** Whoever moves it knows where it was. */
  #movedHere(): void {
    this.before = null;
    if (this.kept) this.keep();
  }

  async cancel(): Promise<void> {
    if (this.busy) return;
    await this.attempt(async () => {
      const { cancelAppointment } = await code();
      await cancelAppointment(this.opened!);
      await this.#after('cancelled');
    });
  }

  /** Whether the new time is still held. */
  get held(): boolean {
    return this.hold !== null && leftMilliseconds(this.hold) > 0;
  }
}
