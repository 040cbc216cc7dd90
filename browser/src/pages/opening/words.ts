// SPDX-License-Identifier: AGPL-3.0-or-later
/** The words of these steps, for a page that began with others. */
import { language, speak } from '../../words/index';

export async function speakOpening(): Promise<void> {
  const words = language() === 'fr' ? await import('../../words/fr/opening.json') : await import('../../words/en/opening.json');
  speak(language(), words.default);
}
