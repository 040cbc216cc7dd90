import { postMove } from '../wire/patient';
import { Refused } from '../wire/problem';
import type { Booked, Move } from '../wire/types';
import type { OwnHold } from './hold';
import { type Telling, tellingAt } from './messages/place';
import { planMoved, type PlannedMessage } from './messages/plan';
import { keepAll, leaveBehind, takeAway } from './messages/taken_away';
import type { OpenedAppointment } from './open_link';
import { isSealedAnew, sealAsPatient } from './sealing';
import { type Trusted, renewTrust } from './trust';

const ROSTER_ROUNDS_MAX = 3;

/** A move sealed and not yet acknowledged: sent again it is these very bytes. */
export interface ReadyMove {
  move: Move;
  rowToken: string;
  token: string;
  /** What will be sent; null where no message comes. */
  planned: readonly PlannedMessage[] | null;
}

/** How messages of an opened appointment are sealed; nothing is said of one that was only asked for. */
export function tellingOf({ view }: OpenedAppointment, plan: Telling['plan']): Telling {
  const { site, visit_type: type } = view;
  return tellingAt(site, type.silent, view.status === 'requested' ? () => [] : plan);
}

/** Seals the appointment anew for the held time, as its next revision: same link, new keys inside. Nothing is sent. Throws NoAnswer, NotNow. */
export async function sealMove(opened: OpenedAppointment, trusted: Trusted, hold: OwnHold): Promise<ReadyMove> {
  const { practice, unit, record, rev } = opened.view.appointment;
  const slot = { agenda: hold.agenda, start: hold.start, minutes: hold.minutes, visit_type: hold.visitType };
  const at = { practice, unit, record, rev: rev + 1, slot };
  const { sealed, planned } = await sealAsPatient(trusted, at, opened.keys, opened.confided, tellingOf(opened, planMoved));
  return { move: { ...sealed, seen_rev: rev }, rowToken: opened.rowToken, token: hold.token, planned };
}

/**
 * Moves the appointment; until this succeeds the old time stands. Changed readers are verified and sealed to anew.
 * Throws Refused (stale_revision, hold_expired, …), WrongPractice, NoAnswer, NotNow.
 */
export async function sendMove(
  opened: OpenedAppointment, hold: OwnHold, ready: ReadyMove, keep: (ready: ReadyMove) => void,
): Promise<Booked> {
  let trusted = opened.trusted;
  const { record, rev } = opened.view.appointment;
  leaveBehind(record, rev, opened.secrets);
  for (let round = 0; ; round += 1) {
    keep(ready);
    try {
      const moved = await postMove(ready.move, ready.rowToken, ready.token);
      await takeAway(record, moved.rev);
      return moved;
    } catch (error) {
      if (!(error instanceof Refused) || !isSealedAnew(error) || round >= ROSTER_ROUNDS_MAX) {
        // Without an answer it may stand: the next look at the appointment tells.
        if (error instanceof Refused) keepAll(record, rev);
        throw error;
      }
      if (error.is('stale_roster')) trusted = await renewTrust(trusted);
      ready = await sealMove(opened, trusted, hold);
    }
  }
}
