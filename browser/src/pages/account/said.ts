// SPDX-License-Identifier: AGPL-3.0-or-later
/** What went wrong with an account or while a practice is opened, in words; what was typed stays. */
import { PasskeyDeclined, PasskeyWithoutSecret } from '../../usecases/account/passkey';
import { NoBox } from '../../usecases/account/account';
import { TooMuchWork } from '../../usecases/work_limits';
import { NoAnswer, NotNow, Refused } from '../../wire/problem';
import { t, type WordKey } from '../../words/index';

const REFUSALS: Readonly<Record<string, WordKey>> = {
  name_taken: 'said.name_taken', wrong_log_in: 'said.wrong_log_in', password_closed: 'said.password_closed',
  no_such_code: 'said.no_such_code', passkey_refused: 'said.passkey_refused', challenge_over: 'said.passkey_refused',
  not_signed: 'said.not_signed', not_the_accounts_keys: 'said.not_signed', stale_ways: 'said.stale_ways', two_ways_needed: 'said.two_ways_needed', too_many_ways: 'said.too_many_ways',
  claim_taken: 'said.claim_taken', no_such_town: 'said.no_such_town', too_many_practices: 'said.too_many_practices',
  nothing_to_book: 'said.nothing_to_book', signed_out: 'said.signed_out', already_used: 'said.broken', work_needed: 'said.work',
};

/** The sentence for an error of these pages. */
export function inWords(error: unknown): string {
  if (error instanceof Refused) return t(REFUSALS[error.name] ?? 'said.broken');
  if (error instanceof NoAnswer) return t('said.offline');
  if (error instanceof NotNow) return t('said.busy');
  if (error instanceof TooMuchWork) return t('said.work');
  if (error instanceof PasskeyDeclined) return t('said.passkey_declined');
  if (error instanceof PasskeyWithoutSecret) return t('said.passkey_no_secret');
  if (error instanceof NoBox) return t('said.no_box');
  console.error(error instanceof Error ? error.name : 'Error');
  return t('said.broken');
}
