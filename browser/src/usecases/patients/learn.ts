// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * The desk learns who comes: a booking that was opened and whose signature holds gives its person a card, keeps an older card for
 * 24 months more, and counts who did not come. In batches, some time after the agenda was read: no request of a card goes with one
 * of an appointment. The contact is not read for it.
 */
import type { CardContent } from '../../seal/people';
import type { Sex } from '../../seal/groups';
import { dateAt } from '../desk/days';
import type { Visit } from '../desk/model';
import { countNoShow, type PatientBook } from './book';
import { CARDS_PER_REQUEST, fallsAfter, writeCards, type Card } from './cards';
import { keysOf, type Named } from './folding';
import type { Person } from './search';

const COMES = new Set<Visit['status']>(['booked', 'arrived', 'waiting', 'seen', 'no_show']);

export function namedOf(visit: Visit): Named | null {
  const { identity } = visit;
  return identity === null ? null : { givenName: identity.firstName, birthName: identity.birthName, usedName: identity.usedName, birthDate: identity.birthDate };
}

function blankCard(visit: Visit): CardContent {
  const { identity } = visit;
  return { ...namedOf(visit)!, sex: identity!.sex as Sex, phone: null, email: null, language: null, note: null, refuse: null, noShows: [] };
}

interface Told {
  visit: Visit;
  day: string;
}

/** What a person's visits change on their card; null: nothing. */
function changed(card: Card, told: readonly Told[]): Card | null {
  let { content } = card;
  for (const { visit, day } of told) content = countNoShow(content, visit.record, day, visit.status === 'no_show');
  const month = Math.max(card.month, ...told.filter(({ visit }) => COMES.has(visit.status)).map(({ day }) => fallsAfter(day)));
  return content === card.content && month === card.month ? null : { ...card, rev: card.rev + 1, month, content };
}

export class Learning {
  /** Visits settled at this revision and status: looked at once. */
  readonly #settled = new Map<string, string>();

  constructor(readonly book: PatientBook) {}

  /** How many cards were made or changed. Throws Altered, Refused, NoAnswer, NotNow: the next call finds the rest. */
  async learn(visits: readonly Visit[], zoneOf: (agenda: string) => string): Promise<number> {
    const due = visits.filter((visit) => visit.reading === 'open' && visit.verified === true && visit.identity !== null
      && visit.status !== 'requested' && this.#settled.get(visit.record) !== `${visit.rev} ${visit.status}`);
    if (due.length === 0) return 0;
    const told = due.map((visit) => ({ visit, day: dateAt(zoneOf(visit.agenda), visit.start) }));
    const groups = new Map<string, Told[]>();
    for (const one of told) {
      const key = `${one.visit.unit} ${keysOf(namedOf(one.visit)!)[0]}`;
      groups.set(key, [...(groups.get(key) ?? []), one]);
    }
    const all = [...groups.values()];
    let count = 0;
    for (let from = 0; from < all.length; from += CARDS_PER_REQUEST) count += await this.#learnSome(all.slice(from, from + CARDS_PER_REQUEST));
    for (const { visit } of told) this.#settled.set(visit.record, `${visit.rev} ${visit.status}`);
    return count;
  }

  async #learnSome(groups: readonly (readonly Told[])[]): Promise<number> {
    const known = groups.map((told) => this.#known(told));
    // Whose card says all that these visits tell is not read: a returning patient costs nothing until something changes.
    const toRead = groups.flatMap((told, at) => {
      const person = known[at];
      return person != null && this.#tells(person, told) ? [person.card] : [];
    });
    const read = toRead.length === 0 ? new Map<string, Card>() : await this.book.readAll(toRead);
    const write: Card[] = [];
    groups.forEach((told, at) => {
      const person = known[at];
      const card = person == null ? undefined : read.get(person.card);
      if (card !== undefined) {
        const next = changed(card, told);
        if (next !== null) write.push(next);
      } else if (person === null && told.some(({ visit }) => COMES.has(visit.status))) {
        const first = told[0]!;
        // Erased by hand: no visit that stands brings it back.
        if (this.book.isGone(first.visit.unit, blankCard(first.visit))) return;
        const blank = this.book.draft(first.visit.unit, blankCard(first.visit), first.day);
        write.push({ ...(changed(blank, told) ?? blank), rev: 1 });
      }
    });
    return this.#write(write);
  }

  /** null: nobody. undefined: two people fit, and only staff know which. */
  #known(told: readonly Told[]): Person | null | undefined {
    const { visit } = told[0]!;
    const same = this.book.same(visit.unit, namedOf(visit)!);
    return same.length > 1 ? undefined : (same[0] ?? null);
  }

  #tells(person: Person, told: readonly Told[]): boolean {
    const month = Math.max(...told.map(({ day }) => fallsAfter(day)));
    return month > person.month || person.noShows > 0 || told.some(({ visit }) => visit.status === 'no_show');
  }

  async #write(cards: Card[]): Promise<number> {
    if (cards.length === 0) return 0;
    const stale = new Set(await writeCards(this.book.desk, cards));
    if (stale.size === 0) {
      await this.book.tell(cards);
      return cards.length;
    }
    // Another browser made or changed some of them: theirs stand, and are told if nobody has told them; ours go without them.
    await this.book.readAll([...stale]);
    const rest = cards.filter(({ card }) => !stale.has(card));
    if (rest.length === 0 || (await writeCards(this.book.desk, rest)).length > 0) return 0;
    await this.book.tell(rest);
    return rest.length;
  }
}
