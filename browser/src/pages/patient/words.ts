import type { WordFiles } from '../parts/start';

export const patientWords: WordFiles = {
  fr: () => [import('../../words/fr/common.json'), import('../../words/fr/patient.json')],
  en: () => [import('../../words/en/common.json'), import('../../words/en/patient.json')],
};
