import { ID_BYTES, base64, base64url, random, uuidFromId } from '../seal/bytes';
import { extendHold, placeHold, releaseHold } from '../wire/patient';
import { serverNow } from '../wire/request';
import { withWork } from './do_work';
import type { Hold, HoldRequest, Id, Instant } from '../wire/types';

/** Before its end, a hold asks whether to be kept longer. */
export const HOLD_WARNING_MINUTES = 2;
const HOLD_EXTENSIONS_MAX = 2;
const TOKEN_BYTES = 32;
const CAP_BYTES = 32;

/** A hold of ours: who holds it is known by the token, drawn here; the record is the appointment-to-be. */
export interface OwnHold {
  practice: Id;
  record: Id;
  token: string;
  agenda: Id;
  visitType: Id;
  start: Instant;
  minutes: number;
  expiresAt: Instant;
  extensionsLeft: number;
  /** It was held in a tab of this browser that was closed. */
  again?: boolean;
}

/** What is drawn here before a time is held: the record's id, the hold's token, and the secret (base64url) of the appointment-to-be. */
export function newHoldNames(): { record: Id; token: string; cap: string } {
  return { record: uuidFromId(random(ID_BYTES)), token: base64(random(TOKEN_BYTES)), cap: base64url(random(CAP_BYTES)) };
}

export interface Wish {
  practice: Id;
  record: Id;
  token: string;
  agenda: Id;
  visitType: Id;
  start: Instant;
  /** Base64; names the appointment that is being moved. */
  rowToken?: string;
}

function own(wish: Wish, hold: Hold): OwnHold {
  const { practice, record, token, agenda, visitType } = wish;
  return {
    practice, record, token, agenda, visitType,
    start: hold.start, minutes: hold.minutes, expiresAt: hold.expires_at, extensionsLeft: hold.extensions_left,
  };
}

/**
 * Holds a time, doing the work the server asks of an address that holds much. Repeating it is safe.
 * Throws Refused (slot_taken, not_offered), TooMuchWork, NoAnswer, NotNow.
 */
export async function holdSlot(wish: Wish): Promise<OwnHold> {
  const { practice, record, agenda, start } = wish;
  const asked: HoldRequest = { practice, record, agenda, visit_type: wish.visitType, start };
  return own(wish, await withWork((work) => placeHold(work === undefined ? asked : { ...asked, work }, wish.token, wish.rowToken)));
}

/** Keeps the time ten minutes more. Counted, so that a repetition is one extension. Throws Refused (hold_expired, no_more_extensions), NoAnswer, NotNow. */
export async function keepLonger(hold: OwnHold): Promise<OwnHold> {
  const longer = await extendHold(hold.practice, hold.record, hold.token, HOLD_EXTENSIONS_MAX - hold.extensionsLeft + 1);
  return { ...hold, expiresAt: longer.expires_at, extensionsLeft: longer.extensions_left };
}

/** Lets the time go. Best effort: a hold ends by itself. */
export async function letGo(hold: OwnHold): Promise<void> {
  try {
    await releaseHold(hold.practice, hold.record, hold.token);
  } catch {
    // Nobody waits for this answer.
  }
}

/** Milliseconds until a hold ends, by the server's clock. */
export function leftMilliseconds(hold: Pick<OwnHold, 'expiresAt'>): number {
  return Date.parse(hold.expiresAt) - serverNow();
}
