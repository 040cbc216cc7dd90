// SPDX-License-Identifier: AGPL-3.0-or-later
/** Local dates and roles in words. */
import type { Role } from '../../../seal/roster_events';
import type { Id, LocalDate } from '../../../wire/types';
import { language, t } from '../../../words/index';

const REFERENCE_CHARACTERS = 8;

/** A few signs of an id, to tell apart what has no name any more. */
export const reference = (id: Id): string => id.slice(0, REFERENCE_CHARACTERS);

export function dayInWords(date: LocalDate): string {
  const at = new Date(`${date}T12:00:00Z`);
  return new Intl.DateTimeFormat(language() === 'fr' ? 'fr-FR' : 'en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).format(at);
}

const ROLES: Readonly<Record<Role, () => string>> = {
  owner: () => t('members.role.owner'), practitioner: () => t('members.role.practitioner'), secretary: () => t('members.role.secretary'),
};
const ROLE_HINTS: Readonly<Record<Role, () => string>> = {
  owner: () => t('members.role_hint.owner'), practitioner: () => t('members.role_hint.practitioner'), secretary: () => t('members.role_hint.secretary'),
};

export const roleInWords = (role: Role): string => ROLES[role]();
export const roleHint = (role: Role): string => ROLE_HINTS[role]();
