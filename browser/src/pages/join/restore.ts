// SPDX-License-Identifier: AGPL-3.0-or-later
import '../../look/join.css';
import { start } from '../parts/start';
import RestorePage from './RestorePage.svelte';

void start(RestorePage, {
  fr: () => [import('../../words/fr/common.json'), import('../../words/fr/join.json')],
  en: () => [import('../../words/en/common.json'), import('../../words/en/join.json')],
});
