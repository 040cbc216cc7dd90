// SPDX-License-Identifier: AGPL-3.0-or-later
/** What went wrong while an account or a practice is made, in words; what was typed stays. */
import { PasskeyDeclined, PasskeyWithoutSecret } from '../../usecases/account/passkey';
import { NoBox } from '../../usecases/account/account';
import { TooMuchWork } from '../../usecases/work_limits';
import { NoAnswer, NotNow, Refused } from '../../wire/problem';
import { t, type WordKey } from '../../words/index';

const REFUSALS: Readonly<Record<string, WordKey>> = {
  name_taken: 'opening.name_taken', wrong_log_in: 'opening.wrong_log_in', password_closed: 'opening.password_closed',
  no_such_code: 'opening.no_such_code', passkey_refused: 'opening.passkey_refused', challenge_over: 'opening.passkey_refused',
  stale_ways: 'opening.stale_ways', two_ways_needed: 'opening.two_ways_needed', too_many_ways: 'opening.too_many_ways',
  claim_taken: 'opening.claim_taken', no_such_town: 'opening.no_such_town', too_many_practices: 'opening.too_many_practices',
  nothing_to_book: 'opening.nothing_to_book', signed_out: 'opening.signed_out', already_used: 'opening.broken', work_needed: 'opening.work',
};

/** The sentence for an error of these pages. */
export function inWords(error: unknown): string {
  if (error instanceof Refused) return t(REFUSALS[error.name] ?? 'opening.broken');
  if (error instanceof NoAnswer) return t('opening.offline');
  if (error instanceof NotNow) return t('opening.busy');
  if (error instanceof TooMuchWork) return t('opening.work');
  if (error instanceof PasskeyDeclined) return t('opening.passkey_declined');
  if (error instanceof PasskeyWithoutSecret) return t('opening.passkey_no_secret');
  if (error instanceof NoBox) return t('opening.no_box');
  console.error(error instanceof Error ? error.name : 'Error');
  return t('opening.broken');
}
