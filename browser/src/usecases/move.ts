import { postMove } from '../wire/patient';
import { Refused } from '../wire/problem';
import type { Booked, Move } from '../wire/types';
import type { OwnHold } from './hold';
import type { OpenedAppointment } from './open_link';
import { sealAsPatient } from './sealing';
import { type Trusted, renewTrust } from './trust';

const ROSTER_ROUNDS_MAX = 3;

/** A move sealed and not yet acknowledged: sent again it is these very bytes. */
export interface ReadyMove {
  move: Move;
  rowToken: string;
  token: string;
}

/** Seals the appointment anew for the held time, as its next revision: same link, new keys inside. Nothing is sent. */
export async function sealMove(opened: OpenedAppointment, trusted: Trusted, hold: OwnHold): Promise<ReadyMove> {
  const { practice, unit, record, rev } = opened.view.appointment;
  const slot = { agenda: hold.agenda, start: hold.start, minutes: hold.minutes, visit_type: hold.visitType };
  const at = { practice, unit, record, rev: rev + 1, slot };
  const { revision, act } = await sealAsPatient(trusted, at, opened.keys, opened.confided);
  return { move: { revision, seen_rev: rev, act }, rowToken: opened.rowToken, token: hold.token };
}

/**
 * Moves the appointment; until this succeeds the old time stands. Changed readers are verified and sealed to anew.
 * Throws Refused (stale_revision, hold_expired, …), WrongPractice, NoAnswer, NotNow.
 */
export async function sendMove(
  opened: OpenedAppointment, hold: OwnHold, ready: ReadyMove, keep: (ready: ReadyMove) => void,
): Promise<Booked> {
  let trusted = opened.trusted;
  for (let round = 0; ; round += 1) {
    keep(ready);
    try {
      return await postMove(ready.move, ready.rowToken, ready.token);
    } catch (error) {
      if (!(error instanceof Refused) || !error.is('stale_roster') || round >= ROSTER_ROUNDS_MAX) throw error;
      trusted = await renewTrust(trusted);
      ready = await sealMove(opened, trusted, hold);
    }
  }
}
