// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { movedFrom } from '../../src/usecases/known';

const NINE = '2027-03-16T08:00:00Z';
const TEN = '2027-03-16T09:00:00Z';
const row = (start: string, rev: number, writer: 'patient' | 'member' | 'connector') => ({
  rev, writer, slot: { agenda: 'a', start, minutes: 20, visit_type: 'v' },
});

describe('what an appointment was moved from', () => {
  it('is said of the practice when the next revision is the practice’s and has another time', () => {
    expect(movedFrom({ start: NINE, rev: 1 }, row(TEN, 2, 'member'))).toEqual({ start: NINE, byPractice: true });
    expect(movedFrom({ start: NINE, rev: 1 }, row(TEN, 2, 'connector'))).toEqual({ start: NINE, byPractice: true });
  });

  it('is said of nobody when somebody else may have moved it in between, or holds the link too', () => {
    expect(movedFrom({ start: NINE, rev: 1 }, row(TEN, 3, 'member'))).toEqual({ start: NINE, byPractice: false });
    expect(movedFrom({ start: NINE, rev: 1 }, row(TEN, 2, 'patient'))).toEqual({ start: NINE, byPractice: false });
  });

  it('is nothing after a correction at the same time, whoever wrote it', () => {
    expect(movedFrom({ start: NINE, rev: 1 }, row(NINE, 2, 'member'))).toBeUndefined();
    expect(movedFrom({ start: '2027-03-16T08:00:00.000Z', rev: 1 }, row(NINE, 2, 'member'))).toBeUndefined();
  });

  it('is still known after it was told once', () => {
    const before = { start: NINE, byPractice: true };
    expect(movedFrom({ start: TEN, rev: 2, before }, row(TEN, 3, 'member'))).toBe(before);
  });
});
