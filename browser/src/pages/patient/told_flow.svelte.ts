import { hasBegun } from '../../usecases/clock';
import { TruncatedLink, fragmentInPath } from '../../usecases/link';
import { type ToldAppointment, actByMessage, objectByMessage, openMessageLink, readMessageLink, takeMessagesAway } from '../../usecases/message_link';
import { Refused } from '../../wire/problem';
import { type Trouble, troubleOf } from '../parts/attempt';

export type ToldView = 'see' | 'sure';
/** Why nothing is shown. */
export type ToldStop = 'truncated' | 'gone';
export type Objecting = '' | 'stopped' | 'resumed';

/** Once the messages of a cancelled appointment are gone for sure, the mark in the history falls. */
interface Marked {
  leaving?: boolean;
}

/** An appointment as a message's link shows it: confirmed, cancelled, and no more messages. */
export class ToldFlow {
  told = $state.raw<ToldAppointment | null>(null);
  stop = $state<ToldStop | null>(null);
  view = $state<ToldView>('see');
  busy = $state(false);
  trouble = $state<Trouble | null>(null);
  /** Cancelled on this page, a moment ago. */
  justCancelled = $state(false);
  /** The server takes no more acts of this link. */
  full = $state(false);
  /** The link's # had become %23: its secret went to the server with the address. */
  wasInPath = $state(false);
  objecting = $state<Objecting>('');
  objectionTrouble = $state<Trouble | null>(null);

  readonly #instance: string;
  #c: ReturnType<typeof readMessageLink> | null = null;
  #retry: () => Promise<void> = () => this.open();
  #objectAgain = false;

  constructor(instance: string) {
    this.#instance = instance;
  }

  retry = (): Promise<void> => this.#retry();
  retryObjection = (): Promise<void> => this.object(this.#objectAgain);

  /** Whether the link was read: only then can its holder object. */
  get whole(): boolean {
    return this.stop !== 'truncated';
  }

  get live(): boolean {
    const told = this.told;
    return told !== null && (told.status === 'booked' || told.status === 'requested') && !hasBegun(told.start);
  }

  async open(): Promise<void> {
    this.#retry = () => this.open();
    await this.#attempt(async () => {
      this.stop = null;
      this.told = null;
      const lost = fragmentInPath(location.pathname);
      if (lost !== '') {
        this.wasInPath = true;
        history.replaceState(history.state, '', `/${document.documentElement.lang}/t#${lost}`);
      }
      this.#c = readMessageLink(location.hash);
      this.told = await openMessageLink(this.#instance, this.#c);
      if (this.told.status === 'cancelled') await this.#takeAway();
    });
  }

  async act(kind: 'confirm' | 'cancel'): Promise<void> {
    this.#retry = () => this.act(kind);
    await this.#attempt(async () => {
      if (this.#c === null) return;
      // Noted first: a page closed between the two requests would leave a reminder of a time that is no more.
      if (kind === 'cancel') history.replaceState({ leaving: true } satisfies Marked, '');
      this.told = await actByMessage(this.#instance, this.#c, kind);
      this.justCancelled = kind === 'cancel';
      this.view = 'see';
      if (kind === 'cancel') void this.#takeAway();
    });
  }

  /** Wants no more messages, or wants them again. */
  async object(again: boolean): Promise<void> {
    if (this.#c === null || this.busy) return;
    this.#objectAgain = again;
    this.busy = true;
    this.objectionTrouble = null;
    try {
      await objectByMessage(this.#c, again);
      this.objecting = again ? 'resumed' : 'stopped';
    } catch (error) {
      this.objectionTrouble = troubleOf(error);
    } finally {
      this.busy = false;
    }
  }

  /** The messages of what was cancelled here; only here: what the practice cancelled, it announces. */
  async #takeAway(): Promise<void> {
    if (this.#c === null || (history.state as Marked | null)?.leaving !== true) return;
    if (await takeMessagesAway(this.#c)) history.replaceState(null, '');
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.trouble = null;
    try {
      await work();
    } catch (error) {
      if (error instanceof TruncatedLink) this.stop = 'truncated';
      else if (error instanceof Refused && error.is('no_such_appointment')) this.stop = 'gone';
      else if (error instanceof Refused && error.is('too_many_acts')) this.full = true;
      // It is not any more as this page showed it: too late, or changed meanwhile.
      else if (error instanceof Refused && this.told !== null) await this.#readAnew();
      else this.trouble = troubleOf(error);
    } finally {
      this.busy = false;
    }
  }

  async #readAnew(): Promise<void> {
    this.view = 'see';
    try {
      if (this.#c !== null) this.told = await openMessageLink(this.#instance, this.#c);
    } catch (error) {
      if (error instanceof Refused) this.stop = 'gone';
      else this.trouble = troubleOf(error);
    }
  }
}
