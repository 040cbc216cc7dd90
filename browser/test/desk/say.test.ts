// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { whenInWords } from '../../src/pages/practice/say';
import { reasonInWords } from '../../src/pages/practice/why';
import deskEn from '../../src/words/en/desk.json';
import deskFr from '../../src/words/fr/desk.json';
import { speak } from '../../src/words/index';

const THURSDAY = Date.parse('2027-03-18T08:40:00Z') / 1000;

describe('a day within a sentence', () => {
  it('is written small in French, and with its capital in English', () => {
    const away = { reason: 'absent', since: '2027-03-18T12:00:00', until: '2027-03-19T09:30:00' };
    speak('fr', deskFr);
    expect(whenInWords('Europe/Paris', THURSDAY)).toBe('jeudi 18 mars, 9\u00a0h\u00a040');
    expect(reasonInWords(away, 'Europe/Paris')).toContain('jeudi 18 mars');
    speak('en', deskEn);
    expect(whenInWords('Europe/Paris', THURSDAY)).toBe('Thursday 18 March, 9:40');
    expect(reasonInWords(away, 'Europe/Paris')).toContain('from Thursday 18 March 12:00 to Friday 19 March 9:30');
  });
});
