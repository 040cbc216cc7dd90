// SPDX-License-Identifier: AGPL-3.0-or-later
import '../../look/opening.css';
import { start } from '../parts/start';
import OpeningPage from './OpeningPage.svelte';

void start(OpeningPage, {
  fr: () => [import('../../words/fr/common.json'), import('../../words/fr/account.json'), import('../../words/fr/opening.json'), import('../../words/fr/person_place.json')],
  en: () => [import('../../words/en/common.json'), import('../../words/en/account.json'), import('../../words/en/opening.json'), import('../../words/en/person_place.json')],
});
