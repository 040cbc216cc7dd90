// SPDX-License-Identifier: AGPL-3.0-or-later
/** An open desk: what it has read, what it shows, what is chosen, what is carried, what is done. Components read these. */
import { oldCodeStands } from '../../usecases/account/old_code';
import { dateAt } from '../../usecases/desk/days';
import { hearChanges } from '../../usecases/desk/changes';
import { signOut, watchIdle } from '../../usecases/desk/lock';
import { takesTime, type Visit } from '../../usecases/desk/model';
import { isOutage, readHouse } from '../../usecases/desk/routes';
import { shownBy } from '../../usecases/desk/presence';
import { isSomethingLeft, settling } from '../../usecases/desk/settling_later';
import { watchTabs } from '../../usecases/desk/tabs';
import { keep, takeUp, type Kept, type Typed } from '../../usecases/desk/typed';
import { NoKey, renewDesk } from '../../usecases/desk/units';
import type { OpenDesk } from '../../usecases/desk/unlock';
import { WrongPractice } from '../../usecases/trust';
import { Refused } from '../../wire/problem';
import type { Id } from '../../wire/types';
import { t } from '../../words/index';
import { Carry } from './carry.svelte';
import { Choice } from './choice.svelte';
import { Deeds } from './deeds.svelte';
import { Drawing } from './drawing.svelte';
import { Rewrapping } from './members/rewrapping.svelte';
import { Messages } from './messages.svelte';
import { Reading } from './reading.svelte';
import { Requests } from './requests.svelte';
import type { Room } from './rooms';
import { Rules } from './rules.svelte';
import { Shown, type Place } from './shown.svelte';

/** What a closed desk still knows: hours and types, no names. */
export interface KnownHour {
  start: number;
  zone: string;
  visitType: string;
}

export type Closed = 'by hand' | 'idle' | 'signed out' | 'not served' | 'another practice' | 'another member';

/** Closings that nobody meant: what was being typed waits, sealed. */
const UNMEANT: readonly Closed[] = ['idle', 'signed out', 'another member'];

export interface Closing {
  why: Closed;
  known: KnownHour[] | null;
  place: Place | null;
  /** The booking that was being typed. */
  kept: Promise<Kept | null> | null;
  /** Who opened a desk in this browser meanwhile. */
  by?: string;
}

export class Desk {
  room = $state<Room>('agenda');
  /** A list of appointments in the way of an absence that somebody left to move one of them: how many it still asks about. */
  wayBack = $state.raw<(() => number) | null>(null);
  /** Told of every move from this desk, and of every one that is taken back, whichever room is on screen. */
  moved: (visit: Pick<Visit, 'record'>, agenda: Id, start: number, rev: number) => void = () => undefined;
  /** The server asks whether somebody is there: answers whether they have shown it. */
  presence = $state.raw<((shown: boolean) => void) | null>(null);
  /** The account was opened by its code, which stands still: the next one was never tried. */
  oldCode = $state(false);
  /** Nobody has touched it for so long that it closes within the minute. */
  closesSoon = $state(false);
  /** The booking that is being typed, as far as it got; null where there is none. */
  typed: () => Typed | null = () => null;
  readonly rules: Rules;
  readonly shown: Shown;
  readonly reading: Reading;
  readonly drawing: Drawing;
  readonly carry: Carry;
  readonly choice: Choice;
  readonly deeds: Deeds;
  readonly rewrapping: Rewrapping;
  readonly requests: Requests;
  readonly messages: Messages;
  #ends: (() => void)[] = [];

  constructor(readonly open: OpenDesk, place: Place | null, readonly closed: (closing: Closing) => void) {
    const here = place?.practice === open.practice.practice ? place : null;
    this.rules = new Rules(open);
    this.shown = new Shown(this.rules, () => this.reading, here);
    this.carry = new Carry(this);
    this.choice = new Choice(this);
    this.deeds = new Deeds(this);
    this.rewrapping = new Rewrapping(open);
    // Whoever turned the keys may be gone, or never have heard that they turned: every open desk goes on with what is under older ones.
    // And what a new unit brings, a name and agendas, is told to its members alone.
    open.renewed = () => {
      this.rewrapping.start();
      void this.followRules();
    };
    this.requests = new Requests(open);
    this.messages = new Messages(this);
    this.drawing = new Drawing(() => this.reading.opening);
    this.reading = new Reading(open, () => this.shown.wanted, () => this.shown.front(this.drawing), {
      over: (error) => this.closeFor(error),
      back: () => {
        // What was just done, and can be taken back, is not talked over.
        if (this.deeds.said === null) this.deeds.say(t('offline.back'));
        void this.#tellOwed();
      },
      notShown: () => {
        this.deeds.problem = t('presence.not_shown');
        this.shown.chosen = this.shown.today;
      },
      rulesChanged: () => void this.followRules(),
      compactionFailed: () => { this.deeds.problem = t('wrong.compaction'); },
    });
    if (here?.record != null) this.choice.selection = { kind: 'visit', record: here.record };
    this.#ends.push(
      this.shown.follow(), () => this.reading.end(), () => this.drawing.end(), () => this.carry.end(), () => this.deeds.dismiss(),
      watchIdle(() => this.close('idle'), { soon: () => { this.closesSoon = true; }, stays: () => { this.closesSoon = false; } }),
      hearChanges(open.practice.practice, () => void this.#look(), (seq) => void this.#followRoster(seq)),
    );
    this.#ends.push(shownBy(() => this.#showPresence()), () => this.presence?.(false));
    this.#ends.push(() => this.rewrapping.end(), () => this.messages.end(), watchTabs(open, (name) => this.close('another member', name)));
    void this.reading.read().then(() => Promise.all([this.choice.begin(), this.rewrapping.start(), this.requests.read(), this.#tellOwed(), this.messages.start()]));
    void this.lookAtOldCode();
    // Its own file, after the agenda: nobody waits for it.
    void import('./patients/patients.svelte').then(({ follow }) => { if (this.#ends.length > 0) this.#ends.push(follow(this)); }, () => undefined);
  }

  async lookAtOldCode(): Promise<void> {
    this.oldCode = await oldCodeStands(this.open.user);
  }

  async #showPresence(): Promise<boolean> {
    const before = document.activeElement;
    const shown = await new Promise<boolean>((resolve) => { this.presence = resolve; });
    this.presence = null;
    if (before instanceof HTMLElement) before.focus();
    return shown;
  }

  /** Messages that a closed tab or a broken line left unplaced. */
  async #tellOwed(): Promise<void> {
    if (!isSomethingLeft(this.open)) return;
    try {
      await (await settling()).settleOwed(this.open);
    } catch (error) {
      // It stays owed: the next opening, or the end of the outage, asks again.
      if (!isOutage(error) && !(error instanceof Refused)) throw error;
    }
  }

  /** Somebody joined or left, or keys turned. */
  async #followRoster(seq: number): Promise<void> {
    if (seq <= this.open.trusted.roster.seq) return;
    try {
      await renewDesk(this.open);
    } catch (error) {
      // Whoever is no member any more, or hears nothing now, is told so by the agenda.
      if (error instanceof WrongPractice) this.deeds.problem = t('unlock.stranger');
      else if (!isOutage(error) && !(error instanceof Refused) && !(error instanceof NoKey)) throw error;
    }
  }

  async #look(): Promise<void> {
    await this.reading.read();
    this.carry.look();
    await this.requests.read();
    this.messages.soon();
  }

  /** Hours, visit types, names or agendas were changed, here or at another desk; if nothing answers now, the next change tells. */
  async followRules(): Promise<void> {
    try {
      await this.readHouse();
    } catch (error) {
      if (!isOutage(error) && !(error instanceof Refused)) throw error;
    }
  }

  /** Takes up what the practice's own rules and names are now; what is drawn follows. Throws Refused, NoAnswer, NotNow. */
  async readHouse(): Promise<void> {
    const house = await readHouse(this.open.practice.practice);
    // Looked up after the answer: a unit that was made here meanwhile has its place in it.
    Object.assign(this.open.house, house);
    this.rules.read(this.open);
    this.reading.redraw();
  }

  /** Closes for what `isOver` says: the session ended, or this practice serves its member no more. */
  closeFor(error: unknown): void {
    this.close(error instanceof Refused && error.is('no_such_practice') ? 'not served' : 'signed out');
  }

  /** Forgets keys and names; hours and types of today are told to the closed desk. */
  close(why: Closed, by?: string): void {
    const { rules, shown, reading, choice: { selection } } = this;
    // In another room it is the selection that holds it.
    const typed = UNMEANT.includes(why) ? (this.typed() ?? (selection?.kind === 'book' ? (selection.typed ?? null) : null)) : null;
    // What does not fit is lost with the page's names, which is no reason to stay open.
    const kept = typed === null ? null : keep(this.open, typed).catch(() => null);
    for (const end of this.#ends) end();
    this.#ends = [];
    const known = reading.week.visits
      .filter((visit) => takesTime(visit) && visit.end > shown.now && dateAt(rules.zoneOf(visit.agenda), visit.start) === shown.today)
      .map(({ start, agenda, visitType }) => ({ start, zone: rules.zoneOf(agenda), visitType: rules.typeWords(visitType) }))
      .sort((a, b) => a.start - b.start);
    if (why === 'by hand') void signOut();
    this.closed({ why, known, kept, place: this.#place(why), ...(by === undefined ? {} : { by }) });
  }

  /** Whether it is open still. */
  get stands(): boolean {
    return this.#ends.length > 0;
  }

  /** Brings back the booking that was being typed, to whoever typed it. */
  async goOn(kept: Promise<Kept | null>): Promise<void> {
    const sealed = await kept;
    const typed = sealed === null ? null : await takeUp(this.open, sealed);
    if (typed === null || !this.stands) return;
    await this.choice.bookOn(typed);
    this.deeds.say(t('desk.typed_back'));
  }

  #place(why: Closed): Place {
    const { shown } = this;
    return {
      practice: this.open.practice.practice, date: shown.chosen, kind: shown.kind, phoneAgenda: shown.phoneAgenda, hidden: shown.hidden,
      // Ten minutes on, somebody else may sit here: the visit that was open is theirs to choose.
      record: why === 'signed out' ? this.choice.record : null,
    };
  }
}
