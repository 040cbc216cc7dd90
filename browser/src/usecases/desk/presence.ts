// SPDX-License-Identifier: AGPL-3.0-or-later
/** After thirty contacts, or many names of far days, the server asks whether somebody is there: the open desk shows it by signing in again, and what was asked goes on. */
import { Refused } from '../../wire/problem';

type Show = () => Promise<boolean>;
let show: Show | null = null;
let showing: Promise<boolean> | null = null;

/** The desk that can ask its person; whoever is told null cannot. Answers what takes this back. */
export function shownBy(desk: Show): () => void {
  show = desk;
  return () => { if (show === desk) show = null; };
}

/** Asks once more when somebody has shown to be there; several at a time wait for one gesture. Throws what `work` throws. */
export async function inPresence<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refused && error.is('prove_presence')) || show === null) throw error;
    showing ??= show().finally(() => { showing = null; });
    if (!(await showing)) throw error;
    return work();
  }
}
