/**
 * The phone check: a code goes to a number, and who types it gets the notifier's signatures for ten bookings to come. The server passes
 * sealed bytes on and learns no number. Source: spec/rdv1.md section 5.
 */
import { type Bytes, ID_BYTES, KEY_BYTES, base64, base64url, equal, fromBase64, fromBase64url, random, uuidFromId, idFromUuid } from '../seal/bytes';
import { SealError } from '../seal/errors';
import type { Contact, NumberCheck } from '../seal/groups';
import { capKeys } from '../seal/keys';
import {
  type Address, CHECKED_BOOKINGS_MAX, binding, checkSecret, codeKey, commitment, openReply, sealAsk, sealCode, verifyNumber,
} from '../seal/phone_check';
import { PublicKey } from '../seal/primitives';
import type { Roster } from '../seal/roster';
import { postAsk, postCode, readCheck, readNotifier } from '../wire/checks';
import { Refused } from '../wire/problem';
import type { AgendaView, Base64, BookingCheck, Id } from '../wire/types';
import { withWork } from './do_work';
import type { KeptCheck } from './keep';

/** A code that was typed so often wrong is over. */
export const TRIES_MAX = 3;
/** How often the answer to a code is looked for, and until when: a notifier that started anew says nothing. */
const LOOK_MS = 700;
const LOOKS_MAX = 30;
const PROOF_MONTHS = 12;

/** No code can be sent now: nobody whom the practice trusts has published a key for it. Nothing was sent. */
export class NoCodeNow extends Error {}

/** A signature for one booking to come: the cap that it will have, and what its contact says of it. */
export interface Checked {
  cap: string;
  check: NumberCheck;
}

/** A question that was asked: what its code and its answer are sealed with. JSON, so that a reload loses nothing. */
export interface Asked extends Address {
  q: Id;
  codePk: Base64;
  r: Base64;
  replyKey: Base64;
  caps: string[];
  salts: Base64[];
}

async function currentKey({ notifierPk, instance }: Roster): Promise<PublicKey> {
  if (notifierPk === null) throw new NoCodeNow();
  try {
    for (const { since, until, pk, sig } of (await readNotifier()).code_keys) {
      try {
        return await codeKey(notifierPk, instance, since, until, fromBase64(pk), fromBase64(sig));
      } catch (error) {
        // Signed by another, or for no days: the next one may be good.
        if (!(error instanceof SealError)) throw error;
      }
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  throw new NoCodeNow();
}

/** Whether a booking without a signature becomes a request: the practice asks for one, and its roster names the notifier that serves here. Throws NoAnswer, NotNow. */
export async function isAsked({ check }: Pick<AgendaView, 'check'>, { notifierPk }: Roster): Promise<boolean> {
  if (check === 'none' || notifierPk === null) return false;
  try {
    return equal(fromBase64((await readNotifier()).root), notifierPk);
  } catch (error) {
    if (error instanceof Refused && error.is('no_notifier')) return false;
    throw error;
  }
}

/** Draws a question, with ten caps for bookings to come; on a shared device with one, for nothing stays there. Nothing is sent. Throws NoCodeNow, NoAnswer, NotNow. */
export async function drawQuestion(roster: Roster, { kind, address }: Address, shared: boolean): Promise<Asked> {
  const key = await currentKey(roster);
  const bookings = shared ? 1 : CHECKED_BOOKINGS_MAX;
  const draw = (): Bytes[] => Array.from({ length: bookings }, () => random(KEY_BYTES));
  return {
    kind, address, q: uuidFromId(random(ID_BYTES)), codePk: base64(key.bytes), r: base64(random(KEY_BYTES)),
    replyKey: base64(random(KEY_BYTES)), caps: draw().map((cap) => base64url(cap)), salts: draw().map((salt) => base64(salt)),
  };
}

/** Sends the question: a code goes out where one may, and the answer never says whether. Repeatable. Throws Refused, TooMuchWork, NoAnswer, NotNow. */
export async function askCode({ instance }: Roster, asked: Asked): Promise<void> {
  const keys = await Promise.all(asked.caps.map((cap) => capKeys(fromBase64url(cap))));
  const binds = keys.map(({ sign }, i) => binding(sign.publicKey, fromBase64(asked.salts[i]!)));
  const ask = await sealAsk(instance, idFromUuid(asked.q), new PublicKey(fromBase64(asked.codePk)), {
    kind: asked.kind, address: asked.address, r: fromBase64(asked.r), replyKey: fromBase64(asked.replyKey), binds,
  });
  await withWork((work) => postAsk(asked.q, base64(ask), work));
}

/** What a typed code came to: signatures, or how many tries are left; `over`: this question has no more, or nobody answers. */
export type Judged = { checked: Checked[] } | { left: number } | 'over';

/** Hands on the code and waits for the answer. Throws NoAnswer, NotNow. */
export async function typeCode(roster: Roster, asked: Asked, digits: string): Promise<Judged> {
  const q = idFromUuid(asked.q);
  try {
    const before = await readCheck(asked.q);
    const sealed = await sealCode(roster.instance, q, new PublicKey(fromBase64(asked.codePk)), digits);
    if (before.reply === null) await postCode(asked.q, base64(sealed));
    for (let look = 0; look < LOOKS_MAX; look += 1) {
      const { tries, reply } = await readCheck(asked.q);
      if (reply !== null) return { checked: await readProofs(roster, asked, fromBase64(reply)) };
      if (tries > before.tries) return tries >= TRIES_MAX ? 'over' : { left: TRIES_MAX - tries };
      await new Promise((turn) => setTimeout(turn, LOOK_MS));
    }
    return 'over';
  } catch (error) {
    if (error instanceof Refused && ['no_such_check', 'tries_spent', 'code_judged'].includes(error.name)) return 'over';
    throw error;
  }
}

async function readProofs(roster: Roster, asked: Asked, reply: Bytes): Promise<Checked[]> {
  const { month, proofs } = await openReply(roster.instance, idFromUuid(asked.q), fromBase64(asked.replyKey), reply);
  return await Promise.all(proofs.map(async (proof, i) => {
    const cap = asked.caps[i]!;
    const { sign } = await capKeys(fromBase64url(cap));
    const check = { r: checkSecret(fromBase64(asked.r), i + 1), salt: fromBase64(asked.salts[i]!), month, proof, bookingPk: sign.publicKey };
    return { cap, check };
  }));
}

/** As this browser keeps them; the address is not among it. */
export function toKeep({ cap, check }: Checked): KeptCheck {
  return { cap, r: base64(check.r), salt: base64(check.salt), month: check.month, proof: base64(check.proof) };
}

async function fromKept({ cap, r, salt, month, proof }: KeptCheck): Promise<Checked> {
  const { sign } = await capKeys(fromBase64url(cap));
  return { cap, check: { r: fromBase64(r), salt: fromBase64(salt), month, proof: fromBase64(proof), bookingPk: sign.publicKey } };
}

function isLive(yyyymm: number, today: string): boolean {
  const months = (year: number, month: number) => year * 12 + month;
  const age = months(Number(today.slice(0, 4)), Number(today.slice(5, 7))) - months(Math.floor(yyyymm / 100), yyyymm % 100);
  return age <= PROOF_MONTHS;
}

/** The first of these signatures that is for one of these addresses, by the notifier that the practice names; null for none. */
export async function checkedAmong(among: readonly KeptCheck[], { notifierPk, instance }: Roster, addresses: readonly Address[], today: string): Promise<Checked | null> {
  if (notifierPk === null) return null;
  for (const kept of among) {
    const checked = await fromKept(kept);
    if (!isLive(checked.check.month, today)) continue;
    for (const address of addresses) {
      if (await proves(instance, notifierPk, address, checked.check)) return checked;
    }
  }
  return null;
}

async function proves(instance: string, notifierPk: Bytes, address: Address, check: NumberCheck): Promise<boolean> {
  try {
    await verifyNumber(instance, notifierPk, address, check);
    return true;
  } catch (error) {
    if (error instanceof SealError) return false;
    throw error;
  }
}

/** What the server is shown of a signature: it learns no address. `address` is the one that was checked. */
export async function shown({ notifierPk, instance }: Roster, addresses: readonly Address[], { check }: Checked): Promise<BookingCheck> {
  let commit: Bytes | null = null;
  for (const address of addresses) {
    if (commit === null && notifierPk !== null && (await proves(instance, notifierPk, address, check))) commit = commitment(instance, address, check.r);
  }
  if (commit === null) throw new NoCodeNow();
  return { commit: base64(commit), salt: base64(check.salt), month: check.month, proof: base64(check.proof) };
}

/** What a practice knows of a contact's addresses: which of them somebody answered at. */
export async function checkedAddress({ notifierPk, instance }: Roster, { check, phone, email }: Pick<Contact, 'check' | 'phone' | 'email'>): Promise<'phone' | 'mail' | null> {
  if (check === null || notifierPk === null) return null;
  if (phone !== null && (await proves(instance, notifierPk, { kind: 'phone', address: phone }, check))) return 'phone';
  if (email !== null && (await proves(instance, notifierPk, { kind: 'mail', address: email }, check))) return 'mail';
  return null;
}
