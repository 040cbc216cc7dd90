// SPDX-License-Identifier: AGPL-3.0-or-later
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { OwnHold } from '../../src/usecases/hold';
import { heldHere } from '../../src/usecases/keep';
import { dropHeld, keepHeld } from '../../src/usecases/own_hold';

const kept = new Map<string, string>();
const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) };
beforeEach(() => { kept.clear(); vi.stubGlobal('localStorage', storage); vi.stubGlobal('sessionStorage', storage); vi.stubGlobal('navigator', {}); });
afterEach(() => { dropHeld(); vi.unstubAllGlobals(); });

const hold = (minutes: number, record = 'r'): OwnHold => ({
  practice: 'p', record, token: 't', agenda: 'a', visitType: 'v', start: '2027-03-16T08:40:00Z', minutes: 20,
  expiresAt: new Date(Date.now() + minutes * 60_000).toISOString(), extensionsLeft: 2,
});

it('of what is held here, what was typed stays in the tab', () => {
  keepHeld({ hold: hold(5), typed: { givenName: 'Alice' } } as { hold: OwnHold });
  expect(heldHere()?.record).toBe('r');
  expect(kept.get('serment.held')).not.toContain('Alice');
  dropHeld();
  expect(heldHere()).toBeNull();
});

it('what was held goes once its ten minutes are over', () => {
  keepHeld({ hold: hold(-1) });
  expect(heldHere()).toBeNull();
  expect(kept.has('serment.held')).toBe(false);
});

it('a tab that lets its time go leaves alone what another tab holds', () => {
  keepHeld({ hold: hold(5) });
  kept.set('serment.held', JSON.stringify(hold(5, 'of another tab')));
  dropHeld();
  expect(heldHere()?.record).toBe('of another tab');
});
