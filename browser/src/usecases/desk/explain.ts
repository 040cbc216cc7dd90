// SPDX-License-Identifier: AGPL-3.0-or-later
/** What patients are offered in a span of a lane, and why a time is not offered. */
import { readSlots } from '../../wire/patient';
import type { Id } from '../../wire/types';
import { dateAt, instantText, type Span } from './days';
import type { Visit } from './model';
import { readWhy, readWhyStaff, type Why } from './routes';
import type { OpenDesk } from './unlock';

/** The starts offered to patients for this visit type within `span`, on the site's day it begins on. */
export async function offeredWithin(agenda: Id, visitType: Id, zone: string, span: Span): Promise<number[]> {
  const { days } = await readSlots(agenda, visitType, dateAt(zone, span.start), 1);
  return days.flatMap(({ slots }) => slots.map(({ start }) => Date.parse(start) / 1000)).filter((start) => start >= span.start && start < span.end);
}

/** Throws Refused, NoAnswer, NotNow. */
export function explain(desk: OpenDesk, agenda: Id, visitType: Id, start: number): Promise<Why> {
  return readWhy(desk.practice.practice, agenda, visitType, instantText(start));
}

/** What stands against moving a visit there, its own time aside; empty reasons: it is free. Throws Refused, NoAnswer, NotNow. */
export function explainMove(desk: OpenDesk, visit: Visit, agenda: Id, start: number): Promise<Why> {
  return readWhyStaff(desk.practice.practice, agenda, visit.visitType, instantText(start), visit.record, visit.minutes);
}
