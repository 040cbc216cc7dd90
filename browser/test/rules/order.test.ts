// SPDX-License-Identifier: AGPL-3.0-or-later
/** "Monter" pressed twice moves a row twice, although the first is still being saved. */
import { expect, it } from 'vitest';
import { raised, Turns } from '../../src/usecases/rules/order';

it('a row that is raised twice at once goes two places up, and the first stays first', async () => {
  let rows = ['a', 'b', 'c'].map((visit_type) => ({ visit_type }));
  const saves: (() => void)[] = [];
  const turns = new Turns();
  const press = () => turns.take(async () => {
    const order = raised(rows, 'c');
    if (order === null) return;
    await new Promise<void>((saved) => saves.push(saved));
    rows = order;
  });
  const pressed = [press(), press(), press()];
  for (let nth = 0; nth < 2; nth += 1) {
    await expect.poll(() => saves.length).toBe(nth + 1);
    saves[nth]!();
  }
  await Promise.all(pressed);
  expect(rows.map(({ visit_type }) => visit_type)).toEqual(['c', 'a', 'b']);
  expect(saves.length).toBe(2);
});

it('a save that was refused does not hold up the next', async () => {
  const turns = new Turns();
  const refused = turns.take(() => Promise.reject(new Error('refused')));
  const next = turns.take(() => Promise.resolve('saved'));
  await expect(refused).rejects.toThrow('refused');
  expect(await next).toBe('saved');
});
