// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * People in memory, found by part of a name, birth date or number. Each different word of their names stands once, with those who
 * bear it: what is typed is compared with words, not with people. Beginnings come first, then parts, then small typing errors.
 */
import { showPhone } from '../fields';
import { fold, keysOf, plain, type Named } from './folding';
import { isTooShort, readQuery } from './query';

export interface Person extends Named {
  /** The card's id, a UUID. */
  card: string;
  unit: string;
  rev: number;
  month: number;
  phone: string | null;
  refused: boolean;
  noShows: number;
}

export const RESULTS_MAX = 20;
/** A card joined to one that was joined, and so on. */
const JOINED_HOPS_MAX = 16;
/** A shorter part of a name is looked for at beginnings alone. */
const PART_LETTERS_MIN = 3;
/** A word of so many letters may have one letter wrong, missing, too many or exchanged; a longer one two. */
const ONE_ERROR_LETTERS_MIN = 4;
const TWO_ERRORS_LETTERS_MIN = 9;
/** People whose names are read between two turns of the page: some milliseconds of work. */
const READ_PEOPLE = 1_000;
/** Points: the fewer the better; NO is out. */
const BEGINS = 0, PART = 1, ERROR = 3, NO = 255;

/** Whether `typed` is within `most` errors of a beginning of `word`: Damerau's distance, row by row. */
export function nearlyBegins(typed: string, word: string, most: number): boolean {
  const width = Math.min(word.length, typed.length + most);
  if (width < typed.length - most) return false;
  if (most === 1 && word[0] !== typed[0] && word[1] !== typed[0] && word[0] !== typed[1] && word[1] !== typed[1]) return false;
  let before: number[] = [];
  let last = Array.from({ length: width + 1 }, (_, at) => at);
  for (let row = 1; row <= typed.length; row += 1) {
    const next = [row];
    let least = row;
    for (let at = 1; at <= width; at += 1) {
      const same = typed[row - 1] === word[at - 1];
      let cost = Math.min(last[at - 1]! + (same ? 0 : 1), last[at]! + 1, next[at - 1]! + 1);
      if (row > 1 && at > 1 && typed[row - 1] === word[at - 2] && typed[row - 2] === word[at - 1]) cost = Math.min(cost, before[at - 2]! + 1);
      next.push(cost);
      least = Math.min(least, cost);
    }
    if (least > most) return false;
    before = last;
    last = next;
  }
  return last.some((cost, at) => cost <= most && at >= typed.length - most);
}

const errorsIn = (typed: string) => (typed.length >= TWO_ERRORS_LETTERS_MIN ? 2 : typed.length >= ONE_ERROR_LETTERS_MIN ? 1 : 0);

export class People {
  readonly #people: Person[] = [];
  readonly #at = new Map<string, number>();
  readonly #phones: string[] = [];
  readonly #words = new Map<string, number[]>();
  readonly #byKey = new Map<string, Set<number>>();
  /** Cards that were joined to another one, and what finds that one by their names. */
  readonly #joined = new Map<string, { into: string; keys: string[] }>();
  readonly #joinedByKey = new Map<string, Set<string>>();
  /** Places of people who were changed or erased: skipped. */
  readonly #dropped = new Set<number>();

  get size(): number {
    return this.#at.size;
  }

  /** Puts a person in; of one card the highest revision holds. Its names are read when somebody looks for names, or by `readNames`. */
  put(person: Person): void {
    const before = this.#at.get(person.card);
    if (before !== undefined) {
      if (this.#people[before]!.rev >= person.rev) return;
      this.#dropped.add(before);
    }
    this.#at.set(person.card, this.#people.push(person) - 1);
  }

  /** Reads the names of some more people; false when all are read. For idle time: the first search then finds the work done. */
  readNames(most = READ_PEOPLE): boolean {
    const until = Math.min(this.#people.length, this.#phones.length + most);
    for (let at = this.#phones.length; at < until; at += 1) this.#readNamesOf(at);
    return until < this.#people.length;
  }

  #readNamesOf(at: number): void {
    const person = this.#people[at]!;
    this.#phones.push(person.phone === null ? '' : `${showPhone(person.phone).replace(/\D/g, '')} ${person.phone.slice(1)}`);
    const names = [person.birthName, person.givenName, person.usedName ?? ''];
    // A name of several words is also found by who types it as one: "legoff", "jeanpierre".
    for (const word of new Set(names.flatMap((name) => [...plain(name).split(' '), fold(name)]))) {
      if (word === '') continue;
      const bearers = this.#words.get(word);
      if (bearers === undefined) this.#words.set(word, [at]);
      else bearers.push(at);
    }
    for (const key of keysOf(person)) {
      const same = this.#byKey.get(key);
      if (same === undefined) this.#byKey.set(key, new Set([at]));
      else same.add(at);
    }
  }

  remove(card: string): void {
    const at = this.#at.get(card);
    if (at === undefined) return;
    this.#dropped.add(at);
    this.#at.delete(card);
  }

  /** The card is no more; with `into` its names find that one. */
  gone(card: string, joined: { named: Named; into: string } | null): void {
    this.remove(card);
    for (const key of this.#joined.get(card)?.keys ?? []) this.#joinedByKey.get(key)?.delete(card);
    this.#joined.delete(card);
    if (joined === null) return;
    const keys = keysOf(joined.named);
    this.#joined.set(card, { into: joined.into, keys });
    for (const key of keys) this.#joinedByKey.set(key, (this.#joinedByKey.get(key) ?? new Set()).add(card));
  }

  /** Where a card that was joined is now, through others that were joined since. */
  #standing(card: string): number | undefined {
    let at = card;
    for (let hops = 0; hops < JOINED_HOPS_MAX && this.#joined.has(at); hops += 1) at = this.#joined.get(at)!.into;
    return this.#at.get(at);
  }

  of(card: string): Person | undefined {
    const at = this.#at.get(card);
    return at === undefined ? undefined : this.#people[at];
  }

  /** Same first name, birth or used name and birth date, on the card or on one that was joined to it. */
  same(named: Named, unit: string): Person[] {
    this.readNames(Infinity);
    const keys = keysOf(named);
    const found = new Set(keys.flatMap((key) => [...(this.#byKey.get(key) ?? [])]));
    for (const key of keys) for (const card of this.#joinedByKey.get(key) ?? []) {
      const at = this.#standing(card);
      if (at !== undefined) found.add(at);
    }
    return [...found].filter((at) => !this.#dropped.has(at)).map((at) => this.#people[at]!).filter((person) => person.unit === unit);
  }

  /** Born that day, of the same or nearly the same name: who may be meant while somebody is typed anew. */
  alike(named: Named, unit: string): Person[] {
    const near = (a: string, b: string) => a !== '' && b !== '' && (a.startsWith(b) || b.startsWith(a) || nearlyBegins(a, b, errorsIn(a)));
    const given = plain(named.givenName).replace(/ /g, '');
    const surname = plain(named.birthName).replace(/ /g, '');
    const same = new Set(this.same(named, unit));
    return this.#people.filter((person, at) => {
      if (same.has(person)) return true;
      if (person.birthDate !== named.birthDate || person.unit !== unit || this.#dropped.has(at)) return false;
      const names = [person.birthName, person.usedName ?? ''].map((name) => plain(name).replace(/ /g, ''));
      return names.some((name) => near(surname, name)) || near(given, plain(person.givenName).replace(/ /g, ''));
    });
  }

  /** The best first, RESULTS_MAX at most, and how many there are. Nothing typed finds nobody. */
  find(typed: string, thisYear: number, unit: string | null = null): { found: Person[]; count: number } {
    const query = readQuery(typed, thisYear);
    if (isTooShort(query)) return { found: [], count: 0 };
    const { words, numbers } = query;
    this.readNames(Infinity);
    const scores = new Uint8Array(this.#people.length);
    for (const at of this.#dropped) scores[at] = NO;
    if (unit !== null) this.#people.forEach((person, at) => { if (person.unit !== unit) scores[at] = NO; });
    for (const word of words) this.#named(word, scores);
    for (const number of numbers) this.#numbered(number, scores);
    return this.#best(scores);
  }

  /** One pass that keeps the few best: a single letter finds thousands, and nobody reads them. */
  #best(scores: Uint8Array): { found: Person[]; count: number } {
    const best: number[] = [];
    const before = (a: number, b: number) => scores[a]! - scores[b]! || this.#order(a, b);
    let count = 0;
    for (let at = 0; at < scores.length; at += 1) {
      if (scores[at]! >= NO) continue;
      count += 1;
      if (best.length === RESULTS_MAX && before(best[RESULTS_MAX - 1]!, at) <= 0) continue;
      let place = best.length;
      while (place > 0 && before(at, best[place - 1]!) < 0) place -= 1;
      best.splice(place, 0, at);
      if (best.length > RESULTS_MAX) best.pop();
    }
    return { found: best.map((at) => this.#people[at]!), count };
  }

  #order(a: number, b: number): number {
    const [one, other] = [this.#people[a]!, this.#people[b]!];
    if (one.birthName !== other.birthName) return one.birthName < other.birthName ? -1 : 1;
    return one.givenName < other.givenName ? -1 : one.givenName > other.givenName ? 1 : a - b;
  }

  /** Adds how well each person's names hold `typed`; who does not bear it is out. */
  #named(typed: string, scores: Uint8Array): void {
    const errors = errorsIn(typed);
    const here = new Uint8Array(scores.length).fill(NO);
    for (const [word, bearers] of this.#words) {
      let score = NO;
      if (word.startsWith(typed)) score = BEGINS;
      else if (typed.length >= PART_LETTERS_MIN && word.includes(typed)) score = PART;
      else if (errors > 0 && nearlyBegins(typed, word, errors)) score = ERROR;
      if (score === NO) continue;
      for (const at of bearers) if (here[at]! > score) here[at] = score;
    }
    for (let at = 0; at < scores.length; at += 1) scores[at] = Math.min(NO, scores[at]! + here[at]!);
  }

  #numbered({ dates, phone }: { dates: string[]; phone: string | null }, scores: Uint8Array): void {
    for (let at = 0; at < scores.length; at += 1) {
      if (scores[at] === NO) continue;
      const { birthDate } = this.#people[at]!;
      if (dates.some((date) => (date.startsWith('-') ? birthDate.endsWith(date) : birthDate.startsWith(date)))) continue;
      scores[at] = phone !== null && this.#phones[at]!.includes(phone) ? Math.min(NO - 1, scores[at]! + PART) : NO;
    }
  }
}
