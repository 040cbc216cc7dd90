// SPDX-License-Identifier: AGPL-3.0-or-later
/** Refuses the booking of somebody whose card says so: the message is sealed into the appointment, where its patient's link shows it. */
import { leaveMessage } from '../../../usecases/patients/give_link';
import { refuse } from '../../../usecases/desk/accept';
import { sign } from '../../../usecases/desk/act';
import type { Visit } from '../../../usecases/desk/model';
import { t } from '../../../words/index';
import type { Desk } from '../desk.svelte';

export async function refuseWith(desk: Desk, visit: Visit, message: string): Promise<void> {
  const { deeds, open, reading } = desk;
  await deeds.attempt(visit, async () => {
    const rev = await leaveMessage(open, visit.record, visit.rev, message);
    const next = { ...visit, rev, acts: 0 };
    await (visit.status === 'requested' ? refuse(open, next) : sign(open, next, 'cancel'));
    reading.markSeen(visit.record, rev);
    await reading.read();
    deeds.say(t('patients.refused_said'), () => deeds.restore(visit));
  });
}
