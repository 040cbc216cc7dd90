// SPDX-License-Identifier: AGPL-3.0-or-later
/** Staff enter a patient: the time is held, the three groups are sealed under the unit's record key and signed, then booked. */
import { base64, idFromUuid, random, uuidFromId } from '../../seal/bytes';
import type { Language } from '../../seal/groups';
import { SigningKey } from '../../seal/primitives';
import { sealByMember } from '../../seal/readers';
import { Refused } from '../../wire/problem';
import type { Booked, Booking, Id, Slot } from '../../wire/types';
import { instantText } from '../desk/days';
import { postRelease, postStaffBooking } from '../desk/routes';
import type { OpenDesk } from '../desk/unlock';
import { tellingOf } from '../desk/telling';
import { renewDesk } from '../desk/units';
import { planBooked, type PlannedMessage } from '../messages/plan';
import { asWord } from '../messages/word';
import { isSealedAnew, placedWith, placeOf, wireRevision, withSecrets, type Confided } from '../sealing';
import { presentEpoch } from './index_book';
import { postStaffHold } from './routes';
import { isBooked } from './waiting';

const TOKEN_BYTES = 32;
const ROSTER_ROUNDS_MAX = 3;

/** When, where and for what. */
export interface Wanted {
  unit: Id;
  agenda: Id;
  visitType: Id;
  start: number;
  minutes: number;
}

/** One booking being entered. Its record and token stay the same, so that every request can be repeated. */
export class Entering {
  readonly record = uuidFromId(random(16));
  readonly #token = base64(random(TOKEN_BYTES));
  #held: Slot | null = null;
  /** Sealed for one sending, and for its repetitions: `of` is all that it says. */
  #ready: { booking: Booking; of: string } | null = null;
  /** What its patient will be sent; null where no message comes. */
  planned: readonly PlannedMessage[] | null = null;

  constructor(readonly desk: OpenDesk) {}

  /**
   * Holds the time. `warned`: the names of the reasons that were shown against it, null for none.
   * Throws Refused (slot_taken, not_offered, warning_changed, not_overbookable, …), NoAnswer, NotNow.
   */
  async hold({ agenda, visitType, start, minutes }: Wanted, warned: readonly string[] | null): Promise<void> {
    const asked = { record: this.record, agenda, visit_type: visitType, start: instantText(start), minutes };
    const held = await postStaffHold(this.desk.practice.practice, warned === null ? asked : { ...asked, overbook: true, warned }, this.#token);
    this.#held = { agenda, start: held.start, minutes: held.minutes, visit_type: visitType };
    this.#ready = null;
  }

  /**
   * Seals and books what is held, its messages in that language. The same again after no answer: the very same bytes; something else: only
   * where nothing of the first stands, or it is refused (already_used). Throws Refused (hold_expired, …), NoAnswer, NotNow.
   */
  async book(unit: Id, language: Language, confided: Confided): Promise<Booked> {
    const of = JSON.stringify([unit, language, confided]);
    for (let round = 0; ; round += 1) {
      if (this.#ready?.of !== of) this.#ready = { booking: await this.#seal(unit, language, confided), of };
      try {
        return await postStaffBooking(this.desk.practice.practice, this.#ready.booking, this.#token);
      } catch (error) {
        if (!(error instanceof Refused) || !isSealedAnew(error) || round >= ROSTER_ROUNDS_MAX) throw error;
        if (error.is('stale_roster')) await renewDesk(this.desk);
        this.#ready = null;
      }
    }
  }

  async #seal(unit: Id, language: Language, { id, ct, rs }: Confided): Promise<Booking> {
    const { desk } = this;
    const at = { practice: desk.practice.practice, unit, record: this.record, rev: 1, slot: this.#held! };
    // Nobody holds this booking key: a link given later brings another.
    const nobody = await SigningKey.fromSeed(random(TOKEN_BYTES));
    const link = { bookingPk: nobody.publicKey, patientPk: null };
    const place = { ...placeOf(desk.instance, at), unit: idFromUuid(unit) };
    const telling = tellingOf(desk, { agenda: at.slot.agenda, visitType: at.slot.visit_type }, (visit, now) => planBooked(visit, now, { confirm: false }));
    // Whoever seals it anew asks nobody: French and the site's word need not be said.
    const confided = { id, ct: language === 'fr' ? ct : { ...ct, messages: { language, word: asWord(telling.word) } }, rs };
    const { groups, secrets, act } = withSecrets(confided);
    const { bytes, planned } = await placedWith(desk.trusted, at, secrets, confided, telling);
    this.planned = planned;
    const sealed = await sealByMember(place, groups, presentEpoch(desk, unit).keys.record, desk.trusted.roster, link, desk.user.sign);
    return { revision: wireRevision(at, sealed), act, ...bytes };
  }

  /**
   * Whether what was sent, and got no answer, stands. Its time is given up first: without it, a booking that is still on its way comes to
   * nothing. Asked before something else is sent in its place. Throws Refused, NoAnswer, NotNow.
   */
  async stands(): Promise<boolean> {
    await postRelease(this.desk.practice.practice, this.record, this.#token);
    this.#held = null;
    return isBooked(this.desk, this.record);
  }

  /** Gives the time up; what is lost on the way expires. */
  release(): void {
    if (this.#held !== null) void postRelease(this.desk.practice.practice, this.record, this.#token).catch(() => undefined);
    this.#held = null;
  }
}
