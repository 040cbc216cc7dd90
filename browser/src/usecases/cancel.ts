import { signAct } from '../seal/act';
import { base64 } from '../seal/bytes';
import { postAct } from '../wire/patient';
import type { Status } from '../wire/types';
import { leaveBehind, takeAway } from './messages/taken_away';
import type { OpenedAppointment } from './open_link';

/**
 * Cancels, signed by the link's holder, and takes the messages away in a request that nothing joins to it; sent again it is the same
 * act and the same signature.
 * Throws Refused (stale_revision, …), NoAnswer, NotNow.
 */
export async function cancelAppointment(opened: OpenedAppointment): Promise<{ status: Status; acts: number }> {
  const n = opened.view.appointment.acts.reduce((last, act) => Math.max(last, act.n), 0) + 1;
  const { record, rev } = opened.view.appointment;
  leaveBehind(record, rev, opened.secrets);
  const act = await signAct(opened.record.place, n, 'cancel', opened.keys.sign);
  const done = await postAct({ rev, n, kind: 'cancel', sig: base64(act.signature) }, opened.rowToken);
  await takeAway(record, null);
  return done;
}
