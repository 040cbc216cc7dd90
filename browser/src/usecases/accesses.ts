import { idFromUuid } from '../seal/bytes';
import type { Role } from '../seal/roster_events';
import { readAccesses } from '../wire/patient';
import type { Access, Instant } from '../wire/types';
import type { OpenedAppointment } from './open_link';

/** The groups of an appointment, in the order in which a person tells of them. */
const GROUPS = ['id', 'ct', 'rs'] as const;
export type Group = (typeof GROUPS)[number];

/** One reader's accesses of a day, for one purpose; `by` null: somebody whom the practice's chain never named. */
export interface Taken {
  by: 'link' | 'program' | Role | null;
  purpose: Access['purpose'];
  groups: Group[];
  times: number;
  first: Instant;
  last: Instant;
}

export interface DayOfAccesses {
  day: string;
  taken: Taken[];
}

/** What left the server of this appointment, by days at its site, the newest first; roles are the signed chain's. Throws Refused, NoAnswer, NotNow. */
export async function accessesOf({ rowToken, trusted }: OpenedAppointment): Promise<{ days: DayOfAccesses[]; more: boolean }> {
  const { accesses, more } = await readAccesses(rowToken);
  return { days: byDay(accesses, (member) => trusted.roster.roleEver(idFromUuid(member))), more };
}

export function byDay(accesses: readonly Access[], roleOf: (member: string) => Role | null): DayOfAccesses[] {
  const days = new Map<string, Taken[]>();
  for (const { day, member, purpose, parts, times, first, last } of accesses) {
    const by = member === null ? 'link' : purpose === 'feed' ? 'program' : roleOf(member);
    const groups = GROUPS.filter((group) => parts.includes(group));
    days.set(day, [...(days.get(day) ?? []), { by, purpose, groups, times, first, last }]);
  }
  return [...days].map(([day, taken]) => ({ day, taken }));
}
