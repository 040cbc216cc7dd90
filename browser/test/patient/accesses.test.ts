import { expect, test } from 'vitest';
import { byDay } from '../../src/usecases/accesses';
import type { Access } from '../../src/wire/types';

const access = (more: Partial<Access>): Access => ({
  day: '2026-03-09', member: null, purpose: 'link', parts: ['id', 'ct', 'rs'], times: 1,
  first: '2026-03-09T08:00:00Z', last: '2026-03-09T08:00:00Z', ...more,
});

test('accesses stand under their day in the order in which they came, readers by the role that the signed chain gives them', () => {
  const days = byDay(
    [access({ member: 'sam', purpose: 'agenda', parts: ['id'], times: 3 }), access({}), access({ day: '2026-03-08', member: 'ghost', purpose: 'record', parts: ['rs', 'ct'] })],
    (member) => (member === 'sam' ? 'secretary' : null),
  );
  expect(days.map(({ day, taken }) => [day, taken.map(({ by, groups, times }) => [by, groups, times])])).toEqual([
    ['2026-03-09', [['secretary', ['id'], 3], ['link', ['id', 'ct', 'rs'], 1]]],
    ['2026-03-08', [[null, ['ct', 'rs'], 1]]],
  ]);
});
