// SPDX-License-Identifier: AGPL-3.0-or-later
/** Several appointments of a series cancelled in one gesture, told in one sentence, and taken back in one. */
import type { Visit } from '../../usecases/desk/model';
import { signAll, type Done, type OneOf } from '../../usecases/desk/series';
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

/** What was done and what was not, so that nobody has to count. */
function told({ done, otherwise, left }: Done, sentences: Sentences): string {
  const said = [tn(sentences.done, done.length)];
  if (otherwise.length > 0) said.push(tn(sentences.otherwise, otherwise.length));
  if (left.length > 0) said.push(tn('series.left', left.length));
  return said.join(' ');
}

export async function cancelAll(desk: Desk, visit: Visit, all: readonly OneOf[], { tell, changed }: Watching): Promise<void> {
  await desk.deeds.attempt(visit, async () => {
    const done = await signAll(desk.open, all, 'cancel', tell);
    await Promise.all([desk.reading.read(), changed()]);
    const undo = done.done.length === 0 ? null : () => restoreAll(desk, visit, done.done, changed);
    const notices = [...(done.told?.values() ?? [])].map(noticeOf);
    const untold = notices.filter((one) => one === undefined).length;
    const first = notices.find((one) => one !== undefined);
    // Where some are told and some are not, whom to call stands in each one's own panel.
    const planned = done.told === null ? 'owed' : untold > 0 || first === undefined ? null : [first];
    desk.deeds.sayTold(told(done, CANCELLED), visit, planned, undo);
  });
}

async function restoreAll(desk: Desk, visit: Visit, all: readonly OneOf[], changed: Watching['changed']): Promise<void> {
  await desk.deeds.attempt(visit, async () => {
    const done = await signAll(desk.open, all, 'undo');
    await Promise.all([desk.reading.read(), changed()]);
    desk.deeds.say(told(done, RESTORED));
  });
}
