// SPDX-License-Identifier: AGPL-3.0-or-later
/** Which fields of a dossier are written by hand, in the order of the authority's form; and local times as inputs have them. */
import { dateAt, instantOf, instantText, localDay, wallOf } from '../../../usecases/desk/days';

export interface FieldOf {
  name: string;
  kind: 'line' | 'text' | 'one' | 'many' | 'date' | 'count' | 'flag';
  /** The vocabulary of a choice. */
  of: string;
}

const field = (kind: FieldOf['kind'], name: string, of = ''): FieldOf => ({ name, kind, of });
const person = (whose: string): FieldOf[] => ['name', 'role', 'email', 'phone'].map((what) => field('line', `${whose}_${what}`));

export const FIELDS: readonly { section: string; fields: readonly FieldOf[] }[] = [
  { section: 'controller', fields: [field('line', 'controller_name'), field('line', 'controller_siren'), field('line', 'controller_address'), field('line', 'controller_sector')] },
  { section: 'representative', fields: person('representative') },
  { section: 'contact', fields: [...person('contact'), field('flag', 'contact_is_dpo'), field('line', 'dpo_number'), field('text', 'others')] },
  {
    section: 'breach',
    fields: [
      field('date', 'found_at'), field('date', 'began_at'), field('date', 'ended_at'), field('text', 'found_how'), field('text', 'circumstances'),
      field('many', 'natures', 'nature'), field('many', 'origins', 'origin'), field('one', 'cause', 'cause'),
    ],
  },
  { section: 'data', fields: [field('many', 'typologies', 'typology'), field('one', 'keys', 'keys'), field('one', 'recipients', 'recipients'), field('one', 'integrity', 'integrity'), field('one', 'availability', 'availability')] },
  { section: 'people', fields: [field('count', 'people_exact'), field('many', 'people', 'people')] },
  { section: 'consequences', fields: [field('many', 'impacts', 'impact'), field('one', 'gravity', 'gravity')] },
  { section: 'measures', fields: [field('text', 'measures_before'), field('text', 'measures_after')] },
  { section: 'informing', fields: [field('one', 'informed', 'informed'), field('text', 'informed_how'), field('one', 'exemption', 'exemption')] },
  { section: 'elsewhere', fields: [field('line', 'cross_border'), field('many', 'reports', 'report')] },
  { section: 'notice', fields: [field('text', 'late_reason'), field('line', 'cnil_number')] },
];

/** "2026-11-26T10:02" on the practice's clock, as an input of type datetime-local has it; empty for none. */
export function toLocal(zone: string, at: string | null): string {
  if (at === null) return '';
  const instant = Date.parse(at) / 1000;
  const minute = Math.floor(wallOf(localDay(zone, dateAt(zone, instant)), instant).minute);
  return `${dateAt(zone, instant)}T${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

/** The instant of such a time; null for none. One that nobody changed keeps its seconds: a scope cut short would lose entries. */
export function fromLocal(zone: string, local: string, before: string | null): string | null {
  if (toLocal(zone, before) === local) return before;
  const [date, clock] = local.split('T');
  if (date === undefined || clock === undefined) return null;
  const [hours, minutes] = clock.split(':').map(Number);
  const instant = instantOf(localDay(zone, date), (hours ?? 0) * 60 + (minutes ?? 0));
  return instant === null ? null : instantText(instant);
}
