// SPDX-License-Identifier: AGPL-3.0-or-later
/** The words of these steps, for a page that began with others. */
import { language, speak } from '../../words/index';

export async function speakOpening(): Promise<void> {
  const words = await Promise.all(language() === 'fr'
    ? [import('../../words/fr/account.json'), import('../../words/fr/opening.json')]
    : [import('../../words/en/account.json'), import('../../words/en/opening.json')]);
  speak(language(), ...words.map((file) => file.default));
}
