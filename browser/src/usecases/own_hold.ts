import { type OwnHold, type Wish, holdSlot, letGo } from './hold';
import { dropDraft, dropHold, heldHere, keepDraft, keepHold } from './keep';
import { Refused } from '../wire/problem';

/**
 * The time that this browser holds: whoever closed the tab takes it up again in another. As long as a tab shows it, that tab has
 * the browser's lock of its name; a browser without such locks takes no other tab's time, and waits until its ten minutes are over.
 */
const lockName = ({ record }: OwnHold): string => `serment.held.${record}`;
let shown: { record: string; end: () => void } | null = null;

/** Keeps what this tab holds and what was typed in it; of these the hold alone for the whole browser. */
export function keepHeld(draft: { hold: OwnHold }): void {
  const { hold } = draft;
  keepDraft(draft);
  keepHold(hold);
  if (shown?.record === hold.record) return;
  shown?.end();
  const mine = { record: hold.record, end: () => undefined as void };
  shown = mine;
  void navigator.locks?.request(lockName(hold), () => new Promise<void>((end) => {
    if (shown === mine) mine.end = end;
    else end();
  })).catch(() => undefined);  // A browser that keeps nothing has no locks either.
}

/** Nothing is held or typed in this tab any more. */
export function dropHeld(): void {
  dropDraft();
  if (shown !== null && heldHere()?.record === shown.record) dropHold();
  shown?.end();
  shown = null;
}

/** The hold of this time that a closed tab left behind, null where there is none or where a living tab may have it. */
async function leftBehind({ agenda, start }: Wish): Promise<OwnHold | null> {
  const held = heldHere();
  if (held === null || held.agenda !== agenda || Date.parse(held.start) !== Date.parse(start)) return null;
  const alone = await navigator.locks?.request(lockName(held), { ifAvailable: true }, async (lock) => lock !== null).catch(() => false);
  return alone === true ? held : null;
}

/** Holds a time as `holdSlot` does, in the place of the same time that a closed tab of this browser held: `again` says so then. */
export async function holdHere(wish: Wish): Promise<OwnHold> {
  try {
    return await holdSlot(wish);
  } catch (error) {
    if (!(error instanceof Refused) || !error.is('slot_taken')) throw error;
    const before = await leftBehind(wish);
    if (before === null) throw error;
    await letGo(before);
    return { ...(await holdSlot(wish)), again: true };
  }
}
