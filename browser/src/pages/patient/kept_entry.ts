import { serverNow } from '../../usecases/clock';
import type { Before, Kept } from '../../usecases/keep';
import type { Link } from '../../usecases/link';
import type { Confided } from '../../usecases/sealing';
import type { AppointmentView } from '../../wire/types';
import { practitionerName } from '../parts/names';

type Seen = Pick<AppointmentView, 'practice' | 'practitioner' | 'site' | 'status'> & { appointment: Pick<AppointmentView['appointment'], 'rev' | 'slot'> };

/** What this browser keeps of an appointment that was just booked or opened. */
export function keptEntry(link: Link, { practice, practitioner, site, status, appointment }: Seen, confided: Confided, before?: Before): Kept {
  const { rev, slot } = appointment;
  return {
    ...link, start: slot.start, minutes: slot.minutes, timezone: site.timezone, practice: practice.name,
    practitioner: practitionerName(practitioner), initial: confided.id.givenName.slice(0, 1).toUpperCase(), phone: site.phone,
    rev, status, knownAt: new Date(serverNow()).toISOString(), before,
  };
}
