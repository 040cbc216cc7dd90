// SPDX-License-Identifier: AGPL-3.0-or-later
import '../../look/opening.css';
import '../../look/join.css';
import { start } from '../parts/start';
import RestorePage from './RestorePage.svelte';

void start(RestorePage, {
  fr: () => [import('../../words/fr/common.json'), import('../../words/fr/account.json'), import('../../words/fr/join.json')],
  en: () => [import('../../words/en/common.json'), import('../../words/en/account.json'), import('../../words/en/join.json')],
});
