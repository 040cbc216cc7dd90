// SPDX-License-Identifier: AGPL-3.0-or-later
/** Who is told of what was done at the desk, when, and whom to call: in words. */
import { dateAt } from '../../usecases/desk/days';
import type { Steered } from '../../usecases/desk/steer';
import type { Visit } from '../../usecases/desk/model';
import type { Status } from '../../wire/types';
import { noticeGoes, type PlannedMessage } from '../../usecases/messages/plan';
import { t } from '../../words/index';
import type { Desk } from './desk.svelte';
import { hourInWords, whenInWords } from './say';

export const steeredOf = (visit: Pick<Visit, 'record' | 'identity' | 'agenda' | 'visitType' | 'start'>, status: Status): Steered => {
  const { record, identity, agenda, visitType, start } = visit;
  return { record, identity, agenda, visitType, start, status };
};

/** What tells somebody of a change, not of the visit to come. */
const isNotice = ({ message: { kind } }: PlannedMessage) => kind !== 'reminder';

/** The message that tells of what was just done; undefined where none will. */
export function noticeOf(planned: readonly PlannedMessage[] | null | undefined): PlannedMessage | undefined {
  return planned?.find(isNotice);
}

/** "à 14 h 32", or with the day when it is another one. */
export function goesInWords(desk: Desk, { message }: PlannedMessage): string {
  const at = noticeGoes(message);
  if (message.kind === 'booked') return t('told.now');
  const today = dateAt(message.zone, at) === dateAt(message.zone, desk.shown.now);
  return today ? t('told.at', { hour: hourInWords(message.zone, at) }) : t('told.on', { when: whenInWords(message.zone, at) });
}
