// SPDX-License-Identifier: AGPL-3.0-or-later
/** A desk that nobody touches: it warns, it stays open for whoever is there, it closes. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { watchIdle } from '../../src/usecases/desk/lock';

const MINUTE = 60_000;
type Heard = { type: string; key?: string; target: { closest: () => unknown }; preventDefault: () => void; stopImmediatePropagation: () => void };
const listeners = new Map<string, (event: Heard) => void>();
let said: string[];
let end: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  vi.stubGlobal('addEventListener', (type: string, listener: (event: Heard) => void) => listeners.set(type, listener));
  vi.stubGlobal('removeEventListener', (type: string) => listeners.delete(type));
  end = watchIdle(() => { said.push('closed'); end(); }, { soon: () => said.push('soon'), stays: () => said.push('stays') });
});
afterEach(() => {
  end();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Whether the key goes on to what it does. */
function press(key: string, field = false): boolean {
  let goesOn = true;
  listeners.get('keydown')!({ type: 'keydown', key, target: { closest: () => (field ? {} : null) }, preventDefault: () => { goesOn = false; }, stopImmediatePropagation: () => undefined });
  return goesOn;
}

it('says a minute ahead that it closes, and closes', () => {
  vi.advanceTimersByTime(9 * MINUTE - 1);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(MINUTE);
  expect(said).toEqual(['soon']);
  vi.advanceTimersByTime(MINUTE);
  expect(said).toEqual(['soon', 'closed']);
});

it.each([['v', false, false], ['Enter', true, false], ['a', true, true]])('the key %s (in a field: %s) keeps it open, and does what it does: %s', (key, field, does) => {
  vi.advanceTimersByTime(9 * MINUTE + 10_000);
  expect(press(key, field)).toBe(does);
  vi.advanceTimersByTime(8 * MINUTE);
  expect(said).toEqual(['soon', 'stays']);
  expect(press(key, field)).toBe(true);
});

it('a laptop that slept closes without a word', () => {
  vi.setSystemTime(Date.now() + 60 * MINUTE);
  press('a');
  vi.advanceTimersByTime(5_000);
  expect(said).toEqual(['closed']);
});
