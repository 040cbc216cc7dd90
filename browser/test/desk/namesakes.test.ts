// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import type { Identity, Visit } from '../../src/usecases/desk/model';
import { firstLettersOf, namesakesOf } from '../../src/usecases/desk/namesakes';

const of = (record: string, surname: string, firstName: string, birthDate: string) =>
  ({ record, identity: { surname, firstName, birthDate } as Identity }) as Visit;

describe('the namesakes of a day', () => {
  it('are told apart by the year of birth, whatever the accents of their surname', () => {
    const told = namesakesOf([of('rose', 'Anquétil', 'Rose', '1961-03-14'), of('young-rose', 'ANQUETIL', 'Rose', '1990-11-02'), of('tom', 'Abescat', 'Tom', '2019-04-09')]);
    expect([...told]).toEqual([['rose', 'year'], ['young-rose', 'year']]);
  });

  it('of one year are told apart by the whole date', () => {
    const told = namesakesOf([of('a', 'Delmotte', 'Anne', '1990-01-02'), of('b', 'Delmotte', 'Anne', '1990-06-07'), of('c', 'Delmotte', 'Anne', '1958-06-07')]);
    expect([...told]).toEqual([['a', 'date'], ['b', 'date'], ['c', 'year']]);
  });

  it('are no family: first names tell it apart, by their first letters where there is no room', () => {
    const family = [of('a', 'Delmotte', 'Anne', '1990-01-02'), of('b', 'DELMOTTE', 'Adèle', '2019-06-07'), of('c', 'Delmotte', 'Luc', '1958-06-07'), of('d', 'Abescat', 'Luc', '1988-06-07')];
    expect(namesakesOf(family).size).toBe(0);
    expect([...firstLettersOf(family)]).toEqual([['a', 'An.'], ['b', 'Ad.'], ['c', 'L.']]);
    const namesakes = [of('a', 'Delmotte', 'Luc', '1990-01-02'), of('b', 'Delmotte', 'Luc', '1958-06-07')];
    expect(firstLettersOf(namesakes).size).toBe(0);
    expect(firstLettersOf([of('a', 'Delmotte', 'Jo', '1990-01-02'), of('b', 'Delmotte', 'Jocelyne', '1990-01-02')]).get('a')).toBe('Jo');
  });

  it('are no one person who comes twice, and nobody whose name is sealed', () => {
    const sealed = { record: 'sealed', identity: null } as Visit;
    expect(namesakesOf([of('a', 'Anquetil', 'Rose', '1961-03-14'), of('b', 'Anquetil', 'Rose', '1961-03-14'), sealed]).size).toBe(0);
  });
});
