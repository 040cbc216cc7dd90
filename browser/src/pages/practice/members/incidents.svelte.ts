// SPDX-License-Identifier: AGPL-3.0-or-later
/** The practice's breaches: which dossiers there are, the one that is open, and what is written in it. */
import { idFromUuid, hex } from '../../../seal/bytes';
import { instantText } from '../../../usecases/desk/days';
import { changeScope, decide, noteSent, openDossier, readDossier, readDossiers, readPaper, writeForm, writeLetter, type Dossier, type Form, type Labels, type Letter, type Scope, type Whole } from '../../../usecases/members/incidents';
import { lettersRound, type Round } from '../../../usecases/members/letters';
import { NoAnswer, NotNow, Refused, isOver } from '../../../wire/problem';
import { serverNow } from '../../../usecases/clock';
import type { Id } from '../../../wire/types';
import { language, t, type WordKey } from '../../../words/index';
import { inLanguage } from '../../parts/names';
import { saveFile } from '../../parts/save_file';
import type { Desk } from '../desk.svelte';
import { whenInWords } from '../say';
import { inWords } from '../wrong';
import type { Team } from './team.svelte';

const WRONG: Readonly<Record<string, WordKey>> = {
  not_your_role: 'members.wrong.not_your_role', stale_dossier: 'incidents.wrong.stale', too_many_dossiers: 'incidents.wrong.too_many', not_decided: 'incidents.wrong.not_decided', already_notified: 'incidents.wrong.notified', letter_sent: 'incidents.wrong.letter_sent', letter_lacks: 'incidents.wrong.letter_lacks',
  stale_revision: 'incidents.wrong.again', no_such_incident: 'incidents.wrong.stale',
};
const WHY: Readonly<Record<string, WordKey>> = { siren: 'incidents.wrong.siren', names_somebody: 'incidents.wrong.names', order: 'incidents.wrong.order', future: 'incidents.wrong.future', long_ago: 'incidents.wrong.long_ago', after_sent: 'incidents.wrong.after_sent' };
const ACTS: Readonly<Record<string, WordKey>> = {
  open: 'incidents.act.open', form: 'incidents.act.form', scope: 'incidents.act.scope', decide: 'incidents.act.decide', sent: 'incidents.act.sent', letter: 'incidents.act.letter', sending: 'incidents.act.sending', reached: 'incidents.act.reached', draft: 'incidents.act.draft', evidence: 'incidents.act.evidence',
};
const DAY_SECONDS = 86_400;

export class Incidents {
  dossiers = $state.raw<Dossier[] | null>(null);
  labels = $state.raw<Labels>({});
  whole = $state.raw<Whole | null>(null);
  problem = $state<string | null>(null);
  /** The field that the last answer found wrong. */
  wrong = $state<{ field: string; text: string } | null>(null);
  working = $state(false);
  /** Letters are on their way; set false, they stop after those at hand. */
  going = $state(false);
  progress = $state.raw<{ done: number; concerned: number } | null>(null);
  /** What the last round of letters found. */
  round = $state.raw<Round | null>(null);
  now = $state(serverNow());

  constructor(readonly desk: Desk, readonly team: Team) {}

  get #practice(): Id {
    return this.desk.open.practice.practice;
  }

  say(vocabulary: string, key: string): string {
    const label = this.labels[vocabulary]?.[key];
    return label === undefined ? key : inLanguage(label);
  }

  keys(vocabulary: string): string[] {
    return Object.keys(this.labels[vocabulary] ?? {});
  }

  when(at: string): string {
    return whenInWords(this.whole?.dossier.timezone ?? this.desk.rules.zone, Date.parse(at) / 1000);
  }

  nameOf(member: Id): string {
    return this.team.nameOf(member) || hex(idFromUuid(member)).slice(0, 8);
  }

  /** How much of the time is left now, in hours and minutes, without its sign; null where there is none. */
  left(dossier: Dossier): { over: boolean; text: string } | null {
    if (dossier.left_seconds === null) return null;
    const seconds = dossier.initial_at === null ? (Date.parse(dossier.due_at) - this.now) / 1000 : dossier.left_seconds;
    const minutes = Math.floor(Math.abs(seconds) / 60);
    return { over: seconds < 0, text: t('incidents.length', { hours: Math.floor(minutes / 60), minutes: String(minutes % 60).padStart(2, '0') }) };
  }

  decimal(worth: number): string {
    return worth.toLocaleString(language());
  }

  /** The working, its numbers as the language writes them. */
  sum(working: string): string {
    return language() === 'fr' ? working.replace(/\./g, ',') : working;
  }

  /** A line of custody in words: when, who, what. */
  custody(line: string): string {
    const [, at = '', actor = '', action = ''] = line.split('\t');
    const [kind = '', member = ''] = actor.split(' ');
    const who = kind === 'member' ? this.nameOf(member) : kind === 'host' ? t('incidents.actor.host') : t('incidents.actor.serment');
    const act = ACTS[action.split(' ')[0] ?? ''];
    return `${this.when(at)} · ${who} ${act === undefined ? action : t(act)}`;
  }

  async read(): Promise<void> {
    await this.#attempt(async () => {
      ({ dossiers: this.dossiers, labels: this.labels } = await readDossiers(this.#practice));
    });
  }

  async open(incident: Id): Promise<void> {
    await this.#attempt(async () => { this.whole = await readDossier(this.#practice, incident); });
  }

  /** By hand: found now, and looked for in the day before. */
  async begin(incident: Id): Promise<void> {
    const now = Math.floor(serverNow() / 1000);
    await this.#attempt(async () => {
      this.whole = await openDossier(this.#practice, { incident, found_at: instantText(now - 1), since: instantText(now - DAY_SECONDS), until: instantText(now) });
    });
  }

  close(): void {
    this.whole = this.round = null;
    this.going = false;
    this.problem = this.wrong = null;
    void this.read();
  }

  writeForm = (found_at: string, form: Form) => this.#write((dossier) => writeForm(this.#practice, dossier, found_at, form), 'incidents.saved');
  changeScope = (scope: Scope) => this.#write((dossier) => changeScope(this.#practice, dossier, scope), 'incidents.counted');
  decide = (notify: boolean, reason: string) => this.#write((dossier) => decide(this.#practice, dossier, notify, reason), 'incidents.decided');
  noteSent = (which: 'initial' | 'supplementary', at: string) => this.#write((dossier) => noteSent(this.#practice, dossier, which, at), 'incidents.noted');
  /** The letter goes to everybody who has none yet (`write`), and whom it reached is read. */
  async lettersRound(write: boolean): Promise<void> {
    const { whole } = this;
    if (whole === null) return;
    this.going = true;
    this.progress = null;
    await this.#attempt(async () => {
      const round = await lettersRound(this.desk.open, whole.dossier, write, (done, concerned) => {
        this.progress = { done, concerned };
        return this.going && this.whole === whole;
      }).finally(async () => {
        // Also where it broke off: what was done stands, and is said.
        const now = await readDossier(this.#practice, whole.dossier.incident).catch(() => null);
        if (now !== null && this.whole === whole) this.whole = now;
      });
      if (this.whole?.dossier.incident !== whole.dossier.incident) return;
      this.round = round;
      if (round.whole && write) this.desk.deeds.say(t('incidents.send.done'));
    });
    this.going = false;
    this.progress = null;
  }

  writeLetter = (letter: Letter) => this.#write((dossier) => writeLetter(this.#practice, dossier, letter), 'incidents.letter_saved');

  /** Hands the owner a paper as a file. */
  async save(name: string, file: string): Promise<void> {
    await this.#attempt(async () => saveFile(await readPaper(this.#practice, name), file));
  }

  async #write(deed: (dossier: Dossier) => Promise<Whole>, done: WordKey): Promise<void> {
    const { whole } = this;
    if (whole === null) return;
    await this.#attempt(async () => {
      const answer = await deed(whole.dossier);
      this.desk.deeds.say(t(done));
      if (this.whole === whole) this.whole = answer;
      // Closed meanwhile: it stays so, and the list has what was written.
      else ({ dossiers: this.dossiers, labels: this.labels } = await readDossiers(this.#practice));
    });
  }

  async #attempt(deed: () => Promise<void>): Promise<void> {
    if (this.working) return;
    this.working = true;
    this.problem = this.wrong = null;
    try {
      await deed();
      this.now = serverNow();
    } catch (error) {
      if (isOver(error)) {
        this.desk.closeFor(error);
        return;
      }
      if (!(error instanceof Refused || error instanceof NoAnswer || error instanceof NotNow)) throw error;
      const why = error instanceof Refused && error.is('form_wrong') ? WHY[String(error.fields['why'])] : undefined;
      if (error instanceof Refused && why !== undefined) this.wrong = { field: String(error.fields['field']), text: t(why) };
      this.problem = why === undefined ? inWords(error, this.desk, WRONG) : t('incidents.wrong.field', { field: this.say('field', this.wrong!.field), why: t(why) });
    } finally {
      this.working = false;
    }
  }
}
