// SPDX-License-Identifier: AGPL-3.0-or-later
import '../../look/desk.css';
import '../../look/desk_day.css';
import { start } from '../parts/start';
import DeskPage from './DeskPage.svelte';

void start(DeskPage, {
  fr: () => [import('../../words/fr/common.json'), import('../../words/fr/desk.json'), import('../../words/fr/desk_day.json')],
  en: () => [import('../../words/en/common.json'), import('../../words/en/desk.json'), import('../../words/en/desk_day.json')],
});
