import { isOver } from '../../usecases/clock';
import { type OwnHold, holdSlot, leftMilliseconds, letGo, newHoldNames } from '../../usecases/hold';
import { type Kept, forgetAppointment, isKept, keepAppointment } from '../../usecases/keep';
import { type Link, TruncatedLink, readLink } from '../../usecases/link';
import type { ReadyMove } from '../../usecases/move';
import type { OpenedAppointment } from '../../usecases/open_link';
import { Refused } from '../../wire/problem';
import { type Trouble, troubleOf } from '../parts/attempt';
import { practitionerName } from '../parts/names';
import type { Gone } from './flow.svelte';

export type LinkView = 'see' | 'move' | 'move_confirm' | 'cancel';
/** Why nothing is shown. */
export type LinkStop = 'truncated' | 'shared' | 'voided' | 'wrong_practice' | 'altered' | 'unsupported';

const code = () => import('./link_code');

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
  said = $state<'' | 'moved' | 'cancelled' | 'changed'>('');

  #retry: () => Promise<void> = async () => undefined;
  #ready: ReadyMove | null = null;

  retry = (): Promise<void> => this.#retry();

  get past(): boolean {
    const row = this.opened?.view.appointment;
    return row !== undefined && isOver(row.slot.start, row.slot.minutes);
  }

  /** Whether the patient may still move or cancel: the server has the last word. */
  get open(): boolean {
    const status = this.opened?.view.status;
    return !this.past && (status === 'booked' || status === 'requested');
  }

  /** Takes the secret out of the address, where history and sync would keep it, into this tab's own state. */
  #takeLink(): void {
    const state = history.state as { link?: Link; shared?: boolean } | null;
    if (location.hash.length > 1) {
      this.link = readLink(location.hash);
      history.replaceState({ link: this.link }, '', location.pathname);
    } else if (state?.link !== undefined) {
      this.link = state.link;
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
      const { WrongPractice, AlteredAppointment, Unsupported } = await code();
      if (error instanceof WrongPractice) this.stop = 'wrong_practice';
      else if (error instanceof AlteredAppointment) this.stop = 'altered';
      else if (error instanceof Unsupported) this.stop = 'unsupported';
      else if (error instanceof Refused && error.is('no_such_appointment')) this.#voided();
      else {
        this.trouble = troubleOf(error);
        this.#retry = () => this.attempt(action);
      }
    } finally {
      this.busy = false;
    }
  }

  #voided(): void {
    this.stop = 'voided';
  }

  async load(): Promise<void> {
    const { openLink, ready } = await code();
    await ready();
    this.opened = await openLink(this.link!);
    this.kept = isKept(this.link!.cap);
    // What this browser keeps of it follows a move.
    if (this.kept) this.keep();
  }

  keep(): void {
    const { view, confided } = this.opened!;
    const { slot } = view.appointment;
    const entry: Kept = {
      ...this.link!, start: slot.start, minutes: slot.minutes, timezone: view.site.timezone, practice: view.practice.name,
      practitioner: practitionerName(view.practitioner), initial: confided.id.givenName.slice(0, 1).toUpperCase(),
    };
    this.kept = keepAppointment(entry);
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
    } else if (error.is('stale_revision') || error.is('already_used')) {
      await this.#after('changed');
    } else throw error;
  }

  async #after(what: 'moved' | 'cancelled' | 'changed'): Promise<void> {
    this.hold = null;
    this.#ready = null;
    await this.load();
    this.view = 'see';
    this.said = what;
    history.replaceState({ link: this.link, view: 'see' }, '');
  }

  async cancel(): Promise<void> {
    if (this.busy) return;
    await this.attempt(async () => {
      const { cancelAppointment } = await code();
      try {
        await cancelAppointment(this.opened!);
      } catch (error) {
        if (!(error instanceof Refused) || !(error.is('stale_revision') || error.is('illegal_change'))) throw error;
        return this.#after('changed');
      }
      await this.#after('cancelled');
    });
  }

  /** Whether the new time is still held. */
  get held(): boolean {
    return this.hold !== null && leftMilliseconds(this.hold) > 0;
  }
}
