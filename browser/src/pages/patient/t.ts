import { start } from '../parts/start';
import Told from './Told.svelte';

void start(Told, {
  fr: () => [import('../../words/fr/common.json'), import('../../words/fr/message.json')],
  en: () => [import('../../words/en/common.json'), import('../../words/en/message.json')],
});
