import type { Question } from '../../wire/types';
import { language, t } from '../../words/index';

/** An answer as its reader reads it: what stands in the envelope is `yes`, `no` or the French of a choice, whoever wrote it. */
export function answerInWords(question: Pick<Question, 'kind' | 'choices'> | undefined, answer: string): string {
  if (question?.kind === 'yes_no') return answer === 'yes' ? t('yes_title') : t('no_title');
  return question?.choices.find((one) => one.fr === answer)?.[language()] ?? answer;
}
