// SPDX-License-Identifier: AGPL-3.0-or-later
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Reason } from '../../src/seal/groups';
import { ERASED, reasonOf } from '../../src/usecases/sealing';
import type { Sealed } from '../../src/wire/types';

const NOW = new Date('2026-11-26T12:00:00Z');
const WRITTEN: Reason = { reason: 'toux', notes: null, answers: [], files: [] };

function row(start: string, rs?: string): Sealed {
  return { slot: { start }, bodies: rs === undefined ? {} : { rs } } as unknown as Sealed;
}

afterEach(() => vi.useRealTimers());

describe('a reason that does not come', () => {
  it('was erased, once its visit has begun', () => {
    vi.useFakeTimers({ now: NOW });
    expect(reasonOf(row('2026-11-25T09:00:00Z'), null)).toBe(ERASED);
  });

  it('is an alteration while its visit is to come: a server may not take it away', () => {
    vi.useFakeTimers({ now: NOW });
    expect(reasonOf(row('2026-11-27T09:00:00Z'), null)).toBeNull();
  });

  it('is an alteration where it came and did not open', () => {
    vi.useFakeTimers({ now: NOW });
    expect(reasonOf(row('2026-11-25T09:00:00Z', 'AAAA'), null)).toBeNull();
  });

  it('is what was opened where it was', () => {
    vi.useFakeTimers({ now: NOW });
    expect(reasonOf(row('2026-11-25T09:00:00Z', 'AAAA'), WRITTEN)).toBe(WRITTEN);
  });
});
