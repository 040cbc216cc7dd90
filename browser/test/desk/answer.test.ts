// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { answerInWords } from '../../src/pages/parts/answer';
import en from '../../src/words/en/common.json';
import fr from '../../src/words/fr/common.json';
import { speak } from '../../src/words/index';

type Asked = Parameters<typeof answerInWords>[0];
const yesNo: Asked = { kind: 'yes_no', choices: [] };
const choice: Asked = { kind: 'choice', choices: [{ fr: 'Grippe', en: 'Flu' }] };

describe('an answer at the desk', () => {
  it.each([['fr', fr, ['Oui', 'Non', 'Grippe']], ['en', en, ['Yes', 'No', 'Flu']]] as const)('is read in %s, whoever wrote it', (language, words, read) => {
    speak(language, words);
    expect([answerInWords(yesNo, 'yes'), answerInWords(yesNo, 'no'), answerInWords(choice, 'Grippe')]).toEqual(read);
  });

  it('to a question that is asked no more stands as it was written', () => {
    speak('en', en);
    expect(answerInWords(undefined, 'yes')).toBe('yes');
    expect(answerInWords(choice, 'Tétanos')).toBe('Tétanos');
  });
});
