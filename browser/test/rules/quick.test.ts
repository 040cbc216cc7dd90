// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { faultOf, readQuick } from '../../src/usecases/rules/quick';

/** A Tuesday. */
const TODAY = '2027-03-16';
const whole = (from: string, until = from) => ({ kind: 'absent', from, until, start: null, end: null });
const hours = (from: string, start: number, end: number, kind = 'absent', until = from) => ({ kind, from, until, start: start * 60, end: end * 60 });

describe('one line typed on the phone', () => {
  it.each([
    ['du 12 au 19 août', whole('2027-08-12', '2027-08-19')],
    ['12-19 aout', whole('2027-08-12', '2027-08-19')],
    ['from 12 to 19 August, whole days', whole('2027-08-12', '2027-08-19')],
    ['14-19 mars', whole('2027-03-14', '2027-03-19')],
    ['12 août – 3 septembre', whole('2027-08-12', '2027-09-03')],
    ['August 12 to September 3', whole('2027-08-12', '2027-09-03')],
    ['12/8', whole('2027-08-12')],
    ['12/8 - 19/8', whole('2027-08-12', '2027-08-19')],
    ['12.08.2028', whole('2028-08-12')],
    ['2027-04-05', whole('2027-04-05')],
    ['aujourd’hui', whole('2027-03-16')],
    ['demain', whole('2027-03-17')],
    ['après-demain', whole('2027-03-18')],
    ['the day after tomorrow', whole('2027-03-18')],
    ['mardi', whole('2027-03-16')],
    ['mardi prochain', whole('2027-03-23')],
    ['vendredi', whole('2027-03-19')],
    ['jeudi au samedi', whole('2027-03-18', '2027-03-20')],
    ['semaine prochaine', whole('2027-03-22', '2027-03-28')],
    ['2 janvier', whole('2028-01-02')],
    ['1er avril', whole('2027-04-01')],
    ['jeudi 18 mars', whole('2027-03-18')],
    ['29 février 2028', whole('2028-02-29')],
  ])('%s is whole days', (text, wanted) => {
    expect(readQuick(text, TODAY)).toEqual(wanted);
  });

  it.each([
    ['jeudi 14-16', hours('2027-03-18', 14, 16)],
    ['jeudi de 14h à 16h30', { ...hours('2027-03-18', 14, 16), end: 990 }],
    ['jeudi 14 h 30 – 16 h', { ...hours('2027-03-18', 14, 16), start: 870 }],
    ['Thursday 2pm to 4pm', hours('2027-03-18', 14, 16)],
    ['18/3 14:00-16:00', hours('2027-03-18', 14, 16)],
    ['demain matin', hours('2027-03-17', 0, 13)],
    ['demain après-midi', hours('2027-03-17', 13, 24)],
    ['cet après-midi', hours(TODAY, 13, 24)],
    ['absente cet aprem', hours(TODAY, 13, 24)],
    ['this afternoon', hours(TODAY, 13, 24)],
    ['ce matin', hours(TODAY, 0, 13)],
    ['ce soir', hours(TODAY, 18, 24)],
    ['tonight', hours(TODAY, 18, 24)],
    ['demain soir', hours('2027-03-17', 18, 24)],
    ['tomorrow morning', hours('2027-03-17', 0, 13)],
    ['ce jeudi après midi', hours('2027-03-18', 13, 24)],
    ['de jeudi après-midi à samedi matin', hours('2027-03-18', 13, 13, 'absent', '2027-03-20')],
    ['vendredi à 15h', hours('2027-03-19', 15, 24)],
    ['malade à partir de 14h', hours(TODAY, 14, 24)],
    ['aujourd’hui à partir de 14h', hours(TODAY, 14, 24)],
    ['malade aujourd’hui dès 14h', hours(TODAY, 14, 24)],
    ['dès 14h', hours(TODAY, 14, 24)],
    ['à partir de 14 h 30', hours(TODAY, 14.5, 24)],
    ['jeudi à partir de 14h', hours('2027-03-18', 14, 24)],
    ['from 2pm', hours(TODAY, 14, 24)],
    ['sick from 14:00', hours(TODAY, 14, 24)],
    ['sick tomorrow from 2pm', hours('2027-03-17', 14, 24)],
    ['this Thursday only 14-16', hours('2027-03-18', 14, 16, 'only')],
    ['jeudi seulement 14-16', hours('2027-03-18', 14, 16, 'only')],
    ['ouvert samedi 9-12', hours('2027-03-20', 9, 12, 'extra')],
    ['open Saturday 9am-12pm', hours('2027-03-20', 9, 12, 'extra')],
    ['du 12 août 14h au 19 août 9h', hours('2027-08-12', 14, 9, 'absent', '2027-08-19')],
  ])('%s is hours', (text, wanted) => {
    expect(readQuick(text, TODAY)).toEqual(wanted);
  });

  it.each(['', 'bonjour', '31 février', '19 août au 12 août 2027', 'jeudi 16-14', 'jeudi 25h', 'ouvert samedi', 'le 12', '12 19 23', '1/1 2/2 3/3', 'matin', 'ce', 'ce matin et ce soir', '14h', 'malade', 'à partir de', 'à partir de demain', 'dès jeudi', 'dès le 12 août'])(
    '"%s" is not guessed at', (text) => {
      expect(readQuick(text, TODAY)).toBeNull();
    },
  );

  it('that ends before it begins is no absence of a year, whatever the day', () => {
    for (const today of ['2027-11-27', '2027-12-27']) expect([readQuick('31-24 décembre', today), faultOf('31-24 décembre', today)]).toEqual([null, 'backwards']);
  });

  it.each([
    ['tous les mercredis après-midi', 'weekly'], ['chaque jeudi', 'weekly'], ['les lundis', 'weekly'], ['every Friday', 'weekly'], ['19 août au 12 août 2027', 'backwards'],
    ['mardi', null], ['jeu', null], ['malade', null], ['', null],
  ])('"%s" is told what it lacks', (text, fault) => {
    expect(faultOf(text, TODAY)).toBe(fault);
  });
});
