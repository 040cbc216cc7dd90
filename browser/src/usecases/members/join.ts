// SPDX-License-Identifier: AGPL-3.0-or-later
/** Answering an invitation: the link is read, the practice verified from it, and the answer bound to both. */
import { type Bytes, KEY_BYTES, base64, fromBase64url, idFromUuid } from '../../seal/bytes';
import { invitationFind, invitationTag, memberFingerprint, type Offer } from '../../seal/invitation';
import type { UserKeys } from '../../seal/keys';
import type { Id } from '../../wire/types';
import { readMe } from '../desk/routes';
import { readyToSeal } from '../sealing';
import { pin, readFingerprint, trustPractice, type Trusted } from '../trust';
import { roleOf } from './invite';
import { postJoin, postJoinAnswer, type InvitationShown } from './routes';

/** The end of the link, after #, was lost on its way. */
export class LinkCutShort extends Error {}

export interface Letter {
  secret: Bytes;
  shown: InvitationShown;
  trusted: Trusted;
}

/** The secret and the practice's fingerprint of a link's fragment. Throws LinkCutShort. */
function readFragment(fragment: string): { secret: Bytes; fingerprint: Bytes } {
  const [secret, fingerprint] = fragment.replace(/^#/, '').split('.');
  try {
    const bytes = fromBase64url(secret ?? '');
    const print = readFingerprint(fingerprint ?? null);
    if (bytes.length === KEY_BYTES && print !== null) return { secret: bytes, fingerprint: print };
  } catch {
    // Said below.
  }
  throw new LinkCutShort();
}

/** What the link is for, from a practice that is the link's. Throws LinkCutShort, WrongPractice, Refused, NoAnswer, NotNow. */
export async function readLetter(fragment: string): Promise<Letter> {
  const { secret, fingerprint } = readFragment(fragment);
  await readyToSeal();
  const shown = await postJoin(base64(invitationFind(secret)));
  const trusted = await trustPractice(shown, fingerprint);
  return { secret, shown, trusted };
}

function offerOf({ shown, trusted }: Letter): Offer {
  return {
    instance: trusted.roster.instance, practice: trusted.roster.practice, member: idFromUuid(shown.member), role: roleOf(shown.role),
    units: shown.units.map(idFromUuid), inPlaceOf: shown.in_place_of === null ? null : idFromUuid(shown.in_place_of),
  };
}

/** Sends one's public keys, bound to the link; again with the same keys, it is the same answer. Answers what is read aloud. */
export async function answer(letter: Letter, user: UserKeys): Promise<Bytes> {
  const keys = { kemPk: user.kem.publicKey, signPk: user.sign.publicKey };
  const tag = invitationTag(letter.secret, offerOf(letter), keys);
  await postJoinAnswer({ find: base64(invitationFind(letter.secret)), kem_pk: base64(keys.kemPk), sign_pk: base64(keys.signPk), tag: base64(tag) });
  // What the link vouched for is what this browser knows from now on.
  pin(letter.shown.practice, letter.trusted);
  return memberFingerprint(keys);
}

/** Whether an owner has let this account in by now. */
export async function isIn(practice: Id): Promise<boolean> {
  return (await readMe()).practices.some((one) => one.practice === practice);
}
