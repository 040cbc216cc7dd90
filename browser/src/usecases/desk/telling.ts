// SPDX-License-Identifier: AGPL-3.0-or-later
/** What the messages of an agenda's appointments depend on, as this desk's house says it. */
import type { Id } from '../../wire/types';
import { type Telling, tellingAt } from '../messages/place';
import type { OpenDesk } from './unlock';

const NOBODY: Telling = { zone: 'Europe/Paris', word: '', silent: true, reminds: { week: false, eve: false }, plan: () => [] };

/** A type of visit or agenda that this desk has never heard of is told of to nobody. */
export function tellingOf({ house }: OpenDesk, { agenda, visitType }: { agenda: Id; visitType: Id }, plan: Telling['plan']): Telling {
  const place = house.agendas.find((one) => one.agenda === agenda);
  const site = house.sites.find((one) => one.site === place?.site);
  const type = house.visit_types.find((one) => one.visit_type === visitType);
  if (site === undefined || type === undefined) return NOBODY;
  return tellingAt(site, type.silent, plan);
}

/** Whether appointments of this kind have messages here: somebody sends, and the type is not silent. */
export function isToldOf(desk: OpenDesk, kind: { agenda: Id; visitType: Id }): boolean {
  return desk.trusted.roster.notifierPk !== null && !tellingOf(desk, kind, () => []).silent;
}
