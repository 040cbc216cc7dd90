// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { fromLocal, toLocal } from '../../src/pages/practice/members/incident_fields';

const PARIS = 'Europe/Paris';
const AT = '2026-11-26T09:02:41Z';

describe('times of a dossier', () => {
  it('are the practice’s own', () => {
    expect(toLocal(PARIS, AT)).toBe('2026-11-26T10:02');
    expect(fromLocal(PARIS, '2026-11-26T11:30', AT)).toBe('2026-11-26T10:30:00Z');
    expect(fromLocal(PARIS, '', AT)).toBeNull();
  });

  it('keep their seconds while nobody changes them: a scope cut short would lose entries', () => {
    expect(fromLocal(PARIS, toLocal(PARIS, AT), AT)).toBe(AT);
  });

  it('are none in the hour that spring takes away', () => {
    expect(fromLocal(PARIS, '2027-03-28T02:30', AT)).toBeNull();
  });
});
