// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { personTyped } from '../../src/usecases/opening/entry';

describe('who is in no register and types herself in by hand', () => {
  it.each([
    ['Bento', '', '', 'Bento'], ['inès bento', '', 'Inès', 'Bento'], ['Dr Inès Bento', 'Dr', 'Inès', 'Bento'],
    ['anne-laure d’orves', '', 'Anne-Laure', 'D’Orves'], ['10001234567', '', '', ''], ['Dreyfus', '', '', 'Dreyfus'], ['', '', '', ''],
  ])('finds what she looked for in the form: %s', (typed, title, given, family) => {
    expect(personTyped(typed)).toEqual({ title, given_name: given, family_name: family, specialty: '' });
  });
});
