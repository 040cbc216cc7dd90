// SPDX-License-Identifier: AGPL-3.0-or-later
/** What went wrong, in words: every refusal the server names, else that nothing was changed. */
import { SealError } from '../../seal/errors';
import { NotThatPaper } from '../../usecases/account/paper';
import type { Away } from '../../usecases/account/routes';
import { PasskeyDeclined, PasskeyWithoutSecret } from '../../usecases/account/passkey';
import { AwayTooLong, NoKey, NoPractice } from '../../usecases/desk/unlock';
import { WrongPractice } from '../../usecases/trust';
import { NoAnswer, NotNow, Refused } from '../../wire/problem';
import { t, tn, type WordKey } from '../../words/index';
import type { Desk } from './desk.svelte';
import { hourInWords } from './say';
import { reasonInWords } from './why';

const REFUSALS: Readonly<Record<string, WordKey>> = {
  stale_revision: 'wrong.stale', too_early: 'wrong.too_early', too_late: 'wrong.too_late', illegal_change: 'wrong.illegal_change',
  frozen: 'unlock.stopped', prove_presence: 'presence.not_shown', slot_taken: 'wrong.slot_taken', hold_expired: 'move.taken', stale_roster: 'wrong.stale_roster', too_many_acts: 'wrong.too_many_acts', altered: 'wrong.altered',
};
const RETRY_SECONDS = 10;

/** Why a desk was not opened. What this machine should know nothing of is thrown on. */
export function notOpened(error: unknown): string {
  if (error instanceof NoAnswer || error instanceof NotNow) return t('unlock.offline');
  if (error instanceof NotThatPaper) return error.group === null ? t('unlock.code_short') : t('unlock.wrong_group', { group: error.group + 1 });
  if (error instanceof PasskeyDeclined) return t('unlock.passkey_declined');
  if (error instanceof PasskeyWithoutSecret) return t('unlock.passkey_no_secret');
  if (error instanceof AwayTooLong) return awayInWords(error.from);
  if (error instanceof NoPractice) return t('unlock.no_member');
  if (error instanceof NoKey) return t('unlock.no_key');
  if (!(error instanceof Refused)) throw error;
  if (error.is('password_closed')) {
    const until = Date.parse(String(error.fields['until'] ?? '')) / 1000;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return Number.isFinite(until) ? t('unlock.closed_until', { hour: hourInWords(zone, until) }) : t('unlock.closed');
  }
  if (error.is('wrong_log_in')) return t('unlock.wrong');
  if (error.is('no_such_code')) return t('unlock.no_such_code');
  if (error.is('passkey_refused') || error.is('challenge_over')) return t('unlock.passkey_refused');
  if (error.is('signed_out')) return t('unlock.signed_out');
  if (error.is('frozen')) return t('unlock.stopped');
  return t('wrong.other');
}

/** That practices are closed to somebody who stayed away, and who opens them again. */
export function awayInWords(from: readonly Away[]): string {
  return t('unlock.away', { practices: from.map(({ name }) => name).join(', ') });
}

/** `words` says some refusals otherwise, where the deed gives them another meaning. */
export function inWords(error: unknown, desk: Desk, words: Readonly<Record<string, WordKey>> = {}): string {
  if (error instanceof NotNow) return tn('wrong.busy', error.retryAfterSeconds ?? RETRY_SECONDS);
  if (error instanceof NoAnswer) return t('wrong.offline');
  if (error instanceof SealError) return t('move.altered');
  if (error instanceof WrongPractice) return t('unlock.stranger');
  if (!(error instanceof Refused)) throw error;
  if (words === MOVING && (error.is('slot_taken') || error.is('hold_expired')) && error.alternatives.length > 0) {
    const times = error.alternatives.slice(0, 3).map((start) => hourInWords(desk.rules.zone, Date.parse(start) / 1000)).join(', ');
    return t('move.alternatives', { times });
  }
  if (error.is('not_offered') || error.is('not_overbookable')) return t('move.not_offered', { reason: firstReason(error, desk) });
  return t(words[error.name] ?? REFUSALS[error.name] ?? 'wrong.other');
}

/** Why something is not shown that was only to be read. */
export const unreadInWords = (error: unknown, desk: Desk): string => (error instanceof NoAnswer ? t('wrong.unread') : inWords(error, desk));

/** The server names the reasons by their codes alone: a reason may hold another record's id. */
function firstReason(error: Refused, desk: Desk): string {
  const reason = error.fields['reason'];
  return reasonInWords({ reason: typeof reason === 'string' ? reason : '' }, desk.rules.zone);
}

export const MOVING: Readonly<Record<string, WordKey>> = { slot_taken: 'move.taken' };
