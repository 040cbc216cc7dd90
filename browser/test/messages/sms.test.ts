// SPDX-License-Identifier: AGPL-3.0-or-later
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Language, MessageKind } from '../../src/seal/messages';
import type { Length } from '../../src/usecases/messages/gsm7';
import { placeTold, previewSms } from '../../src/usecases/messages/sms';

interface Vector extends Length {
  start: number;
  zone: string;
  word: string;
  now: number;
  kind: MessageKind;
  language: Language;
  link: string;
  text: string;
}
const { sms: vectors } = JSON.parse(readFileSync(new URL('../../../spec/vectors/sms.json', import.meta.url), 'utf8')) as { sms: Vector[] };

describe('the SMS a word makes', () => {
  it.each(vectors)('is shown as it will be sent: $kind, $language, $word', ({ kind, language, now, link, text, start, zone, word, ...length }) => {
    const visit = { start, zone, word };
    expect(previewSms(kind, language, visit, now, link)).toEqual({ text, length });
  });

  it.each(['serment.fr', '3639', '06 39 98', 'a@b', 'x\u202ey', '<b>', '{link}'])('leaves out what could be taken for more: %s', (word) => {
    expect(placeTold(word)).toBe('');
  });

  it.each(['T.', 'Paris 14e', 'Kiné (Sud) & Cie', 'L\'Haÿ-les-Roses'])('tells %s', (word) => {
    expect(placeTold(word)).toBe(word);
  });
});
