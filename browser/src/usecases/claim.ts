/**
 * The desk's code becomes the patient's own link. The desk has seen the secret in the code, so the browser that opens it draws another:
 * a revision signed by the old key names the new one, and a second one, signed by the new key, can be checked by whoever reads
 * the row. After the first, the code opens nothing.
 */
import { base64, base64url, fromBase64url } from '../seal/bytes';
import { capKeys, newSeed, type CapKeys } from '../seal/keys';
import { postInPlace } from '../wire/patient';
import { Refused } from '../wire/problem';
import type { Link } from './link';
import { planBooked } from './messages/plan';
import { leaveBehind, takeAway } from './messages/taken_away';
import { tellingOf } from './move';
import { openLink, type OpenedAppointment } from './open_link';
import { isSealedAnew, rowTokenHash, sealAsPatient } from './sealing';
import { renewTrust } from './trust';

const ROSTER_ROUNDS_MAX = 3;
/** Claiming is over once an appointment is no more ahead. */
const CLAIMABLE: readonly string[] = ['booked', 'requested'];

/** A claim on its way: kept by whoever shows the page, so that a reload goes on with the same secret. */
export interface Claim {
  shown: Link;
  own: Link;
}

export function newClaim(shown: Link): Claim {
  return { shown, own: { cap: base64url(newSeed()), fingerprint: shown.fingerprint } };
}

export function isClaimable(opened: OpenedAppointment): boolean {
  return CLAIMABLE.includes(opened.view.status);
}

/** Seals the next revision in place, under `keys`, signed by `signer`; its reminders go with it. */
async function sealAnew(opened: OpenedAppointment, keys: CapKeys, signer: CapKeys): Promise<void> {
  const { practice, unit, record, rev, slot } = opened.view.appointment;
  const telling = tellingOf(opened, (visit, now) => planBooked(visit, now, { confirm: false }));
  let { trusted } = opened;
  leaveBehind(record, rev, opened.secrets);
  for (let round = 0; ; round += 1) {
    const at = { practice, unit, record, rev: rev + 1, slot };
    const { sealed } = await sealAsPatient(trusted, at, keys, opened.confided, telling, signer.sign);
    try {
      const placed = await postInPlace({ ...sealed, seen_rev: rev, row_token_hash: rowTokenHash(keys) }, base64(signer.rowToken));
      await takeAway(record, placed.rev);
      return;
    } catch (error) {
      if (!(error instanceof Refused) || !isSealedAnew(error) || round >= ROSTER_ROUNDS_MAX) throw error;
      if (error.is('stale_roster')) trusted = await renewTrust(trusted);
    }
  }
}

/** The appointment under this claim's own link, or null while the code still stands. */
async function claimed(claim: Claim, before: CapKeys): Promise<OpenedAppointment | null> {
  try {
    return await openLink(claim.own, before);
  } catch (error) {
    if (error instanceof Refused && error.is('no_such_appointment')) return null;
    throw error;
  }
}

/**
 * Carries a claim through, from wherever it stopped; answers the appointment opened by its own link.
 * Throws Refused (no_such_appointment: somebody else opened the code first), AlteredAppointment, WrongPractice, NoAnswer, NotNow.
 */
export async function carryThrough(claim: Claim): Promise<OpenedAppointment> {
  const [before, own] = await Promise.all([capKeys(fromBase64url(claim.shown.cap)), capKeys(fromBase64url(claim.own.cap))]);
  let opened = await claimed(claim, before);
  if (opened === null) {
    const shown = await openLink(claim.shown);
    await sealAnew(shown, own, before);
    opened = await openLink(claim.own, before);
  }
  await sealAnew(opened, own, own);
  return openLink(claim.own);
}
