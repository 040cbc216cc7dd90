// SPDX-License-Identifier: AGPL-3.0-or-later
/** What is missing or wrong in a visit type's form, by field, in the order of the form. */
import type { VisitTypeRow } from '../../../usecases/rules/routes';

const RANGES = {
  minutes: [1, 1440], step_minutes: [1, 1440], horizon_days: [1, 400], notice_minutes: [0, 527_040], buffer_before_minutes: [0, 240], buffer_after_minutes: [0, 240],
} as const;

export type TypeFault = 'name_fr' | 'name_en' | keyof typeof RANGES | 'daily_quota' | 'questions';

const within = (value: unknown, [low, high]: readonly [number, number]) => typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high;

export function faultsOfType(form: VisitTypeRow): Set<TypeFault> {
  const faults = new Set<TypeFault>();
  if (form.name_fr.trim() === '') faults.add('name_fr');
  if (form.name_en.trim() === '') faults.add('name_en');
  for (const field of Object.keys(RANGES) as (keyof typeof RANGES)[]) if (!within(form[field], RANGES[field])) faults.add(field);
  if (form.daily_quota !== null && !within(form.daily_quota, [1, 1440])) faults.add('daily_quota');
  const poor = form.questions.some((one) => one.fr.trim() === '' || one.en.trim() === ''
    || (one.kind === 'choice' && (one.choices.length === 0 || one.choices.some(({ fr, en }) => fr.trim() === '' || en.trim() === ''))));
  if (poor) faults.add('questions');
  return faults;
}
