import { mount, type Component } from 'svelte';
import { pageLanguage, speak } from '../../words/index';

export type Words = Record<string, string>;
/** Loads the words of one language; the other language's file is never fetched. */
export type WordFiles = Record<'fr' | 'en', () => Promise<{ default: Words }>[]>;

/** Draws `page` in the shell's #app, in the page's language, in place of what the shell says without scripts. */
export async function start(page: Component<Record<string, never>>, files: WordFiles): Promise<void> {
  turnInPlace();
  const language = pageLanguage();
  const words = await Promise.all(files[language]());
  speak(language, ...words.map((file) => file.default));
  const target = document.getElementById('app');
  if (target === null) throw new Error('The shell has no #app.');
  target.replaceChildren();
  mount(page, { target, props: {} });
  skipInPlace();
}

/**
 * The other language's page is asked for with what stands after the #: an invitation, which no server ever sees, goes along. An
 * appointment's link stands in this tab's state instead: the state goes along, so that the address never shows it. Until this
 * holds the link is not to be seen, so that a quick hand loses nothing.
 */
function turnInPlace(): void {
  const other = document.querySelector<HTMLAnchorElement>('.top a[hreflang]');
  other?.addEventListener('click', (event) => {
    other.hash = location.hash;
    const state: unknown = history.state;
    if (typeof state !== 'object' || state === null || !('link' in state || 'shared' in state)) return;
    event.preventDefault();
    history.replaceState(state, '', location.pathname.replace(/^\/\w+/, `/${other.hreflang}`));
    location.reload();
  });
  other?.removeAttribute('data-waits');
}

/**
 * "Skip to content" without a fragment: the address may hold a secret after its #, and the history says which step is shown, so
 * going to #main would be a step of its own.
 */
function skipInPlace(): void {
  document.querySelector('.skip')?.addEventListener('click', (event) => {
    event.preventDefault();
    document.getElementById('main')?.focus();
  });
}
