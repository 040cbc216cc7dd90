// SPDX-License-Identifier: AGPL-3.0-or-later
/** Which card the patients' room shows: chosen there, or from a visit's panel. */
import type { Id } from '../../../wire/types';
import type { Desk } from '../desk.svelte';

interface Chosen {
  card: Id | null;
  /** Asked for so often: the same card, asked for again, is read anew. */
  asked: number;
}

const CHOSEN = new WeakMap<Desk, Chosen>();

export function chosenIn(desk: Desk): Chosen {
  let chosen = CHOSEN.get(desk);
  if (chosen === undefined) {
    const made = $state<Chosen>({ card: null, asked: 0 });
    CHOSEN.set(desk, (chosen = made));
  }
  return chosen;
}

/** Goes to the room with this card open. */
export function openCard(desk: Desk, card: Id): void {
  const chosen = chosenIn(desk);
  chosen.card = card;
  chosen.asked += 1;
  desk.room = 'patients';
}
