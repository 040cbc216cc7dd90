// SPDX-License-Identifier: AGPL-3.0-or-later
/** Who read what, as the practice's owners are told it: lines and figures of the access ledger, and a table of them for a file. */
import type { Id, Instant, LocalDate } from '../../wire/types';
import { of, post } from '../desk/routes';

/** What left: groups of appointments, patient cards, the index of names. */
export const PARTS = ['id', 'ct', 'rs', 'card', 'index'] as const;
export type Part = (typeof PARTS)[number];
export type Purpose = 'agenda' | 'unopened' | 'record' | 'link' | 'cards' | 'index' | 'feed';

/** The server answers for so many days at once. */
export const LEDGER_DAYS_MAX = 92;
/** Lines of one answer: a screenful that opens at once; for a file as many as there may be. */
const LINES_SHOWN = 60;
const LINES_OF_FILE = 500;
/** Rows of a file: a spreadsheet still opens it. */
export const FILE_ROWS_MAX = 200_000;

/** Days of the practice's clock, both included. Without `parts`: all. */
export interface Wanted {
  from: LocalDate;
  to: LocalDate;
  who: 'everybody' | 'members' | 'links';
  member: Id | null;
  record: Id | null;
  parts?: Part[];
}

export interface Line {
  line: Id;
  at: Instant;
  /** Null: whoever held a patient's link. */
  member: Id | null;
  purpose: Purpose;
  parts: Part[];
  records: Id[];
}

export interface Place {
  agenda: Id;
  start: Instant;
}

export interface Lines {
  timezone: string;
  lines: Line[];
  /** Of appointments in the owner's own units, by record. */
  places: Map<Id, Place>;
  after: { at: Instant; line: Id } | null;
}

export interface Figure {
  part: Part;
  times: number;
  records: number;
}

export interface Figures {
  timezone: string;
  /** Who else sees that the ledger only grows; null where the host names nobody. */
  witness: { at: Instant | null; away_since: Instant | null } | null;
  /** A line in the database, of some practice, is not what was published. */
  differs_since: Instant | null;
  readers: { member: Id | null; last: Instant; parts: Figure[] }[];
  days: { day: LocalDate; parts: Figure[] }[];
}

type LinesAnswer = Omit<Lines, 'places'> & { places: (Place & { record: Id })[] };

/** Throws Refused, NoAnswer, NotNow. */
export const readFigures = (practice: Id, wanted: Wanted) => post<Figures>(of(practice, 'ledger/figures'), wanted);

/** The newest first; `before`: those that were read already. Throws Refused, NoAnswer, NotNow. */
export async function readLines(practice: Id, wanted: Wanted, before: Lines | null, most = LINES_SHOWN): Promise<Lines> {
  const answer = await post<LinesAnswer>(of(practice, 'ledger'), { ...wanted, most, after: before?.after ?? null });
  const places = new Map(before?.places);
  for (const { record, agenda, start } of answer.places) places.set(record, { agenda, start });
  return { timezone: answer.timezone, lines: [...(before?.lines ?? []), ...answer.lines], places, after: answer.after };
}

/** All lines that are wanted, or null where a file of them would have more than FILE_ROWS_MAX rows. Throws Refused, NoAnswer, NotNow. */
export async function readAllLines(practice: Id, wanted: Wanted): Promise<Lines | null> {
  let all = await readLines(practice, wanted, null, LINES_OF_FILE);
  while (all.after !== null && rowsOf(all) <= FILE_ROWS_MAX) all = await readLines(practice, wanted, all, LINES_OF_FILE);
  return rowsOf(all) > FILE_ROWS_MAX ? null : all;
}

const rowsOf = ({ lines }: Lines): number => lines.reduce((sum, { records }) => sum + records.length, 0);

/** Lines by day, the newest first; `dayOf` says an instant's. */
export function byDay(lines: readonly Line[], dayOf: (at: Instant) => LocalDate): { day: LocalDate; lines: Line[] }[] {
  const days = new Map<LocalDate, Line[]>();
  for (const line of lines) {
    const day = dayOf(line.at);
    days.set(day, [...(days.get(day) ?? []), line]);
  }
  return [...days].map(([day, some]) => ({ day, lines: some }));
}

/** A table as spreadsheets read it (RFC 4180, UTF-8 with its mark); in French they part cells by semicolons. */
export function csv(rows: readonly (readonly string[])[], language: 'fr' | 'en'): string {
  const part = language === 'fr' ? ';' : ',';
  return `\ufeff${rows.map((row) => `${row.map(cell).join(part)}\r\n`).join('')}`;
}

/** What begins like a formula would be worked out by the spreadsheet: an apostrophe makes it text. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[";,\r\n]/.test(plain) ? `"${plain.replace(/"/g, '""')}"` : plain;
}
