// SPDX-License-Identifier: AGPL-3.0-or-later
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialsOf } from '../../src/usecases/desk/initials';

const named = (practitioner: string, given_name: string, family_name: string) => ({ practitioner, given_name, family_name });

describe('initials', () => {
  it('adds a letter only where two people would have the same', () => {
    const found = initialsOf([named('1', 'Hélène', 'Marchandot'), named('2', 'Inès', 'Bento'), named('3', 'Ilan', 'Benkaddour')]);
    expect([...found.values()]).toEqual(['HM', 'IBt', 'IBk']);
  });

  it('numbers people of one name', () => {
    expect([...initialsOf([named('1', 'Inès', 'Bento'), named('2', 'Inès', 'Bento')]).values()]).toEqual(['IB1', 'IB2']);
  });

  it('law: no two people of a practice have the same', () => {
    const person = fc.tuple(fc.constantFrom('Inès', 'Ike', 'Hélène'), fc.stringMatching(/^[A-C][a-c]{0,3}$/));
    fc.assert(fc.property(fc.array(person, { maxLength: 8 }), (people) => {
      const found = initialsOf(people.map(([given, family], nth) => named(String(nth), given, family)));
      expect(new Set(found.values()).size).toBe(people.length);
    }));
  });
});
