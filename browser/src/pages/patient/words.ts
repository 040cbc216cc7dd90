import type { WordFiles } from '../parts/start';

export const patientWords: WordFiles = {
  fr: () => [import('../../words/fr/common.json'), import('../../words/fr/patient.json')],
  en: () => [import('../../words/en/common.json'), import('../../words/en/patient.json')],
};

/** With those of a number's check. */
export const bookingWords: WordFiles = {
  fr: () => [...patientWords.fr(), import('../../words/fr/code.json')],
  en: () => [...patientWords.en(), import('../../words/en/code.json')],
};

/** With those of the ledger. */
export const appointmentWords: WordFiles = {
  fr: () => [...patientWords.fr(), import('../../words/fr/accesses.json')],
  en: () => [...patientWords.en(), import('../../words/en/accesses.json')],
};
