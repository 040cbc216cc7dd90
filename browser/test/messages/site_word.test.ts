// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { lettersOf, samplesOf, wordFault } from '../../src/usecases/messages/site_word';

const NAMES = ['Bento', 'Le Gall-Ferrand', 'Ly'];

describe('the word of a site’s messages', () => {
  it.each([
    ['Lavoir', null],
    ['Prévôt', null],
    ['Chez Lyautey', null],
    ['', 'missing'],
    ['   ', 'missing'],
    ['Cabinet de la Fontaine-aux-Bœufs', 'long'],
    ['ééééééééééééé', 'long'],
    ['tilleuls.example', 'more'],
    ['01 40 20', 'more'],
    [' Lavoir', 'more'],
    ['Dr Bento', { names: 'Bento' }],
    ['cabinet bénto', { names: 'Bento' }],
    ['Cabinet Ferrand', { names: 'Le Gall-Ferrand' }],
  ])('%j is refused for %j', (word, fault) => {
    expect(wordFault(word, NAMES)).toEqual(fault);
  });

  it('says which letters an SMS writes otherwise, and which cost more', () => {
    expect(lettersOf('Besançon')).toEqual({ changed: [['ç', 'c']], dear: [] });
    expect(lettersOf('Étévé')).toEqual({ changed: [], dear: [] });
    expect(lettersOf('Лавка').dear).toEqual(['Л', 'а', 'в', 'к']);
  });

  it('is read in each SMS as it goes, one segment long with ç and several with a letter the alphabet lacks', () => {
    const samples = (word: string) => samplesOf({ word, zone: 'Europe/Paris' }, 'fr', '2026-11-25', 'https://rdv.example.org');
    const reminder = samples('Besançon')[0]!;
    expect(reminder.kind).toBe('reminder');
    expect(reminder.preview.text).toMatch(/^Rappel : RDV demain jeudi 26 novembre à 9 h 30, Besancon\. .*https:\/\/rdv\.example\.org\/t#.{22}$/);
    expect(samples('Besançon').map(({ preview }) => preview.length.segments)).toEqual([1, 1, 1, 1]);
    expect(samples('Лавка').every(({ preview }) => preview.length.segments > 1)).toBe(true);
  });
});
