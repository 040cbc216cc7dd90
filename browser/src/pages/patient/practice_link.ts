/**
 * On a practice's own link, and on what it leads to: hands the key printed in it on to the booking, where it is compared with
 * the roster. Nothing is kept here: a key that was not compared with anything is nobody's word. A link cut short says so.
 */
const FORWARDED = /^\/(fr|en)\/(p|practitioner|book)\b/;

const key = /^#k=[A-Za-z0-9_-]{27}$/.exec(location.hash)?.[0];
if (key !== undefined) {
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[href]')) {
    if (link.origin === location.origin && FORWARDED.test(link.pathname) && link.hash === '') link.hash = key;
  }
  // Going on as if there had been no key would make of the door's code a first meeting.
} else if (location.hash.startsWith('#k')) document.getElementById('link-cut')?.removeAttribute('hidden');

// The words that the poster at the door has too: they need this program's list.
const shown = document.getElementById('practice-words');
if (shown !== null) {
  void import('../../usecases/words4').then(async ({ practiceWords, fromFours }) => { shown.textContent = await practiceWords(fromFours(shown.dataset['fingerprint'] ?? '')); }, () => undefined);
}
