import { readAgenda, readSlots } from '../wire/patient';
import { Refused } from '../wire/problem';
import type { AgendaView, Id, Instant, LocalDate, Offer } from '../wire/types';

/** Days that are read at a time. */
export const WINDOW_DAYS = 7;
/** How many other times are named beside one that is gone. */
const NEARBY_MAX = 4;

/** The agenda as its booking page needs it; null when nothing is booked there online. Throws NoAnswer, NotNow. */
export async function openAgenda(agenda: Id): Promise<AgendaView | null> {
  try {
    return await readAgenda(agenda);
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

/** The free times of WINDOW_DAYS days from `from` on. Throws Refused, NoAnswer, NotNow. */
export function freeTimes(agenda: Id, visitType: Id, from: LocalDate): Promise<Offer> {
  return readSlots(agenda, visitType, from, WINDOW_DAYS);
}

/** The free starts of `day` closest to `wanted`, in order of time. Throws Refused, NoAnswer, NotNow. */
export async function freeAround(agenda: Id, visitType: Id, day: LocalDate, wanted: Instant): Promise<Instant[]> {
  const offer = await readSlots(agenda, visitType, day, 1);
  const free = offer.days.flatMap((one) => one.slots.map((slot) => slot.start));
  const near = (start: Instant): number => Math.abs(Date.parse(start) - Date.parse(wanted));
  return free.sort((a, b) => near(a) - near(b)).slice(0, NEARBY_MAX).sort();
}
