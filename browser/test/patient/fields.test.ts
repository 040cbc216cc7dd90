// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { Mistyped, readBirthDate, readEmail, readPhone } from '../../src/usecases/fields';
import { confidedFrom, firstVisitHere, nothingTyped } from '../../src/usecases/typed';
import en from '../../src/words/en/common.json';
import fr from '../../src/words/fr/common.json';
import { speak } from '../../src/words/index';
import { birthDateInWords, dayAsTitle, dayInSentence, dayShort } from '../../src/words/when';

const TODAY = '2027-03-16';
const fault = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (error instanceof Mistyped) return error.key;
    throw error;
  }
  return '';
};

describe('a phone number', () => {
  it('of ten digits that begins with 00 is a slip, a longer one is another country’s', () => {
    expect(fault(() => readPhone('00 12 34 56 78'))).toBe('field.phone.zeros');
    expect(readPhone('00 41 22 345 67 89')).toBe('+41223456789');
    expect(readPhone('04 75 22 00 00')).toBe('+33475220000');
  });
});

describe('an e-mail address', () => {
  it('with two full stops in a row says that', () => {
    expect(fault(() => readEmail('g@orange..fr'))).toBe('field.email.dots');
    expect(readEmail('g@orange.fr')).toBe('g@orange.fr');
  });
});

describe('a year of two digits', () => {
  it.each(['14/3/61', '14 3 61', '140361', '14 mars 61'])('is taken where it can be one alone: "%s"', (typed) => {
    expect(readBirthDate(typed, TODAY)).toBe('1961-03-14');
  });
  it('is asked for where a child or somebody of a hundred years may be meant', () => {
    for (const typed of ['14/3/19', '14/3/27', '1/1/00']) expect(fault(() => readBirthDate(typed, TODAY))).toBe('field.date.year');
    expect(readBirthDate('14/3/28', TODAY)).toBe('1928-03-14');
  });
});

describe('the first of a month', () => {
  it.each(['1er février 1948', '1 er février 1948', 'le 1er février 1948', '1 2 1948'])('is read from "%s"', (typed) => {
    expect(readBirthDate(typed, TODAY)).toBe('1948-02-01');
  });

  it('is "1er" in French, and English days have their capital', () => {
    const now = new Date('2026-01-05T12:00:00Z');
    const first = '2026-02-01T12:00:00Z';
    speak('fr', fr);
    expect(dayInSentence(first, 'UTC', now)).toBe('dimanche 1er\u00a0février');
    expect(dayShort(first, 'UTC')).toBe('Dim. 1er\u00a0févr.');
    expect(birthDateInWords('1948-02-01')).toBe('1er\u00a0février 1948');
    expect(dayInSentence('2026-02-11T12:00:00Z', 'UTC', now)).toBe('mercredi 11\u00a0février');
    speak('en', en);
    for (const say of [dayInSentence, dayAsTitle]) expect(say(first, 'UTC', now)).toBe('Sunday 1\u00a0February');
    expect(dayShort(first, 'UTC')).toBe('Sun 1\u00a0Feb');
  });
});

describe('who answers the phone', () => {
  const typed = { ...nothingTyped(), givenName: 'Tom', birthName: 'Abescat', birthDate: '9 4 2019', sex: 'male' as const, phone: '06 39 98 12 40' };

  it('is told with the number where the visit is somebody else’s', () => {
    const child = confidedFrom({ ...typed, relation: 'child', contactName: ' Alice  Renaudin ' }, [], TODAY);
    expect(child.ct.name).toBe('Alice Renaudin');
    expect(child.rs.notes).toBeNull();
    expect(confidedFrom({ ...typed, relation: 'relative' }, [], TODAY)).toMatchObject({ id: { relation: 'relative' }, ct: { name: null } });
  });

  it('is nobody’s business where it is one’s own, whatever stands in the field', () => {
    expect(confidedFrom({ ...typed, relation: 'self', contactName: 'Alice' }, [], TODAY).ct.name).toBeNull();
  });
});

describe('a first visit', () => {
  const asked = { id: 'q', kind: 'yes_no' as const, fr: 'Est-ce votre première visite au cabinet ?', en: '', required: true, choices: [], first_visit: true };

  it('is known by the question that practices mark', () => {
    expect(firstVisitHere([asked], { q: 'yes' })).toBe(true);
    expect(firstVisitHere([asked], { q: 'no' })).toBe(false);
    expect(firstVisitHere([{ ...asked, first_visit: false }], { q: 'yes' })).toBe(false);
  });
});
