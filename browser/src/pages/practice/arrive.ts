// SPDX-License-Identifier: AGPL-3.0-or-later
/** From the last step of an opening into the desk, in the same page: the keys are in its memory, and nobody types a password twice. */
import '../../look/desk.css';
import '../../look/desk_day.css';
import type { Account } from '../../usecases/account/account';
import { NoPractice, type OpenDesk } from '../../usecases/desk/unlock';
import { deskOf, type Begun } from '../../usecases/opening/begin';
import { language, speak } from '../../words/index';

export { default as DeskPage } from './DeskPage.svelte';

const WORDS = {
  fr: () => Promise.all([import('../../words/fr/desk.json'), import('../../words/fr/desk_day.json')]),
  en: () => Promise.all([import('../../words/en/desk.json'), import('../../words/en/desk_day.json')]),
};

/** Opens the practice's desk. Throws NoPractice, NoKey, WrongPractice, Refused, NoAnswer, NotNow, or as an import fails: nothing has changed. */
export async function arrive(account: Account, { practice, slug }: Begun): Promise<OpenDesk> {
  const [desk, words] = await Promise.all([deskOf(account, practice), WORDS[language()]()]);
  speak(language(), ...words.map((one) => one.default as Record<string, string>));
  if (desk === null) throw new NoPractice();
  // The desk's own address: reloaded, it is a closed desk, as everywhere.
  history.replaceState(null, '', `/${language()}/desk?${new URLSearchParams({ p: slug })}`);
  return desk;
}
