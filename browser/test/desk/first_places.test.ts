// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { askedOf, kindsOf } from '../../src/usecases/desk/first_places';
import type { Agenda, VisitType } from '../../src/usecases/desk/model';

const agenda = (id: string, practitioner: string, siteId: string): Agenda => ({
  agenda: id, unit: 'unit', zone: 'Europe/Paris', site: siteId, siteId, practitioner, short: practitioner, initials: 'AB', ink: 1, letter: null,
});
const type = (visitType: string, fr: string, agendas: string[]): VisitType => ({
  visitType, fr, en: fr, minutes: 20, step: 20, before: 0, after: 0, colour: 1, agendas, questions: [],
});
const bento = agenda('bento', 'Dr Bento', 'lavoir');
const bentoAtPont = agenda('bento-pont', 'Dr Bento', 'pont');
const okoro = agenda('okoro', 'Dr Okoro', 'lavoir');

describe('the question of the first place', () => {
  it('offers kinds of visit by name: two types that share one are one kind', () => {
    const types = [type('a', 'Consultation', ['bento']), type('b', 'Vaccin', ['okoro']), type('c', 'Consultation', ['okoro'])];
    expect(kindsOf(types, [bento, okoro], ({ fr }) => fr)).toEqual([
      { name: 'Consultation', visitTypes: ['a', 'c'] }, { name: 'Vaccin', visitTypes: ['b'] },
    ]);
    expect(kindsOf(types, [bento], ({ fr }) => fr)).toEqual([{ name: 'Consultation', visitTypes: ['a'] }]);
  });

  it('is put to every agenda, or to those of a practitioner, a site, or both', () => {
    const all = [bento, bentoAtPont, okoro];
    const ids = (practitioners: string[], site: string | null) => askedOf(all, { practitioners: new Set(practitioners), site }).map((one) => one.agenda);
    expect(ids([], null)).toEqual(['bento', 'bento-pont', 'okoro']);
    expect(ids(['Dr Bento'], null)).toEqual(['bento', 'bento-pont']);
    expect(ids([], 'lavoir')).toEqual(['bento', 'okoro']);
    expect(ids(['Dr Okoro'], 'pont')).toEqual([]);
  });
});
