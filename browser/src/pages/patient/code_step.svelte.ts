/** The code that shows that a number is somebody's own: where it goes, what was typed of it, and the signatures it brought. */
import type { Asked, Checked } from '../../usecases/check';
import { addressesOf, mayReach } from '../../usecases/check_address';
import { serverNow } from '../../usecases/clock';
import { type KeptCheck, keepChecks, keptChecks, takeCheck } from '../../usecases/keep';
import { type Typed, readField } from '../../usecases/typed';
import type { Trusted } from '../../usecases/trust';
import type { Address } from '../../seal/phone_check';
import type { AgendaView } from '../../wire/types';
import { sealing } from './sealing_later';

/** A code that did not come is asked for anew after so long. */
const AGAIN_MS = 30_000;
/** The notifier sends no more to one number in a day, and does not say so. */
export const CODES_MAX = 3;
const DIGITS = /^[0-9]{6}$/;

/** What is wrong with a code: not six digits; another than the one that was sent, with so many tries left; of no more use. */
export type Fault = 'short' | { left: number } | 'over';

/** What survives a reload of this tab. */
export interface CodeDraft {
  asked: Asked | null;
  inHand: KeptCheck[];
}

/** The booking that a code is for. */
interface Booking {
  view: AgendaView | null;
  typed: Typed;
  shared: boolean;
  today: () => string;
  trust: () => Promise<Trusted>;
  attempt: (action: () => Promise<void>) => Promise<void>;
  save: () => void;
  /** The number was checked: the booking goes on. */
  checked: () => Promise<void>;
}

export class CodeStep {
  /** The question whose code is awaited. */
  asked = $state.raw<Asked | null>(null);
  /** The field of what is to be corrected. */
  corrected: 'phone' | 'email' = 'phone';
  digits = $state('');
  fault = $state.raw<Fault | null>(null);
  busy = $state<'asking' | 'judging' | null>(null);
  /** No code can be sent now: nobody whom the practice trusts serves here. */
  none = $state(false);
  /** A code went out less than half a minute ago. */
  early = $state(false);
  /** How many codes went to an address from here. */
  codes = $state<Record<string, number>>({});
  /** Asked for and not answered: asked again it is the same question. */
  #pending: Asked | null = null;
  #inHand: KeptCheck[] = [];
  #kept: KeptCheck[] = [];

  constructor(readonly booking: Booking) {}

  get draft(): CodeDraft {
    return { asked: this.asked, inHand: this.#inHand };
  }

  restore({ asked, inHand }: CodeDraft): void {
    this.asked = asked;
    this.#inHand = inHand;
  }

  /** Where a code may go for what was typed, the phone first. */
  get addresses(): Address[] {
    const { view, typed } = this.booking;
    const read = (name: 'phone' | 'email') => readField(name, typed, [], this.booking.today());
    return view === null ? [] : addressesOf(view, { phone: read('phone'), email: read('email') });
  }

  /** Whether a code was sent to what is typed now. */
  get sent(): boolean {
    return this.asked !== null && this.addresses.some(({ address }) => address === this.asked!.address);
  }

  /** A signature for what was typed that this browser has; null for none. */
  async find({ roster }: Trusted): Promise<Checked | null> {
    const { checkedAmong } = await sealing();
    return checkedAmong([...this.#inHand, ...keptChecks()], roster, this.addresses, this.booking.today());
  }

  /** The same, from now on for this booking alone: no other tab uses it. */
  async take(trusted: Trusted): Promise<Checked | null> {
    const { toKeep } = await sealing();
    for (;;) {
      const found = await this.find(trusted);
      if (found === null || this.#inHand.some(({ cap }) => cap === found.cap)) return found;
      if (!takeCheck(found.cap)) continue;
      this.#inHand = [...this.#inHand, toKeep(found)];
      return found;
    }
  }

  /** It was used, or is good for nothing. */
  spend({ cap }: Checked): void {
    this.#inHand = this.#inHand.filter((one) => one.cap !== cap);
  }

  /** Once it is booked: what was taken and not used serves again; on a shared device nothing stays. */
  putBack(): void {
    if (!this.booking.shared) keepChecks(this.#inHand);
    this.#inHand = [];
  }

  /** The device turned out to be shared: what came by this code is not kept on it. */
  keepNothing(): void {
    for (const { cap } of this.#kept) takeCheck(cap);
    this.#kept = [];
  }

  async ask(address: Address): Promise<void> {
    if (this.busy !== null || !mayReach(address, serverNow())) return;
    this.busy = 'asking';
    await this.booking.attempt(() => this.#ask(address));
    this.busy = null;
  }

  async #ask(address: Address): Promise<void> {
    const { NoCodeNow, askCode, drawQuestion } = await sealing();
    const { roster } = await this.booking.trust();
    try {
      if (this.#pending?.address !== address.address) this.#pending = await drawQuestion(roster, address, this.booking.shared);
      await askCode(roster, this.#pending);
    } catch (error) {
      if (!(error instanceof NoCodeNow)) throw error;
      this.none = true;
      return;
    }
    this.none = false;
    this.asked = this.#pending;
    this.#pending = null;
    this.digits = '';
    this.fault = null;
    this.codes[address.address] = (this.codes[address.address] ?? 0) + 1;
    this.early = true;
    setTimeout(() => (this.early = false), AGAIN_MS);
    this.booking.save();
  }

  async type(): Promise<void> {
    if (this.busy !== null || this.asked === null) return;
    const digits = this.digits.replace(/[\s.-]/g, '');
    this.fault = DIGITS.test(digits) ? null : 'short';
    if (this.fault !== null) return;
    this.busy = 'judging';
    await this.booking.attempt(() => this.#type(digits));
    this.busy = null;
  }

  async #type(digits: string): Promise<void> {
    const { toKeep, typeCode } = await sealing();
    const judged = await typeCode((await this.booking.trust()).roster, this.asked!, digits);
    if (judged === 'over' || 'left' in judged) {
      this.fault = judged;
      this.digits = '';
      return;
    }
    const [first, ...rest] = judged.checked.map(toKeep);
    this.#inHand = first === undefined ? [] : [first];
    if (!this.booking.shared) keepChecks((this.#kept = rest));
    this.asked = null;
    this.digits = '';
    this.booking.save();
    await this.booking.checked();
  }
}
