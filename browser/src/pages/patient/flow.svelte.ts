import { serverNow } from '../../usecases/clock';
import { type OwnHold, HOLD_WARNING_MINUTES, keepLonger, leftMilliseconds, letGo, newHoldNames } from '../../usecases/hold';
import { draftOf, keepAppointment } from '../../usecases/keep';
import { dropHeld, holdHere, keepHeld } from '../../usecases/own_hold';
import { freeAround, openAgenda } from '../../usecases/offer';
import { type Typed, confidedFrom, nothingTyped } from '../../usecases/typed';
import type { ReadyBooking } from '../../usecases/book';
import type { Checked } from '../../usecases/check';
import type { Confided } from '../../usecases/sealing';
import type { Trusted } from '../../usecases/trust';
import type { Link } from '../../usecases/link';
import type { Readers } from '../../usecases/open_link';
import { Refused } from '../../wire/problem';
import type { AgendaView, Booked, VisitType } from '../../wire/types';
import { language } from '../../words/index';
import { localDate } from '../../words/when';
import { Attempts } from './attempts.svelte';
import { type Done, type Draft, type Gone, type Step, isHeldStep } from './booking_state';
import { CodeStep } from './code_step.svelte';
import { keptEntry } from './kept_entry';
import { sealing } from './sealing_later';

/** Time, who it is for, a look at all of it; where a number is checked, a code. */
const STEPS = 3;
/** How often the hold's remaining time is looked at, in milliseconds. */
const LOOK_MS = 5000;

export class BookingFlow extends Attempts {
  view = $state.raw<AgendaView | null>(null);
  step = $state<Step>('type');
  gone = $state.raw<Gone | null>(null);
  visitType = $state<VisitType | null>(null);
  hold = $state.raw<OwnHold | null>(null);
  leftMinutes = $state(0);
  /** none: nothing held; ending: at most two minutes; expired: the time went. */
  holdState = $state<'none' | 'kept' | 'ending' | 'expired'>('none');
  picking = $state<string | null>(null);
  sending = $state(false);
  typed = $state<Typed>(nothingTyped());
  shared = $state(false);
  /** Who will read it, once the practice's roster is verified. */
  readers = $state.raw<Readers | null>(null);
  /** Nobody vouched for the practice's key: it is the one the site named. */
  firstUse = $state(false);
  done = $state.raw<Done | null>(null);
  /** The same record was booked before what was changed since: its page shows how. */
  bookedBefore = $state.raw<Link | null>(null);
  /** A code is to be typed before it is booked, as far as is known. */
  codeAhead = $state(false);
  readonly code: CodeStep = new CodeStep(this);

  #cap = '';
  #trusted: Trusted | null = null;
  #ready: { booking: ReadyBooking; of: string } | null = null;
  #unanswered: Link | null = null;
  #told: string | null = null;

  get zone(): string {
    return this.view?.site.timezone ?? 'UTC';
  }

  /** Whether a practice's link brought its key: one letter of it may have changed on the way. */
  get byLink(): boolean {
    return this.#told !== null;
  }

  /** What is asked for here, the practice answers later: no code is asked for then. */
  get onRequest(): boolean {
    return this.visitType?.accepted === 'on_request';
  }

  /** How many steps there are at most. */
  get steps(): number {
    return this.view?.check === 'none' || this.onRequest ? STEPS : STEPS + 1;
  }

  /** Whether somebody who books is told of it at once, if they like. */
  get confirms(): boolean {
    return this.readers?.sender === true && this.view?.site.confirms === true && this.visitType?.silent === false && this.visitType.accepted === 'at_once';
  }

  /** Visit types that somebody who comes from the public page may book here. */
  get offered(): VisitType[] {
    return this.view?.visit_types.filter((type) => type.who !== 'staff') ?? [];
  }

  today(): string {
    return localDate(new Date(serverNow()), this.zone);
  }

  /** Reads the address, then the agenda; goes as far as the address, or what this tab remembers, allows. */
  async open(): Promise<void> {
    const query = new URLSearchParams(location.search);
    const agenda = query.get('agenda') ?? '';
    this.#told = location.hash.startsWith('#k') ? location.hash.replace(/^#k=?/, '') : null;
    await this.attempt(async () => {
      this.view = await openAgenda(agenda);
      const offered = this.offered.filter((type) => type.who === 'anyone');
      this.visitType = offered.find((type) => type.visit_type === query.get('visit_type')) ?? (offered.length === 1 ? offered[0]! : null);
      if (this.offered.length === 0) this.stop = 'no_agenda';
      else if (!this.#restore(query.get('start'))) await this.#begin(query.get('start'));
    });
    addEventListener('popstate', (event) => this.#travel(event.state));
    setInterval(() => this.look(), LOOK_MS);
    document.addEventListener('visibilitychange', () => this.look());
  }

  /** Takes up what this tab held before a reload, when the address still means the same time. */
  #restore(start: string | null): boolean {
    const draft = draftOf<Draft>();
    if (draft === null || draft.agenda !== this.view?.agenda || draft.visitType !== this.visitType?.visit_type) return false;
    this.typed = { ...nothingTyped(), ...draft.typed };
    this.#cap = draft.cap;
    this.#unanswered = draft.unanswered;
    this.code.restore(draft.code);
    if (draft.hold.start !== start) return false;
    this.hold = draft.hold;
    this.look();
    this.save();
    const step = (history.state as { step?: Step } | null)?.step;
    this.step = step === undefined || step === 'done' ? 'you' : step;
    history.replaceState({ step: this.step }, '');
    void this.#warm();
    if (this.step === 'review') void this.#lookAhead();
    return true;
  }

  async #begin(start: string | null): Promise<void> {
    this.step = this.visitType === null ? 'type' : 'time';
    history.replaceState({ step: this.step }, '');
    if (this.visitType !== null && start !== null && Number.isFinite(Date.parse(start))) await this.pick(start);
  }

  #travel(state: unknown): void {
    if (this.done !== null) return;
    const step = (state as { step?: Step } | null)?.step ?? (this.visitType === null ? 'type' : 'time');
    this.step = isHeldStep(step) && this.hold === null ? 'time' : step;
    this.trouble = null;
  }

  go(step: Step): void {
    this.step = step;
    this.trouble = null;
    history.pushState({ step }, '');
  }

  chooseType(type: VisitType): void {
    if (this.hold !== null && this.hold.visitType !== type.visit_type) this.#release();
    this.visitType = type;
    this.gone = null;
    this.go('time');
  }

  #release(): void {
    if (this.hold !== null) void letGo(this.hold);
    this.hold = null;
    this.holdState = 'none';
    this.#cap = '';
    this.#ready = null;
    dropHeld();
  }

  /** Holds a time and goes on to the person's own page. A time chosen again is the one held already. */
  async pick(start: string): Promise<void> {
    if (this.picking !== null || this.view === null || this.visitType === null) return;
    if (this.hold?.start === start && this.holdState !== 'expired' && this.holdState !== 'none') {
      this.go('you');
      return;
    }
    this.picking = start;
    await this.attempt(() => this.#take(start));
    this.picking = null;
  }

  /** Asks what became of a booking that was sent and not answered, before another time is taken: nobody books twice unawares. */
  async #settle(): Promise<void> {
    if (this.#unanswered === null) return;
    const { isBooked } = await sealing();
    // Without its hold, a booking that is still on its way comes to nothing.
    if (this.hold !== null) await letGo(this.hold);
    if (await isBooked(this.#unanswered.cap)) {
      this.bookedBefore = this.#unanswered;
      dropHeld();
    } else if (this.hold !== null) {
      this.hold = { ...this.hold, expiresAt: new Date(serverNow()).toISOString() };
      this.holdState = 'expired';
    }
    this.#unanswered = null;
  }

  async #take(start: string): Promise<void> {
    await this.#settle();
    if (this.bookedBefore !== null) return;
    const before = this.hold;
    const { practice: { practice }, agenda } = this.view!;
    const { cap, ...names } = newHoldNames();
    try {
      this.hold = await holdHere({ practice, ...names, agenda, visitType: this.visitType!.visit_type, start });
    } catch (error) {
      if (!(error instanceof Refused) || !(error.is('slot_taken') || error.is('not_offered'))) throw error;
      this.gone = { reason: error.is('slot_taken') ? 'taken' : 'not_offered', wanted: start, alternatives: error.alternatives };
      if (this.step !== 'time') this.go('time');
      return;
    }
    // The new time is ours before the old one is let go.
    if (before !== null) void letGo(before);
    this.gone = null;
    this.#ready = null;
    this.#cap = cap;
    this.holdState = 'none';
    this.look();
    this.save();
    this.go('you');
    const address = new URL(location.href);
    address.searchParams.set('visit_type', this.visitType!.visit_type);
    address.searchParams.set('start', this.hold.start);
    history.replaceState({ step: 'you' }, '', address);
    void this.#warm();
  }

  /** Loads the sealing code and verifies the practice before anything personal is typed. */
  async #warm(): Promise<void> {
    try {
      await this.trust();
    } catch (error) {
      // Only what ends the booking is said now; a network that is away is met again when it matters.
      await this.stops(error);
    }
  }

  async trust(): Promise<Trusted> {
    const code = await sealing();
    await code.ready();
    this.#trusted ??= await code.trustPractice(this.view!.practice, code.readFingerprint(this.#told));
    this.firstUse = this.#trusted.onFirstUse;
    this.readers = code.readersOf(this.#trusted, this.view!.unit);
    return this.#trusted;
  }

  /** Looks at the clock: how long the time is still held. What the server called ended stays so, whatever this clock says. */
  look(): void {
    if (this.hold === null || this.done !== null) return;
    const left = leftMilliseconds(this.hold);
    this.leftMinutes = Math.max(1, Math.ceil((left - LOOK_MS) / 60_000));
    if (left > 0 && this.holdState !== 'expired') this.holdState = left <= HOLD_WARNING_MINUTES * 60_000 ? 'ending' : 'kept';
    else if (this.holdState !== 'expired' || this.#aroundUnknown) void this.#expired([]);
  }

  async longer(): Promise<void> {
    await this.attempt(async () => {
      try {
        this.hold = await keepLonger(this.hold!);
        this.look();
        this.save();
      } catch (error) {
        if (error instanceof Refused && error.is('hold_expired')) await this.#expired(error.alternatives);
        else if (error instanceof Refused && error.is('no_more_extensions')) this.hold = { ...this.hold!, extensionsLeft: 0 };
        else throw error;
      }
    });
  }

  #aroundUnknown = false;
  /** The time is ours no more: says what is free around it; without an answer the next look asks again. What was typed stays. */
  async #expired(alternatives: string[]): Promise<void> {
    this.holdState = 'expired';
    const wanted = this.hold!.start;
    this.gone = { reason: 'expired', wanted, alternatives };
    this.#aroundUnknown = false;
    if (alternatives.length > 0) return;
    try {
      const day = localDate(new Date(wanted), this.zone);
      const free = await freeAround(this.view!.agenda, this.visitType!.visit_type, day, wanted);
      if (this.hold?.start === wanted && this.holdState === 'expired' && this.gone?.alternatives.length === 0) this.gone = { reason: 'expired', wanted, alternatives: free };
    } catch { this.#aroundUnknown = true; }
  }

  /** Writes what this tab remembers; on a shared computer, wipes it. */
  save(): void {
    if (this.shared) this.code.keepNothing();
    if (this.shared || this.hold === null) return dropHeld();
    const draft: Draft = {
      agenda: this.view!.agenda, visitType: this.hold.visitType, hold: this.hold, cap: this.#cap,
      typed: $state.snapshot(this.typed), unanswered: this.#unanswered, code: this.code.draft,
    };
    keepHeld(draft);
  }

  /** Goes to what was typed, to be looked at once more. */
  review(): void {
    this.go('review');
    void this.#lookAhead();
  }

  /** Whether a code lies ahead: said on the button; when it matters it is asked again. */
  async #lookAhead(): Promise<void> {
    this.codeAhead = this.steps > STEPS;
    if (!this.codeAhead) return;
    try {
      const trusted = await this.trust();
      this.codeAhead = (await this.code.find(trusted)) === null && (await this.#asksCode(trusted));
    } catch (error) {
      await this.stops(error);
    }
  }

  async #asksCode({ roster }: Trusted): Promise<boolean> {
    return (await sealing()).isAsked(this.view!, roster);
  }

  /** Books, or asks for a code first. The same typed words are sent again as the same bytes. */
  confirm(): Promise<void> {
    return this.#sendOnce(async () => this.#bookChecked(await this.trust()));
  }

  /** The code was right: books. What goes wrong now is told, and tried again, where everything was looked at. */
  checked = async (): Promise<void> => {
    this.step = 'review';
    this.codeAhead = false;
    history.replaceState({ step: 'review' }, '');
    await this.confirm();
  };

  /** Sends it as a request, without a code: the practice answers. */
  request(): Promise<void> {
    return this.#sendOnce(async () => this.#book(await this.trust(), null, true));
  }

  async #sendOnce(action: () => Promise<void>): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    await this.attempt(action);
    this.sending = false;
  }

  async #bookChecked(trusted: Trusted): Promise<void> {
    const checked = this.steps === STEPS ? null : await this.code.take(trusted);
    if (checked === null && this.steps > STEPS && (await this.#asksCode(trusted))) this.go('code');
    else await this.#book(trusted, checked);
  }

  async #book(trusted: Trusted, checked: Checked | null, onRequest = this.onRequest): Promise<void> {
    const code = await sealing();
    const { view, hold, visitType } = this;
    const { confirm } = this.typed;
    const cap = checked?.cap ?? this.#cap;
    const confided = code.worded(confidedFrom($state.snapshot(this.typed), visitType!.questions, this.today()), view!.site, language());
    const told = { ...confided, ct: { ...confided.ct, check: checked?.check ?? null } };
    const check = checked === null ? null : await code.shown(trusted.roster, this.code.addresses, checked);
    const telling = code.tellingOfBooking(view!.site, { silent: visitType!.silent, onRequest }, confirm);
    const seal = (now: Trusted): Promise<ReadyBooking> => code.sealBooking(now, view!.unit, hold!, cap, told, telling, check);
    const of = JSON.stringify([confided, confirm, cap, onRequest]);
    const ready = this.#ready?.of === of ? this.#ready.booking : await seal(trusted);
    const keep = (booking: ReadyBooking, now: Trusted): void => {
      this.#ready = { booking, of };
      this.#trusted = now;
      this.#unanswered = code.linkOf(now, cap);
      this.save();
    };
    try {
      const booked = await code.sendBooking(ready, { trusted, seal, keep });
      if (checked !== null) this.code.spend(checked);
      this.#finish(told, booked, this.#ready!.booking.planned, code.linkOf(this.#trusted!, cap), code.readersOf(this.#trusted!, view!.unit));
      if (!this.shared) code.pin(view!.practice.practice, this.#trusted!);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#unanswered = null;
      // Used before, or of another notifier by now: the next one is taken, or a code asked for.
      if (checked !== null && (error.is('check_spent') || error.is('check_refused'))) {
        this.code.spend(checked);
        await this.#bookChecked(trusted);
      } else await this.#refused(error, code.linkOf(this.#trusted!, cap));
    }
  }

  async #refused(error: Refused, link: Link): Promise<void> {
    if (error.is('hold_expired') || error.is('slot_taken')) await this.#expired(error.alternatives);
    else if (error.is('already_used')) {
      this.bookedBefore = link;
      dropHeld();
    } else throw error;
  }

  #finish(confided: Confided, booked: Booked, planned: Done['planned'], link: Link, readers: Readers): void {
    const { view, hold } = this;
    const slot = { agenda: hold!.agenda, start: hold!.start, minutes: hold!.minutes, visit_type: hold!.visitType };
    const seen = { ...view!, status: booked.status, appointment: { rev: booked.rev, slot } };
    const kept = !this.shared && keepAppointment(keptEntry(link, seen, confided));
    this.#unanswered = null;
    this.code.putBack();
    dropHeld();
    this.done = { link, confided, status: booked.status, rev: booked.rev, kept, readers, planned };
    this.holdState = 'none';
    this.step = 'done';
    // A reload opens the appointment. The secret stays out of the address, which browsers keep and sync.
    history.replaceState(this.shared ? { shared: true } : { link }, '', `/${document.documentElement.lang}/a`);
    // The link pasted into this very tab changes nothing but the fragment.
    addEventListener('hashchange', () => { if (location.hash.length > 1) location.reload(); });
  }
}
