// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { personTyped, sitePhone } from '../../src/usecases/opening/entry';

describe('who is in no register and types herself in by hand', () => {
  it.each([
    ['Bento', '', '', 'Bento'], ['inès bento', '', 'Inès', 'Bento'], ['Dr Inès Bento', 'Dr', 'Inès', 'Bento'],
    ['anne-laure d’orves', '', 'Anne-Laure', 'D’Orves'], ['10001234567', '', '', ''], ['Dreyfus', '', '', 'Dreyfus'], ['', '', '', ''],
  ])('finds what she looked for in the form: %s', (typed, title, given, family) => {
    expect(personTyped(typed)).toEqual({ title, given_name: given, family_name: family, specialty: '' });
  });
});

describe('the number of a practice', () => {
  it.each([
    ['04 75 22 00 77', '04 75 22 00 77'], ['04.75.22.00.77', '04 75 22 00 77'], ['+33 4 75 22 00 77', '04 75 22 00 77'], ['0262 41 00 00', '02 62 41 00 00'],
    ['0806 00 11 22', '08 06 00 11 22'], ['+33 806 00 11 22', '08 06 00 11 22'], ['+41 22 555 01 02', '+41225550102'], ['  ', ''],
  ])('is taken as people write it: %s', (typed, kept) => expect(sitePhone(typed)).toBe(kept));

  it.each(['04 75 22 00', '04 75 22 00 777', '475220077', '+33', 'au secrétariat', '00 75 22 00 77'])('is not taken where nobody could dial it: %s', (typed) => {
    expect(sitePhone(typed)).toBeNull();
  });
});
