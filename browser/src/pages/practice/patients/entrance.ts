// SPDX-License-Identifier: AGPL-3.0-or-later
/** The words of the patients' part, spoken once whoever comes first: the room, the booking panel or a visit's card. */
import type { Visit } from '../../../usecases/desk/model';
import { language, speak } from '../../../words/index';
import type { Desk } from '../desk.svelte';

const WORDS = {
  fr: () => Promise.all([import('../../../words/fr/desk_patients.json'), import('../../../words/fr/patient.json')]),
  en: () => Promise.all([import('../../../words/en/desk_patients.json'), import('../../../words/en/patient.json')]),
};
let spoken: Promise<void> | null = null;

/** Fails as an import fails: the network is away; the next call asks again. */
export function speakPatients(): Promise<void> {
  spoken ??= WORDS[language()]().then(
    (words) => { speak(language(), ...words.map((one) => one.default as Record<string, string>)); },
    (error: unknown) => {
      spoken = null;
      throw error;
    },
  );
  return spoken;
}

export async function bookingPanel() {
  const [panel] = await Promise.all([import('./BookingPanel.svelte'), speakPatients()]);
  return panel.default;
}

export async function visitPatient() {
  const [part] = await Promise.all([import('./VisitPatient.svelte'), speakPatients()]);
  return part.default;
}

export async function visitMessages() {
  const [part] = await Promise.all([import('./VisitMessages.svelte'), speakPatients()]);
  return part.default;
}

export async function takeNumber() {
  const [part] = await Promise.all([import('./TakeNumber.svelte'), speakPatients()]);
  return part.default;
}

/** The number on the card of the visit's person; null where there is none, or two cards fit. No outage keeps the contact itself away. */
export async function visitPhone(desk: Desk, visit: Visit): Promise<string | null> {
  try {
    const [{ patientsOf }, { namedOf }] = await Promise.all([import('./patients.svelte'), import('../../../usecases/patients/learn')]);
    const named = namedOf(visit);
    const people = named === null ? [] : patientsOf(desk).book.same(visit.unit, named);
    return people.length === 1 ? people[0]!.phone : null;
  } catch {
    return null;
  }
}
