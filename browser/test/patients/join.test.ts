// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import type { CardContent } from '../../src/seal/people';
import { differing, joinedContent, leftOut, type Pair } from '../../src/usecases/patients/join';

const missed = (nth: number, day: string) => ({ record: new Uint8Array(16).fill(nth), day });
const content = (more: Partial<CardContent>): CardContent => ({
  givenName: 'Alice', birthName: 'Fontbonne', usedName: null, birthDate: '1961-03-14', sex: 'unknown', phone: null, email: null, language: null, note: null, refuse: null, noShows: [], ...more,
});
const card = (id: string, more: Partial<CardContent>) => ({ card: id, unit: 'u', rev: 1, month: 202903, content: content(more) });

const pair: Pair = {
  kept: card('a', { phone: '+33639980001', note: 'Le matin.', noShows: [missed(1, '2026-01-08'), missed(2, '2026-05-02')] }),
  other: card('b', { givenName: 'Alise', sex: 'female', phone: '+33639980002', email: 'alise@exemple.test', language: 'en', noShows: [missed(2, '2026-05-02'), missed(3, '2026-03-01')] }),
};

describe('two cards of one person', () => {
  it('are decided on where both say something, and not the same', () => {
    expect(differing(pair)).toEqual(['givenName', 'phone']);
  });
  it('become one that says all that only one of them said, and counts each no-show once', () => {
    const joined = joinedContent(pair, new Set());
    expect(joined).toMatchObject({ givenName: 'Alice', sex: 'female', phone: '+33639980001', email: 'alise@exemple.test', language: 'en', note: 'Le matin.' });
    expect(joined.noShows.map(({ day }) => day)).toEqual(['2026-01-08', '2026-03-01', '2026-05-02']);
    expect(leftOut(pair, joined)).toEqual(['givenName', 'phone']);
  });
  it('take of the other what was chosen', () => {
    const joined = joinedContent(pair, new Set(['phone'] as const));
    expect(joined.phone).toBe('+33639980002');
    expect(leftOut(pair, joined)).toEqual(['givenName']);
  });
});
