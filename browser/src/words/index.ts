import type commonFr from './fr/common.json';
import type patientFr from './fr/patient.json';
import type codeFr from './fr/code.json';
import type accessesFr from './fr/accesses.json';
import type deskFr from './fr/desk.json';
import type rulesFr from './fr/desk_rules.json';
import type membersFr from './fr/desk_members.json';
import type keysFr from './fr/desk_keys.json';
import type patientsFr from './fr/desk_patients.json';
import type dayFr from './fr/desk_day.json';
import type accountFr from './fr/account.json';
import type openingFr from './fr/opening.json';
import type joinFr from './fr/join.json';
import type personPlaceFr from './fr/person_place.json';
import type messageFr from './fr/message.json';
import type readingsFr from './fr/readings.json';
import type incidentsFr from './fr/incidents.json';

type Tables = typeof commonFr & typeof patientFr & typeof codeFr & typeof accessesFr & typeof deskFr & typeof rulesFr & typeof membersFr & typeof keysFr & typeof patientsFr
  & typeof dayFr & typeof accountFr & typeof openingFr & typeof joinFr & typeof personPlaceFr & typeof messageFr & typeof readingsFr & typeof incidentsFr;
export type WordKey = keyof Tables;
/** A key that has a form for one and a form for several: `hold.minutes` stands for `hold.minutes.one` and `.other`. */
export type CountKey = { [K in WordKey]: K extends `${infer Base}.one` ? Base : never }[WordKey];
export type Language = 'fr' | 'en';
type Values = Record<string, string | number>;

const table: Record<string, string> = {};
let spoken: Language = 'fr';
let forms = new Intl.PluralRules('fr');

/** The page's language, as the server set it on <html lang>. */
export function pageLanguage(): Language {
  return document.documentElement.lang.startsWith('en') ? 'en' : 'fr';
}

/** Gives the words of one language to `t`; each page entry calls it once, before it draws. */
export function speak(language: Language, ...words: Record<string, string>[]): void {
  spoken = language;
  forms = new Intl.PluralRules(language);
  Object.assign(table, ...words);
}

export function language(): Language {
  return spoken;
}

function fill(sentence: string, values: Values): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`The sentence "${sentence}" was given no ${name}.`);
    return String(value);
  });
}

/** The sentence of `key` in the page's language, its {values} filled in. */
export function t(key: WordKey, values: Values = {}): string {
  const sentence = table[key];
  if (sentence === undefined) throw new Error(`No words are loaded for "${key}".`);
  return fill(sentence, values);
}

/** The form of `base` for `count` ({count} is filled in). */
export function tn(base: CountKey, count: number, values: Values = {}): string {
  const form = forms.select(count) === 'one' ? 'one' : 'other';
  return t(`${base}.${form}` as WordKey, { count, ...values });
}
