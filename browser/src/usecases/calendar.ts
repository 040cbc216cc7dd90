import { fromBase64url, uuidFromId } from '../seal/bytes';
import { D } from '../seal/conventions';

/** Octets a content line may have before it is folded (RFC 5545, 3.1). */
const LINE_OCTETS_MAX = 75;
const UID_BYTES = 16;
/** More acts than one revision ever has: within a revision each act raises the number, and the next revision raises it above all. */
const ACTS_A_REVISION = 100;
/** How long before the visit the calendar reminds: a day, an hour (RFC 5545 durations). */
const ALARMS = ['-P1D', '-PT1H'];

export interface CalendarEntry {
  uid: string;
  sequence: number;
  start: string;
  minutes: number;
  /** The one word of place. */
  town: string;
  /** Names nobody, no specialty, and no practice unless its patient asked for that: calendars sync to clouds. */
  title: string;
  /** What the reminder shows; the time, nothing else. */
  reminder: string;
  cancelled: boolean;
}

/**
 * The entry's name, the same for every file of one appointment, so that a calendar changes its entry instead of adding another. From the
 * link's secret, by a label of its own: nobody else computes it, and nothing is computed from it (docs/decisions/0027).
 */
export function calendarUid(cap: string): string {
  return uuidFromId(D(fromBase64url(cap), 'calendar', UID_BYTES));
}

/** Grows with every move, cancellation and restoration. */
export function calendarSequence(rev: number, acts: number): number {
  return rev * ACTS_A_REVISION + acts;
}

function basicUtc(instant: Date): string {
  return instant.toISOString().replace(/[-:]|\.\d+/g, '');
}

function escaped(text: string): string {
  return text.replace(/[\\;,]/g, (sign) => `\\${sign}`).replace(/\r?\n/g, '\\n');
}

/** Folds a content line between characters, never inside one. */
function folded(line: string): string {
  const octets = new TextEncoder();
  const rows: string[] = [];
  let row = '';
  for (const character of line) {
    if (octets.encode(row + character).length > LINE_OCTETS_MAX - (rows.length > 0 ? 1 : 0)) {
      rows.push(row);
      row = '';
    }
    row += character;
  }
  return [...rows, row].join('\r\n ');
}

function alarm(trigger: string, reminder: string): string[] {
  return ['BEGIN:VALARM', 'ACTION:DISPLAY', `TRIGGER:${trigger}`, `DESCRIPTION:${escaped(reminder)}`, 'END:VALARM'];
}

/** A calendar file (RFC 5545) with the time and the town: no identity, no link that opens the appointment. */
export function calendarFile(entry: CalendarEntry, now: Date): string {
  const start = new Date(entry.start);
  const end = new Date(start.getTime() + entry.minutes * 60_000);
  const lines = [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Serment//Serment//EN', 'METHOD:PUBLISH',
    'BEGIN:VEVENT', `UID:${entry.uid}`, `SEQUENCE:${entry.sequence}`, `DTSTAMP:${basicUtc(now)}`, `DTSTART:${basicUtc(start)}`, `DTEND:${basicUtc(end)}`,
    `SUMMARY:${escaped(entry.title)}`, `LOCATION:${escaped(entry.town)}`, 'CLASS:PRIVATE', `STATUS:${entry.cancelled ? 'CANCELLED' : 'CONFIRMED'}`,
    ...(entry.cancelled ? [] : ALARMS.flatMap((trigger) => alarm(trigger, entry.reminder))),
    'END:VEVENT', 'END:VCALENDAR',
  ];
  return lines.map(folded).join('\r\n') + '\r\n';
}
