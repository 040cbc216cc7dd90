// SPDX-License-Identifier: AGPL-3.0-or-later
/** Several appointments of a series cancelled or moved in one gesture, told in one sentence, and taken back in one. */
import type { Visit } from '../../usecases/desk/model';
import { backFrom, moveAll, type Going, type MovedAll } from '../../usecases/desk/move_series';
import { signAll, type OneOf } from '../../usecases/desk/series';
import type { PlannedMessage } from '../../usecases/messages/plan';
import { noticeOf } from './told';
import { tn, type CountKey } from '../../words/index';
import type { Desk } from './desk.svelte';

interface Watching {
  tell: (done: number) => void;
  /** What stands is read anew. */
  changed: () => Promise<void>;
}

interface Sentences {
  done: CountKey;
  otherwise: CountKey;
}

const CANCELLED: Sentences = { done: 'series.cancelled', otherwise: 'series.otherwise' };
const RESTORED: Sentences = { done: 'series.restored', otherwise: 'series.not_restored' };

const MOVED: Sentences = { done: 'series.moved', otherwise: 'series.stay' };
const PUT_BACK: Sentences = { done: 'series.put_back', otherwise: 'series.stay' };

/** What was done and what was not, so that nobody has to count. */
function told({ done, otherwise, left }: Record<'done' | 'otherwise' | 'left', readonly unknown[]>, sentences: Sentences): string {
  const said = [tn(sentences.done, done.length)];
  if (otherwise.length > 0) said.push(tn(sentences.otherwise, otherwise.length));
  if (left.length > 0) said.push(tn('series.left', left.length));
  return said.join(' ');
}

/** Where some are told and some are not, whom to call stands in each one's own panel. */
function noticeOfAll(planned: readonly (readonly PlannedMessage[] | null)[]): readonly PlannedMessage[] | null {
  const notices = planned.map(noticeOf);
  const [first] = notices;
  return first === undefined || notices.includes(undefined) ? null : [first];
}

export async function cancelAll(desk: Desk, visit: Visit, all: readonly OneOf[], { tell, changed }: Watching): Promise<void> {
  await desk.deeds.attempt(visit, async () => {
    const done = await signAll(desk.open, all, 'cancel', tell);
    await Promise.all([desk.reading.read(), changed()]);
    const undo = done.done.length === 0 ? null : () => restoreAll(desk, visit, done.done, changed);
    desk.deeds.sayTold(told(done, CANCELLED), visit, done.told === null ? 'owed' : noticeOfAll([...done.told.values()]), undo);
  });
}

async function restoreAll(desk: Desk, visit: Visit, all: readonly OneOf[], changed: Watching['changed']): Promise<void> {
  await desk.deeds.attempt(visit, async () => {
    const done = await signAll(desk.open, all, 'undo');
    await Promise.all([desk.reading.read(), changed()]);
    desk.deeds.say(told(done, RESTORED));
  });
}

/** Answers what became of each, null where it was refused as a whole. */
export async function shiftAll(desk: Desk, visit: Visit, all: readonly Going[], { tell, changed }: Watching): Promise<MovedAll | null> {
  let moved: MovedAll | null = null;
  await desk.deeds.attempt(visit, async () => {
    moved = await follow(desk, await moveAll(desk.open, all, false, tell), changed);
    const { done } = moved;
    const undo = done.length === 0 ? null : () => shiftBack(desk, visit, moved!, changed);
    const words = told({ ...moved, otherwise: moved.stay }, MOVED);
    if (done.length === 0) desk.deeds.say(words);
    else desk.deeds.sayTold(words, visit, noticeOfAll(done.map(({ planned }) => planned)), undo);
  });
  return moved;
}

async function shiftBack(desk: Desk, visit: Visit, moved: MovedAll, changed: Watching['changed']): Promise<void> {
  await desk.deeds.attempt(visit, async () => {
    const back = await follow(desk, await moveAll(desk.open, backFrom(moved), true), changed);
    desk.deeds.say(told({ ...back, otherwise: back.stay }, PUT_BACK));
  });
}

async function follow(desk: Desk, moved: MovedAll, changed: Watching['changed']): Promise<MovedAll> {
  for (const { one, to, rev } of moved.done) {
    desk.reading.markSeen(one.record, rev);
    desk.moved(one, one.agenda, to, rev);
  }
  await Promise.all([desk.reading.read(), changed()]);
  return moved;
}
