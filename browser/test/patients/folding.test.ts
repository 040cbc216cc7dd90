// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import file from '../../../spec/vectors/cards.json';
import { fromHex, hex } from '../../src/seal/bytes';
import { personId } from '../../src/usecases/patients/folding';

describe('the card that browsers make by themselves', () => {
  it.each(file.person.people)('of $given_name $birth_name has the id that the Python twin derives', (told) => {
    const person = { givenName: told.given_name, birthName: told.birth_name, usedName: 'left aside', birthDate: told.birth_date };
    expect(hex(personId(fromHex(file.person.epoch_seed), person))).toBe(told.card);
  });
});
