// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import type { Desk } from '../../src/pages/practice/desk.svelte';
import { Incidents } from '../../src/pages/practice/members/incidents.svelte';
import type { Team } from '../../src/pages/practice/members/team.svelte';
import incidentsEn from '../../src/words/en/incidents.json';
import incidentsFr from '../../src/words/fr/incidents.json';
import { speak } from '../../src/words/index';

describe('the words of a breach that the server hands over', () => {
  it('keep their French signs on the line, and stand as they are in English', () => {
    const incidents = new Incidents({} as Desk, {} as Team);
    incidents.labels = { keys: { unknown: { fr: 'Non déterminé : comptées comme exposées', en: 'Not known: counted as exposed' } } };
    speak('fr', incidentsFr);
    expect(incidents.say('keys', 'unknown')).toBe('Non déterminé\u00a0: comptées comme exposées');
    expect(incidents.say('keys', 'lost')).toBe('lost');
    speak('en', incidentsEn);
    expect(incidents.say('keys', 'unknown')).toBe('Not known: counted as exposed');
  });
});
