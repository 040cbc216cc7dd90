// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * What bookings at the desk told of their people, until a card says it. Kept sealed in this browser too, under a key of the unit, since a
 * tab may close between a booking and the batch that its card is written in: whoever of the unit opens the desk here next writes it.
 */
import { base64, fromBase64, idFromUuid, text } from '../../seal/bytes';
import { openWaiting, sealWaiting, type UnitPlace } from '../../seal/cards';
import { D } from '../../seal/conventions';
import { SealError } from '../../seal/errors';
import { Fields, readJson } from '../../seal/payload';
import { readCard, writeCard, type CardContent } from '../../seal/people';
import { BoxKey } from '../../seal/primitives';
import { Refused } from '../../wire/problem';
import type { Id, LocalDate } from '../../wire/types';
import { postRead } from '../desk/routes';
import type { OpenDesk } from '../desk/unlock';
import { epochOf, presentEpoch } from './index_book';

/** Bookings whose card waits in one browser; the next one is kept in memory alone. */
export const WAITING_MAX = 200;
const STORED = 'serment.waiting.';
const UUID_CHARS_MAX = 36;

/** What a booking at the desk says of a person. */
export interface Heard {
  unit: Id;
  /** Null for somebody new, whose card has a derived id; of somebody new and apart, the id that it will have. */
  card: Id | null;
  /** Staff said that this is another person of the same name and birth date. */
  apart: boolean;
  /** Who, and how to reach them: a booking changes neither note, refusal nor no-shows of a card. */
  person: CardContent;
  lastVisit: LocalDate;
}

interface Boxed {
  unit: Id;
  epoch: number;
  bytes: string;
}

function write({ card, apart, person, lastVisit }: Omit<Heard, 'unit'>) {
  return text(JSON.stringify({ ...(card === null ? {} : { card }), apart, day: lastVisit, person: base64(writeCard(person)) }));
}

function read(unit: Id, payload: Uint8Array): Heard {
  const fields = new Fields(readJson(payload), 'waiting');
  const [card, apart, lastVisit] = [fields.optionalText('card', UUID_CHARS_MAX), fields.value('apart') === true, fields.day('day')];
  const person = readCard(fromBase64(String(fields.value('person'))));
  fields.done();
  return { unit, card, apart, person, lastVisit };
}

/** Whether a booking of which no answer came stands. Throws Refused, NoAnswer, NotNow. */
export async function isBooked(desk: OpenDesk, record: Id): Promise<boolean> {
  try {
    await postRead(desk.practice.practice, record, ['id'], desk.kids, 'card');
    return true;
  } catch (error) {
    if (error instanceof Refused && error.is('no_such_appointment')) return false;
    throw error;
  }
}

export class Waiting {
  readonly #here = new Map<Id, Heard>();
  /** Booked as far as this tab knows; of the others the server is asked. */
  readonly #booked = new Set<Id>();

  constructor(readonly desk: OpenDesk) {}

  #name(record: Id): string {
    return `${STORED}${this.desk.practice.practice}.${record}`;
  }

  #place(unit: Id, e: number): UnitPlace {
    return { instance: this.desk.instance, practice: idFromUuid(this.desk.practice.practice), unit: idFromUuid(unit), e };
  }

  /** Before the booking is sent: whatever happens then, what was typed is not lost with the tab. */
  async keep(record: Id, heard: Heard): Promise<void> {
    this.#here.set(record, heard);
    if (this.#stored().length >= WAITING_MAX) return;
    const { epoch, seed } = presentEpoch(this.desk, heard.unit);
    const key = await BoxKey.fromBytes(D(seed, 'waiting'));
    try {
      const bytes = base64(await sealWaiting(this.#place(heard.unit, epoch.e), idFromUuid(record), key, write(heard)));
      localStorage.setItem(this.#name(record), JSON.stringify({ unit: heard.unit, epoch: epoch.e, bytes } satisfies Boxed));
    } catch {
      // Storage full or forbidden, or a name that JSON spells at great length: it lasts as long as the tab, and no booking waits for it.
    }
  }

  booked(record: Id): void {
    this.#booked.add(record);
  }

  /** Nothing was booked, or a card says it now. */
  drop(record: Id): void {
    this.#here.delete(record);
    this.#booked.delete(record);
    localStorage.removeItem(this.#name(record));
  }

  #stored(): Id[] {
    const start = this.#name('');
    return Object.keys(localStorage).filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
  }

  /** Those whose booking stands, each with its record. What other units' members have left here is left to them. Throws Refused, NoAnswer, NotNow. */
  async due(): Promise<{ record: Id; heard: Heard }[]> {
    const due: { record: Id; heard: Heard }[] = [];
    for (const record of new Set([...this.#here.keys(), ...this.#stored()])) {
      const heard = this.#here.get(record) ?? (await this.#open(record));
      if (heard === null) continue;
      if (this.#booked.has(record) || (await isBooked(this.desk, record))) due.push({ record, heard });
      else if (!this.#here.has(record)) this.drop(record);
    }
    return due;
  }

  async #open(record: Id): Promise<Heard | null> {
    try {
      const { unit, epoch, bytes } = JSON.parse(localStorage.getItem(this.#name(record)) ?? 'null') as Boxed;
      const open = epochOf(this.desk, unit, epoch);
      if (open === null) return null;
      const key = await BoxKey.fromBytes(D(open.seed, 'waiting'));
      return read(unit, await openWaiting(this.#place(unit, epoch), idFromUuid(record), key, fromBase64(bytes)));
    } catch (error) {
      if (!(error instanceof SealError) && !(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
      // What somebody spoilt in the storage never opens.
      this.drop(record);
      return null;
    }
  }
}
