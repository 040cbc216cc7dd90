/** Octets a content line may have before it is folded (RFC 5545, 3.1). */
const LINE_OCTETS_MAX = 75;

export interface CalendarEntry {
  start: string;
  minutes: number;
  /** The one word of place. */
  town: string;
  /** The entry's title; it must name nobody, no practice and no specialty: calendars sync to clouds. */
  title: string;
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

/** A calendar file (RFC 5545) with the time and the town: no identity, no practice, no link that opens the appointment. */
export function calendarFile(entry: CalendarEntry, now: Date, uid: string): string {
  const start = new Date(entry.start);
  const end = new Date(start.getTime() + entry.minutes * 60_000);
  const lines = [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Serment//Serment//EN', 'METHOD:PUBLISH',
    'BEGIN:VEVENT', `UID:${uid}`, `DTSTAMP:${basicUtc(now)}`, `DTSTART:${basicUtc(start)}`, `DTEND:${basicUtc(end)}`,
    `SUMMARY:${escaped(entry.title)}`, `LOCATION:${escaped(entry.town)}`, 'CLASS:PRIVATE',
    'END:VEVENT', 'END:VCALENDAR',
  ];
  return lines.map(folded).join('\r\n') + '\r\n';
}
