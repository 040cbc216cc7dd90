import { tick } from 'svelte';

/** Moves focus, and with it the reading place, to the page's heading, and the view to its top. */
export async function focusHeading(): Promise<void> {
  await tick();
  const heading = document.querySelector<HTMLElement>('#main h1');
  heading?.focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

/** Moves focus to the element of this id, once it is drawn. */
export async function focusOn(id: string): Promise<void> {
  await tick();
  document.getElementById(id)?.focus();
}
