// SPDX-License-Identifier: AGPL-3.0-or-later
/** Which card the patients' room shows: chosen there, or from a visit's panel. */
import type { Id } from '../../../wire/types';
import type { Desk } from '../desk.svelte';

const CHOSEN = new WeakMap<Desk, { card: Id | null }>();

export function chosenIn(desk: Desk): { card: Id | null } {
  let chosen = CHOSEN.get(desk);
  if (chosen === undefined) {
    const made = $state<{ card: Id | null }>({ card: null });
    CHOSEN.set(desk, (chosen = made));
  }
  return chosen;
}

/** Goes to the room with this card open. */
export function openCard(desk: Desk, card: Id): void {
  chosenIn(desk).card = card;
  desk.room = 'patients';
}
