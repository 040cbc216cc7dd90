// SPDX-License-Identifier: AGPL-3.0-or-later
/** Staff enter a patient: the time is held, the three groups are sealed under the unit's record key and signed, then booked. */
import { base64, idFromUuid, random, uuidFromId } from '../../seal/bytes';
import { D } from '../../seal/conventions';
import type { Groups } from '../../seal/groups';
import { SigningKey } from '../../seal/primitives';
import { sealByMember } from '../../seal/readers';
import { Refused } from '../../wire/problem';
import type { Booked, Id, Slot } from '../../wire/types';
import { instantText } from '../desk/days';
import { postRelease } from '../desk/routes';
import type { OpenDesk } from '../desk/unlock';
import { placeOf, wireRevision, type Confided } from '../sealing';
import { renewTrust } from '../trust';
import { presentEpoch } from './index_book';
import { postStaffBooking, postStaffHold, type StaffBooking } from './routes';

const TOKEN_BYTES = 32;
const MESSAGE_SECRET_BYTES = 32;
const CODE_BYTES = 16;
const ROSTER_ROUNDS_MAX = 3;

/** When, where and for what. */
export interface Wanted {
  unit: Id;
  agenda: Id;
  visitType: Id;
  start: number;
  minutes: number;
}

/** Groups of a revision with message secrets drawn for it. */
export function withSecrets({ id, ct, rs }: Confided): { groups: Groups; act: string } {
  const code = random(CODE_BYTES);
  const groups = { id: { ...id, t: random(MESSAGE_SECRET_BYTES), h: D(code, 'handle', CODE_BYTES) }, ct: { ...ct, c: code }, rs };
  return { groups, act: base64(D(code, 'act', CODE_BYTES)) };
}

/** One booking being entered. Its record and token stay the same, so that every request can be repeated. */
export class Entering {
  readonly record = uuidFromId(random(16));
  readonly #token = base64(random(TOKEN_BYTES));
  #held: Slot | null = null;
  #ready: StaffBooking | null = null;

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

  /** Seals and books what is held; again after no answer: the very same bytes. Throws Refused (hold_expired, …), NoAnswer, NotNow. */
  async book(unit: Id, confided: Confided): Promise<Booked> {
    for (let round = 0; ; round += 1) {
      this.#ready ??= await this.#seal(unit, confided);
      try {
        return await postStaffBooking(this.desk.practice.practice, this.#ready, this.#token);
      } catch (error) {
        if (!(error instanceof Refused) || !error.is('stale_roster') || round >= ROSTER_ROUNDS_MAX) throw error;
        this.desk.trusted = await renewTrust(this.desk.trusted);
        this.#ready = null;
      }
    }
  }

  async #seal(unit: Id, confided: Confided): Promise<StaffBooking> {
    const { desk } = this;
    const { groups, act } = withSecrets(confided);
    const at = { practice: desk.practice.practice, unit, record: this.record, rev: 1, slot: this.#held! };
    // Nobody holds this booking key: a link given later brings another.
    const nobody = await SigningKey.fromSeed(random(TOKEN_BYTES));
    const link = { bookingPk: nobody.publicKey, patientPk: null };
    const place = { ...placeOf(desk.instance, at), unit: idFromUuid(unit) };
    const sealed = await sealByMember(place, groups, presentEpoch(desk, unit).keys.record, desk.trusted.roster, link, desk.user.sign);
    return { revision: wireRevision(at, sealed), act };
  }

  /** Gives the time up; what is lost on the way expires. */
  release(): void {
    if (this.#held !== null) void postRelease(this.desk.practice.practice, this.record, this.#token).catch(() => undefined);
    this.#held = null;
  }
}
