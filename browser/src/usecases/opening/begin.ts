// SPDX-License-Identifier: AGPL-3.0-or-later
/** First hours and visit types, and where an interrupted opening goes on. */
import { ID_BYTES, fromBase64, random, uuidFromId, type Bytes } from '../../seal/bytes';
import type { Id } from '../../wire/types';
import type { Account } from '../account/account';
import { readHouse, readMe } from '../desk/routes';
import { openPractice, type OpenDesk } from '../desk/unlock';
import { type FirstRules, type Standing, type Template, type Weekday, postRules, readStanding } from './routes';

export interface Span {
  days: Weekday[];
  /** Minutes of the day, on the site's wall clock. */
  start: number;
  end: number;
}

/** The template's hours, as they are shown and changed. */
export const spansOf = (template: Template): Span[] =>
  template.hours.map(({ days, start_minute, end_minute }) => ({ days: [...days], start: start_minute, end: end_minute }));

export type SpanFault = 'no_day' | 'times' | 'overlap';

/** What is wrong with one line of hours; null when nothing is. */
export function faultOf(spans: readonly Span[], at: number): SpanFault | null {
  const span = spans[at]!;
  if (span.days.length === 0) return 'no_day';
  if (!(span.start < span.end)) return 'times';
  const meets = (other: Span) => other.start < span.end && span.start < other.end && other.days.some((day) => span.days.includes(day));
  return spans.some((other, index) => index < at && meets(other)) ? 'overlap' : null;
}

/** "8:30" or "08:30" in minutes; null for what is no time of day. Midnight at the end is 24:00. */
export function minutesOf(text: string): number | null {
  const found = /^(\d{1,2}):(\d{2})$/.exec(text);
  if (found === null) return null;
  const minutes = Number(found[1]) * 60 + Number(found[2]);
  return Number(found[2]) < 60 && minutes <= 1440 ? minutes : null;
}

export const timeOf = (minutes: number): string => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

const draw = (): Id => uuidFromId(random(ID_BYTES));

/** Stores first rules in place of those before. Throws Refused (already_open), NoAnswer, NotNow. */
export function storeRules(practice: Id, spans: readonly Span[], types: readonly number[]): Promise<Standing> {
  const rules: FirstRules = {
    hours: spans.map(({ days, start, end }) => ({ opening: draw(), days, start_minute: start, end_minute: end })),
    visit_types: types.map((nth) => ({ visit_type: draw(), nth })),
  };
  return postRules(practice, rules);
}

/** A practice that was begun and takes no bookings yet. */
export interface Begun {
  practice: Id;
  slug: string;
  name: string;
  specialty: string;
  fingerprint: Bytes;
  standing: Standing;
}

/** The opening this account left unfinished, if there is one. */
export async function unfinished(account: Account): Promise<Begun | null> {
  const left = account.practices.find((one) => !one.accepts_bookings);
  if (left === undefined) return null;
  const [house, standing] = await Promise.all([readHouse(left.practice), readStanding(left.practice)]);
  return {
    practice: left.practice, slug: left.slug, name: left.name, specialty: house.practitioners[0]?.specialty ?? '',
    fingerprint: fromBase64(house.fingerprint ?? ''), standing,
  };
}

/** The practice that was just opened, as its owner's desk has it; null if the account is no member any more. Throws what a desk's opening throws. */
export async function deskOf({ user }: Account, practice: Id): Promise<OpenDesk | null> {
  const { practices } = await readMe();
  const mine = practices.find((one) => one.practice === practice);
  return mine === undefined ? null : await openPractice({ user, practices, dormant: [] }, mine);
}

/** A practice's own link, with its key after the #. */
export function practiceLink(origin: string, slug: string, fingerprint: string): string {
  return `${origin}/p/${slug}#k=${fingerprint}`;
}
