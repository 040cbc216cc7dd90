// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * The SMS that a word makes, shown where words are chosen, with what it costs. The notifier writes the real one, from the same sentences
 * (notifier/wording.py); spec/vectors/sms.json holds the two to each other. Instants are UTC seconds.
 */
import places from '../../../../src/serment/domain/zone_places.json';
import en from '../../../../src/serment/notifier/words/sms.en.json';
import fr from '../../../../src/serment/notifier/words/sms.fr.json';
import type { Language, MessageKind } from '../../seal/messages';
import { addDays, dateAt, localDay, wallOf } from '../desk/days';
import { type Length, fitted, smsLength } from './gsm7';

const HOME_ZONE = 'Europe/Paris';
/** A date further away than this is told with its year. */
const YEAR_SAID_DAYS = 300;
const SENTENCES = { fr, en };

export interface ToldVisit {
  readonly start: number;
  readonly zone: string;
  readonly word: string;
}

export interface Preview {
  readonly text: string;
  readonly length: Length;
}

/** The word as it may be told; nothing where it could be taken for a link, a number or a sign that rearranges the text. */
export function placeTold(word: string): string {
  const told = word.trim().split(/\s+/u).join(' ');
  const plain = /^[\p{L}\p{M}\p{N} '’&(),.-]*$/u.test(told);
  return plain && !/\.[\p{L}\p{N}_]|\p{Nd}(?:[^\p{L}\p{N}_]?\p{Nd}){3}/u.test(told) ? told : '';
}

/** The fullest text that is one segment, if any is; `link` is what stands at its end. */
export function previewSms(kind: MessageKind, language: Language, visit: ToldVisit, now: number, link: string): Preview {
  const place = placeTold(visit.word);
  const near = nearWord(language, visit, now);
  const values: Record<string, string> = {
    near: near === '' ? '' : `${near} `,
    day: dayTold(language, visit, now, false),
    short: dayTold(language, visit, now, true),
    hour: hourTold(language, visit),
    place: place === '' ? '' : `, ${place}`,
    link,
  };
  const previews = SENTENCES[language][`${kind}.sms`].map((sentence) => {
    const text = fitted(sentence.replace(/\{(\w+)\}/g, (_, name: string) => values[name]!));
    return { text, length: smsLength(text) };
  });
  return previews.reduce((best, one) => (one.length.segments < best.length.segments ? one : best));
}

function nearWord(language: Language, visit: ToldVisit, now: number): string {
  const today = dateAt(visit.zone, now);
  const date = dateAt(visit.zone, visit.start);
  if (date === today) return SENTENCES[language]['near.0'];
  return date === addDays(today, 1) ? SENTENCES[language]['near.1'] : '';
}

function dayTold(language: Language, visit: ToldVisit, now: number, short: boolean): string {
  const date = dateAt(visit.zone, visit.start);
  const noon = new Date(`${date}T12:00:00Z`);
  const part = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(language === 'fr' ? 'fr-FR' : 'en-GB', { ...options, timeZone: 'UTC' }).format(noon);
  const name = part({ weekday: 'long' });
  const weekday = short ? name.slice(0, 3) + (language === 'fr' ? '.' : '') : name;
  const number = language === 'fr' && noon.getUTCDate() === 1 ? '1er' : String(noon.getUTCDate());
  const far = date > addDays(dateAt(visit.zone, now), YEAR_SAID_DAYS);
  return `${weekday} ${number} ${part({ month: 'long' })}${far ? ` ${date.slice(0, 4)}` : ''}`;
}

function clockAt(zone: string, instant: number): { date: string; minute: number } {
  const date = dateAt(zone, instant);
  return { date, minute: wallOf(localDay(zone, date), instant).minute };
}

function hourTold(language: Language, visit: ToldVisit): string {
  const there = clockAt(visit.zone, visit.start);
  const hour = Math.floor(there.minute / 60);
  const minute = String(there.minute % 60).padStart(2, '0');
  const told = language === 'en' ? `${hour}:${minute}` : `${hour} h${minute === '00' ? '' : ` ${minute}`}`;
  const home = clockAt(HOME_ZONE, visit.start);
  if (there.date === home.date && there.minute === home.minute) return told;
  const city = visit.zone.slice(visit.zone.lastIndexOf('/') + 1).replace(/_/g, ' ');
  const place = language === 'fr' ? ((places.fr as Record<string, string>)[visit.zone] ?? city) : city;
  return `${told} (${SENTENCES[language].zone.replace('{place}', place)})`;
}
