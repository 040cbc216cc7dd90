// SPDX-License-Identifier: AGPL-3.0-or-later
/** What became of a message, in words. */
import type { Line, Outcome } from '../../usecases/desk/delivered';
import { t, type WordKey } from '../../words/index';
import { whenInWords } from './say';

const KINDS = { booked: 'messages.booked', moved: 'messages.moved', cancelled: 'messages.cancelled', letter: 'messages.letter' } as const;
const CHANNELS = { sms: 'messages.sms', mail: 'messages.mail' } as const;
/** The notifier's own reasons (domain/reminder.py, End). */
const REASONS: Readonly<Record<string, WordKey>> = {
  too_late: 'messages.too_late', objected: 'messages.objected', number_refused: 'messages.number_refused', address_refused: 'messages.address_refused',
  no_address: 'messages.no_address', too_many_today: 'messages.too_many', unreadable: 'messages.unreadable', gave_up: 'messages.gave_up', key_gone: 'messages.key_gone',
};

export function messageInWords({ kind, weekAhead }: Line): string {
  if (kind === 'reminder') return t(weekAhead ? 'messages.reminder_week' : 'messages.reminder');
  return t(KINDS[kind]);
}

/** A provider's own code says more to the host than to the desk: it stands behind the words. */
function reasonInWords(reason: string | null): string {
  if (reason === null) return t('messages.undelivered');
  const own = REASONS[reason];
  return own === undefined ? t('messages.undelivered_code', { code: reason }) : t(own);
}

/** "SMS : remis", "e-mail : parti", "SMS : numéro refusé". */
export function outcomeInWords({ channel, result, reason }: Outcome): string {
  const what = result === 'sent' ? t('messages.sent') : result === 'delivered' ? t('messages.delivered') : reasonInWords(reason);
  return channel === null ? what : t('messages.by', { channel: t(CHANNELS[channel]), what });
}

/** Everything that is known of a message, one sentence each. */
export function fateInWords(line: Line): string[] {
  const said = line.outcomes.map(outcomeInWords);
  if (line.waiting) said.push(t('messages.planned', { when: whenInWords(line.zone, line.at) }));
  return said;
}
