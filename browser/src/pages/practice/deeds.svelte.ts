// SPDX-License-Identifier: AGPL-3.0-or-later
/** What is done to a visit at the desk, what is said of it, and some seconds to take it back. */
import { accept, refuse } from '../../usecases/desk/accept';
import { note, noteBackTo, sign } from '../../usecases/desk/act';
import type { Visit } from '../../usecases/desk/model';
import { oweTo, owedNoMore, steerOrOwe, type Steered } from '../../usecases/desk/steer';
import type { PlannedMessage } from '../../usecases/messages/plan';
import { isOutage, type Note } from '../../usecases/desk/routes';
import type { Followed } from '../../usecases/desk/settle';
import { settling } from '../../usecases/desk/settling_later';
import { isToldOf } from '../../usecases/desk/telling';
import { Refused, isOver } from '../../wire/problem';
import type { Id, Status } from '../../wire/types';
import { t, type WordKey } from '../../words/index';
import type { Desk } from './desk.svelte';
import { goesInWords, noticeOf, steeredOf } from './told';
import { inWords } from './wrong';

export const UNDO_SECONDS = 10;
/** A move, and whatever the patient is still to be told by voice, stays in words for longer. */
export const CALL_SECONDS = 20;

export interface Said {
  text: string;
  undo: (() => Promise<void>) | null;
  /** The appointment whose patient nobody has told. */
  call: Id | null;
}

const NOTED: Record<Note, WordKey> = {
  arrive: 'said.arrive', wait: 'said.wait', seen: 'said.seen', no_show: 'said.no_show', expect: 'said.expect',
};

export class Deeds {
  said = $state.raw<Said | null>(null);
  problem = $state<string | null>(null);
  /** The appointment whose contact was asked for with what was said; its panel opens it. */
  calling = $state.raw<Id | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly desk: Desk) {}

  say(text: string, undo: Said['undo'] = null, seconds = UNDO_SECONDS): void {
    this.#show({ text, undo, call: null }, seconds);
  }

  /**
   * What was done to `visit`, and who tells its patient: the message that goes, or nobody. The call is offered in each case: whether the
   * appointment has a number is not looked at here. `planned`: null where no message goes; `owed`: it goes once the line stands again.
   */
  sayTold(text: string, visit: Visit, planned: readonly PlannedMessage[] | null | 'owed', undo: Said['undo'] = null): void {
    const call = visit.reading === 'open' ? visit.record : null;
    const notice = planned === 'owed' ? undefined : noticeOf(planned);
    const told = planned === 'owed' ? t('said.told_later') : notice === undefined ? t('said.untold') : t('said.told', { when: goesInWords(this.desk, notice) });
    this.#show({ text: `${text} ${told}`, undo, call }, CALL_SECONDS);
  }

  /** Has the messages follow what was decided; answers what is planned for this one. */
  async #steer(steered: Steered): Promise<readonly PlannedMessage[] | null | 'owed'> {
    const told = await steerOrOwe(this.desk.open, [steered]);
    return told === null ? 'owed' : (told.get(steered.record) ?? null);
  }

  /** Does what its patient is told of. Refused, nobody is. */
  async #owing<Answer>(visit: Visit, deed: () => Promise<Answer>, accepted = false): Promise<Answer> {
    oweTo(this.desk.open, [visit.record], accepted);
    try {
      return await deed();
    } catch (error) {
      if (error instanceof Refused) owedNoMore(this.desk.open, [visit.record]);
      throw error;
    }
  }

  #show(said: Said, seconds: number): void {
    clearTimeout(this.#timer);
    this.said = said;
    this.#timer = setTimeout(() => { this.said = null; }, seconds * 1000);
  }

  /** Opens the panel of the appointment that was just changed, and the contact in it. */
  callUp(record: Id): void {
    this.dismiss();
    this.desk.choice.select({ kind: 'visit', record });
    this.calling = record;
  }

  dismiss(): void {
    clearTimeout(this.#timer);
    this.said = null;
  }

  /** Runs a deed; what is refused is said in the panel of the visit, which is read anew when it had changed. */
  async attempt(visit: Visit, deed: () => Promise<void>, words: Readonly<Record<string, WordKey>> = {}): Promise<boolean> {
    const { desk } = this;
    this.problem = null;
    try {
      await deed();
      void desk.choice.keepFocus();
      return true;
    } catch (error) {
      if (isOver(error)) {
        desk.closeFor(error);
        return false;
      }
      const text = inWords(error, desk, words);
      if (error instanceof Refused && error.is('stale_revision')) desk.reading.book.forget(visit.record);
      if (!isOutage(error)) await desk.reading.read();
      if (!desk.choice.is(visit.record)) desk.choice.selection = { kind: 'visit', record: visit.record };
      this.problem = text;
      void desk.choice.keepFocus();
      return false;
    }
  }

  async mark(visit: Visit, kind: Note): Promise<void> {
    const { open, reading } = this.desk;
    const back = noteBackTo(visit.status);
    await this.attempt(visit, async () => {
      const { status } = await note(open, visit, kind);
      reading.markSeen(visit.record, visit.rev);
      await reading.read();
      this.say(t(NOTED[kind]), back === null ? null : () => this.#noteBack(visit, back, status));
    }, kind === 'no_show' ? { illegal_change: 'wrong.came', too_early: 'wrong.before_hour' } : {});
  }

  async #noteBack(marked: Visit, back: Note, noted: Status): Promise<void> {
    const { open, reading, choice } = this.desk;
    const visit = await choice.bring(marked);
    if (visit === undefined) return;
    await this.attempt(visit, async () => {
      await note(open, visit, back, noted);
      await reading.read();
      this.say(t('said.undone'));
    });
  }

  async cancel(visit: Visit): Promise<void> {
    const { open, reading } = this.desk;
    await this.attempt(visit, async () => {
      await this.#owing(visit, () => sign(open, visit, 'cancel'));
      const planned = await this.#steer(steeredOf(visit, 'cancelled'));
      await reading.read();
      this.sayTold(t('said.cancelled'), visit, planned, () => this.restore(visit));
    });
  }

  /** Takes a cancellation or a refusal back. A booking needs its time to be free still; a request is a request again. */
  async restore(gone: Pick<Visit, 'record' | 'agenda' | 'start'>): Promise<void> {
    const { open, reading, choice } = this.desk;
    const visit = await choice.bring(gone);
    if (visit === undefined) return;
    await this.attempt(visit, async () => {
      const { status } = await this.#owing(visit, () => sign(open, visit, 'undo'));
      const followed = await this.#follow(visit, status);
      if (followed !== 'owed' && followed.rev !== null) reading.markSeen(visit.record, followed.rev);
      await reading.read();
      this.#sayRestored(visit, status, followed);
    }, { slot_taken: 'wrong.restore_taken' });
  }

  async #follow(visit: Visit, status: Status): Promise<Followed | 'owed'> {
    try {
      return await (await settling()).followRestored(this.desk.open, { ...steeredOf(visit, status), rev: visit.rev });
    } catch (error) {
      if (!isOutage(error)) throw error;
      return 'owed';
    }
  }

  #sayRestored(visit: Visit, status: Status, followed: Followed | 'owed'): void {
    const done = t(status === 'requested' ? 'said.request_again' : 'said.undone');
    if (followed === 'owed') return this.say(`${done} ${t('said.reminded_later')}`);
    const { planned, rev } = followed;
    if (planned === null && isToldOf(this.desk.open, visit)) {
      this.#show({ text: `${done} ${t('said.unreminded')}`, undo: null, call: visit.reading === 'open' ? visit.record : null }, CALL_SECONDS);
    } else if (noticeOf(planned) === undefined) this.say(done);
    // Who may have been told that it was cancelled is told that it stands.
    else this.say(`${done} ${t(rev === null ? 'said.told_stands' : 'said.told_again')}`, null, rev === null ? UNDO_SECONDS : CALL_SECONDS);
  }

  async answer(visit: Visit, yes: boolean): Promise<void> {
    const { open, reading } = this.desk;
    await this.attempt(visit, async () => {
      const { status } = await this.#owing(visit, () => (yes ? accept : refuse)(open, visit), yes);
      const planned = await this.#steer({ ...steeredOf(visit, status), accepted: yes });
      reading.markSeen(visit.record, visit.rev);
      await reading.read();
      this.sayTold(t(yes ? 'said.accepted' : 'said.refused'), visit, planned, yes ? null : () => this.restore(visit));
    });
  }
}
