// SPDX-License-Identifier: AGPL-3.0-or-later
/** The clocks and holidays a site may keep: those of France and its territories (domain/holiday.py). */
import type { SiteRow } from './routes';

/** Empty: no holiday is kept. */
export const REGIONS = ['FR', 'FR-57', 'FR-971', 'FR-972', 'FR-973', 'FR-974', 'FR-976', 'FR-BL', 'FR-MF', 'FR-NC', 'FR-PF', 'FR-PM', 'FR-WF', ''] as const;
export type Region = (typeof REGIONS)[number];

export const ZONES = [
  'Europe/Paris', 'America/Guadeloupe', 'America/Martinique', 'America/Cayenne', 'Indian/Reunion', 'Indian/Mayotte', 'America/St_Barthelemy', 'America/Marigot',
  'Pacific/Noumea', 'Pacific/Tahiti', 'America/Miquelon', 'Pacific/Wallis',
] as const;

/** Until its town is known, a new site is taken to be where the others are. */
export const zoneOfNewSite = (sites: readonly SiteRow[]): string => sites[0]?.timezone ?? ZONES[0];
export const regionOfNewSite = (sites: readonly SiteRow[]): string => sites[0]?.holiday_region ?? REGIONS[0];
