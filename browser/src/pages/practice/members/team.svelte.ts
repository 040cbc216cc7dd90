// SPDX-License-Identifier: AGPL-3.0-or-later
/** What the members' room has read and does: the roster says roles and units, the server says who is served and who was invited. */
import { SvelteMap } from 'svelte/reactivity';
import { type Bytes, equal, hex, idFromUuid, uuidFromId } from '../../../seal/bytes';
import { SealError } from '../../../seal/errors';
import type { Role } from '../../../seal/roster_events';
import { readWays, type Ways } from '../../../usecases/account/routes';
import { addUnit, assign, changeRoster, remove, turnKeys, type Wanted } from '../../../usecases/members/change';
import { canLetIn, invite, letIn, readAloud, takeBack, type Wish } from '../../../usecases/members/invite';
import { postLooked, postSuspend, postUnfreeze, postUntil, readMembers, type InvitationTold, type LookedBack, type MembersTold, type MemberTold, type Stop } from '../../../usecases/members/routes';
import { renewDesk } from '../../../usecases/desk/units';
import { random, ID_BYTES } from '../../../seal/bytes';
import { WrongPractice } from '../../../usecases/trust';
import { NoAnswer, NotNow, Refused, isOver } from '../../../wire/problem';
import type { Id, Instant, LocalDate } from '../../../wire/types';
import { language, t, type WordKey } from '../../../words/index';
import type { Desk } from '../desk.svelte';
import { whenInWords } from '../say';
import { inWords } from '../wrong';

const WRONG: Readonly<Record<string, WordKey>> = {
  last_owner: 'members.wrong.last_owner', not_invited: 'members.wrong.not_invited', not_your_role: 'members.wrong.not_your_role',
  no_such_member: 'members.wrong.no_such_member', unknown: 'members.wrong.too_many', altered: 'members.wrong.signing',
};

/** What a deed answers that only asked. */
const ONLY_ASKED = Symbol('only asked');

export type State = 'active' | 'suspended' | 'stopped' | 'dormant' | 'ended';

export interface Person extends MemberTold {
  role: Role;
  units: Id[];
  state: State;
  /** The latest stop by the sentinel, as an owner is told it. */
  stop: Stop | null;
  /** The latest time that they opened many visits long over, as an owner is told it. */
  looked: LookedBack | null;
  me: boolean;
}

export interface UnitTold {
  unit: Id;
  name: string;
  /** The number of its present keys; 0: none yet. */
  e: number;
  mine: boolean;
  old: boolean;
  /** Nobody is in it: its next member brings its next keys. */
  empty: boolean;
}

export class Team {
  told = $state.raw<MembersTold | null>(null);
  /** Nothing could be read: what went wrong, in words. */
  away = $state<string | null>(null);
  problem = $state<string | null>(null);
  working = $state(false);
  /** The hash whose words are on screen, by invitation: an answer that comes after it is told, never put in its place. */
  readonly compared = new SvelteMap<Id, Bytes>();
  /** The roster is no reactive value: counted up when the desk has taken another. */
  #turns = $state(0);
  /** The last deed went well, and no list has been read since. */
  #done = false;

  constructor(readonly desk: Desk) {}

  get roster() {
    void this.#turns;
    return this.desk.open.trusted.roster;
  }

  /** As it was read last; it is drawn anew with the agenda. */
  get #house() {
    void this.desk.reading.week;
    return this.desk.open.house;
  }

  get owner(): boolean {
    return this.roster.member(idFromUuid(this.desk.open.practice.member))?.role === 'owner';
  }

  get people(): Person[] {
    const { roster } = this;
    return (this.told?.members ?? []).flatMap((one) => {
      const member = roster.member(idFromUuid(one.member));
      if (member === null) return [];
      const stop = this.told?.stopped.find((each) => each.member === one.member) ?? null;
      const looked = this.told?.looked.find((each) => each.member === one.member) ?? null;
      const held = stop !== null && stop.ended_at === null;
      const state: State = one.suspended === true ? 'suspended' : held ? 'stopped' : one.served !== false ? 'active' : one.dormant === true ? 'dormant' : 'ended';
      return [{ ...one, role: member.role, units: member.units.map(uuidFromId), state, stop, looked, me: one.member === this.desk.open.practice.member }];
    });
  }

  /** Of whom it was noted that they opened many visits long over, and who has left since. */
  get lookedAndGone(): LookedBack[] {
    return (this.told?.looked ?? []).filter(({ member }) => this.roster.member(idFromUuid(member)) === null);
  }

  get units(): UnitTold[] {
    const epochs = new Map(this.roster.units.map(({ unit, e }) => [hex(unit), e]));
    const mine = this.people.find(({ me }) => me)?.units ?? [];
    return this.#house.units.map(({ unit, name }) => ({
      unit, name, empty: this.roster.membersOf(idFromUuid(unit)).length === 0, e: epochs.get(hex(idFromUuid(unit))) ?? 0, mine: mine.includes(unit), old: this.told?.old_keys.includes(unit) ?? false,
    }));
  }

  /** The units that nobody would be in without this person. */
  leftEmptyBy({ member, units }: Person): string[] {
    const others = this.people.filter((one) => one.member !== member);
    return units.filter((unit) => !others.some((one) => one.units.includes(unit))).map((unit) => this.unitName(unit));
  }

  unitName(unit: Id): string {
    return this.#house.units.find((one) => one.unit === unit)?.name ?? '';
  }

  nameOf(member: Id): string {
    return this.told?.members.find((one) => one.member === member)?.name ?? '';
  }

  /** Whom this owner can let in. */
  answered(): InvitationTold[] {
    return (this.told?.invitations ?? []).filter((one) => one.kem_pk !== null && canLetIn(this.desk.open, one));
  }

  waiting(): InvitationTold[] {
    return (this.told?.invitations ?? []).filter((one) => one.kem_pk === null || !canLetIn(this.desk.open, one));
  }

  async read(): Promise<void> {
    try {
      const [told, renewed] = await Promise.all([readMembers(this.desk.open.practice.practice), renewDesk(this.desk.open)]);
      // A new unit's name and agendas are told to its members alone.
      if (renewed) await this.desk.readHouse();
      this.told = told;
      this.away = null;
      this.#done = false;
      this.#turns += 1;
    } catch (error) {
      if (this.#signedOut(error)) return;
      this.away = this.#done && error instanceof NoAnswer ? t('members.wrong.unread') : inWords(error, this.desk, WRONG);
    }
  }

  /** The session ended, or it is one's own removal that was read: the desk closes. */
  #signedOut(error: unknown): boolean {
    if (!isOver(error)) return false;
    this.desk.closeFor(error);
    return true;
  }

  /** Runs a deed, says what was done, reads anew. Answers whether it went well. */
  async #attempt(deed: () => Promise<unknown>, said: string | null): Promise<boolean> {
    if (this.working) return false;
    this.working = true;
    this.problem = null;
    this.#done = false;
    try {
      this.#done = (await deed()) !== ONLY_ASKED;
      // What the desk's roster says of it is drawn, even where the lists cannot be read anew.
      this.#turns += 1;
      if (said !== null) this.desk.deeds.say(said);
      return true;
    } catch (error) {
      if (this.#signedOut(error)) return false;
      const foreseen = error instanceof Refused || error instanceof NoAnswer || error instanceof NotNow || error instanceof WrongPractice;
      if (!foreseen && !(error instanceof SealError)) throw error;
      this.problem = error instanceof SealError ? t('members.wrong.signing') : inWords(error, this.desk, WRONG);
      return false;
    } finally {
      this.working = false;
      await this.read();
    }
  }

  #sign(wanted: Wanted, said: string): Promise<boolean> {
    return this.#attempt(() => changeRoster(this.desk.open, wanted), said);
  }

  suspend(person: Person, suspended: boolean): Promise<boolean> {
    const said = t(suspended ? 'members.suspended_said' : 'members.unsuspended_said', { name: person.name });
    return this.#attempt(() => postSuspend(this.desk.open.practice.practice, person.member, suspended), said);
  }

  /** Answers whether they go on; 'prove' where the server asks first whether an owner is there at all. */
  async unfreeze(person: Person): Promise<boolean | 'prove'> {
    let prove = false;
    const done = await this.#attempt(async () => {
      try {
        return await postUnfreeze(this.desk.open.practice.practice, person.member);
      } catch (error) {
        if (!(error instanceof Refused && error.is('prove_presence'))) throw error;
        prove = true;
        return ONLY_ASKED;
      }
    }, null);
    if (prove) return 'prove';
    if (done) this.desk.deeds.say(t('members.unfreeze_said', { name: person.name }));
    return done;
  }

  /** This owner's own ways in; null, and said, where they cannot be read. */
  async ways(): Promise<Ways | null> {
    let ways: Ways | null = null;
    await this.#attempt(async () => {
      ways = await readWays();
      return ONLY_ASKED;
    }, null);
    return ways;
  }

  /** Nobody sees their own away while there is another owner. */
  maySeeAway(person: Person): boolean {
    return this.owner && (!person.me || !this.people.some(({ me, role }) => !me && role === 'owner'));
  }

  seeLooked(member: Id): Promise<boolean> {
    return this.#attempt(() => postLooked(this.desk.open.practice.practice, member), t('members.looked_said'));
  }

  when(at: Instant): string {
    return whenInWords(this.desk.rules.zone, Date.parse(at) / 1000);
  }

  /** Whoever has just signed in may be somebody else: this desk is not theirs, and closes. */
  isMe(signPk: Bytes): boolean {
    if (equal(signPk, this.desk.open.user.sign.publicKey)) return true;
    this.desk.close('signed out');
    return false;
  }

  until(person: Person, day: LocalDate | null): Promise<boolean> {
    return this.#attempt(() => postUntil(this.desk.open.practice.practice, person.member, day), t('members.until_said', { name: person.name }));
  }

  /** The hash whose words were read aloud when this person came: of their keys as the roster has them, whatever name the server gives them. */
  wordsOf(person: Person): Bytes | null {
    return readAloud(this.roster, person.member);
  }

  remove(person: Person): Promise<boolean> {
    return this.#sign(remove(person.member), t('members.removed_said', { name: person.name }));
  }

  /** `seen` is the person as they stood when the form was opened. */
  assign(seen: Person, role: Role, units: readonly Id[]): Promise<boolean> {
    return this.#sign(assign(seen.member, seen, { role, units }), t('members.assign_said', { name: seen.name }));
  }

  async turn(unit: UnitTold): Promise<void> {
    await this.#sign(turnKeys(unit.unit), t('members.turned_said', { name: unit.name }));
  }

  async addUnit(name: string, members: readonly Id[]): Promise<boolean> {
    const unit = uuidFromId(random(ID_BYTES));
    const made = await this.#sign(addUnit(unit, name, members), t('members.unit_said', { name }));
    const { house } = this.desk.open;
    // The server's hint may have told it already.
    if (made && !house.units.some((one) => one.unit === unit)) this.desk.open.house = { ...house, units: [...house.units, { unit, name }] };
    this.#turns += 1;
    return made;
  }

  async invite(wish: Wish): Promise<{ link: string; expiresOn: LocalDate } | null> {
    let made: { link: string; expiresOn: LocalDate } | null = null;
    await this.#attempt(async () => { made = await invite(this.desk.open, wish, language()); }, null);
    return made;
  }

  compare(told: InvitationTold, fingerprint: Bytes): void {
    this.compared.set(told.invitation, fingerprint);
  }

  async letIn(told: InvitationTold, compared: Bytes): Promise<void> {
    await this.#attempt(() => letIn(this.desk.open, told, compared), t('members.let_in_said', { name: told.name }));
  }

  takeBack(told: InvitationTold): Promise<boolean> {
    return this.#attempt(() => takeBack(this.desk.open, told), t('members.taken_back_said', { name: told.name }));
  }
}
