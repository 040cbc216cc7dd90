import places from '../../../src/serment/domain/zone_places.json';
import { language } from './index';

/** Days, hours and dates as the page's language writes them, in a site's zone. */

const NB = '\u00a0';
const known = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = `${language()}|${zone}|${JSON.stringify(options)}`;
  let found = known.get(name);
  if (found === undefined) {
    found = new Intl.DateTimeFormat(language() === 'fr' ? 'fr-FR' : 'en-GB', { ...options, timeZone: zone });
    known.set(name, found);
  }
  return found;
}

function wallClock(instant: Date, zone: string): { hour: string; minute: string; date: string } {
  const parts = Object.fromEntries(
    format(zone, { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
      .formatToParts(instant).map((part) => [part.type, part.value]),
  ) as Record<string, string>;
  return { hour: parts['hour']!, minute: parts['minute']!, date: `${parts['year']}-${parts['month']}-${parts['day']}` };
}

/** The local date of an instant, YYYY-MM-DD. */
export function localDate(instant: Date, zone: string): string {
  return wallClock(instant, zone).date;
}

/** `date` shifted by whole days. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T12:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

function hourOf(hour: string, minute: string): string {
  return `${Number(hour)}:${minute}`;
}

/** 9:40, in grids and buttons. */
export function hourInGrid(start: string, zone: string): string {
  const { hour, minute } = wallClock(new Date(start), zone);
  return hourOf(hour, minute);
}

/** "09:40" of the wire as 9:40. */
export function wireHourInGrid(time: string): string {
  return hourOf(time.slice(0, 2), time.slice(3, 5));
}

/** 9 h 40 in French sentences, 9:40 in English ones. */
export function hourInSentence(start: string, zone: string): string {
  const { hour, minute } = wallClock(new Date(start), zone);
  if (language() === 'en') return hourOf(hour, minute);
  return `${Number(hour)}${NB}h${minute === '00' ? '' : `${NB}${minute}`}`;
}

const DAY: Intl.DateTimeFormatOptions = { weekday: 'long', day: 'numeric', month: 'long' };

function tidyDay(text: string): string {
  const day = text.replace(',', '').replace(/(\d+)\s/, `$1${NB}`);
  return language() === 'fr' ? day.replace(/\b1\u00a0/, `1er${NB}`) : day;
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** mardi 23 mars, with the year when it is not the present one. */
export function dayInSentence(start: string, zone: string, now: Date = new Date()): string {
  const instant = new Date(start);
  const sameYear = localDate(instant, zone).slice(0, 4) === localDate(now, zone).slice(0, 4);
  return tidyDay(format(zone, sameYear ? DAY : { ...DAY, year: 'numeric' }).format(instant));
}

/** Mardi 23 mars, at the head of a line. */
export function dayAsTitle(start: string, zone: string, now: Date = new Date()): string {
  return upper(dayInSentence(start, zone, now));
}

/** A local date of the wire as a title. */
export function dateAsTitle(date: string): string {
  return dayAsTitle(`${date}T12:00:00Z`, 'UTC');
}

/** A local date of the wire in a sentence. */
export function dateInSentence(date: string): string {
  return dayInSentence(`${date}T12:00:00Z`, 'UTC');
}

/** Mar. 23 mars */
export function dayShort(start: string, zone: string): string {
  return upper(tidyDay(format(zone, { weekday: 'short', day: 'numeric', month: 'short' }).format(new Date(start))));
}

/** 2 novembre 2015, from YYYY-MM-DD. */
export function birthDateInWords(date: string): string {
  return tidyDay(format('UTC', { day: 'numeric', month: 'long', year: 'numeric' }).format(new Date(`${date}T12:00:00Z`)));
}

/**
 * Which pass of a repeated hour an instant lies in: 'first' (the clocks have not changed yet), 'second', or null when
 * its wall-clock time comes once. Zones turn back by an hour or by half an hour.
 */
export function passOf(start: string, zone: string): 'first' | 'second' | null {
  const instant = Date.parse(start);
  const wall = (at: number): string => JSON.stringify(wallClock(new Date(at), zone));
  for (const minutes of [60, 30]) {
    if (wall(instant + minutes * 60_000) === wall(instant)) return 'first';
    if (wall(instant - minutes * 60_000) === wall(instant)) return 'second';
  }
  return null;
}

/** Whether clocks on this device show another time than the site's at that instant. */
export function elsewhere(start: string, zone: string): boolean {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return hourInGrid(start, here) !== hourInGrid(start, zone);
}

/** The place a zone is called by, after "heure de": la Guadeloupe, Nouméa; in English the tz database's. */
export function zonePlace(zone: string): string {
  const city = zone.slice(zone.lastIndexOf('/') + 1).replace(/_/g, ' ');
  return language() === 'fr' ? ((places.fr as Record<string, string>)[zone] ?? city) : city;
}

/** The names joined as a sentence joins them: 10 h, 10 h 20 et 11 h. */
export function listed(names: string[]): string {
  return new Intl.ListFormat(language(), { type: 'conjunction' }).format(names);
}
