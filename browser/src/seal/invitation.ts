// SPDX-License-Identifier: Apache-2.0
/**
 * An invitation into a practice: the secret of its link, and what answers it (spec/roster.md, section 7).
 * The secret is made again from the owner's own key and from what is offered: an offer altered on its way leads to
 * another secret, under which no answer verifies.
 */
import { type Bytes, HASH_BYTES, ID_BYTES, KEY_BYTES, SIGNATURE_BYTES, cut, equal, hex, join, sized, u8 } from './bytes'
import { D, LP, T, hmac, inst, sha256 } from './conventions'
import { Altered, Unknown } from './errors'
import { XWING_PUBLIC_BYTES } from './kem'
import { ED25519_PUBLIC_BYTES, HPKE_OVERHEAD_BYTES, type PrivateKey, type PublicKey, type SigningKey, verify } from './primitives'
import { ROLES, type Role } from './roster_events'

export const SEALED_SECRET_BYTES = HPKE_OVERHEAD_BYTES + KEY_BYTES + SIGNATURE_BYTES

/** What somebody is invited to be: a new member id, a role, units, and perhaps whose place they take. */
export interface Offer {
  readonly instance: string
  readonly practice: Bytes
  readonly member: Bytes
  readonly role: Role
  /** Ascending, each once. */
  readonly units: readonly Bytes[]
  readonly inPlaceOf: Bytes | null
}

/** The public halves of a member's keys. */
export interface PublicKeys {
  readonly kemPk: Bytes
  readonly signPk: Bytes
}

function offerBytes(offer: Offer): Bytes {
  const units = offer.units.map((unit) => hex(sized(unit, ID_BYTES, 'unit')))
  if (!units.every((unit, i) => i === 0 || (units[i - 1] as string) < unit)) throw new Unknown('units')
  const replaced = offer.inPlaceOf === null ? new Uint8Array(ID_BYTES) : sized(offer.inPlaceOf, ID_BYTES, 'member')
  const named = join(sized(offer.practice, ID_BYTES, 'practice'), sized(offer.member, ID_BYTES, 'member'))
  return join(inst(offer.instance), named, u8(ROLES[offer.role]), LP(join(...offer.units)), replaced)
}

function keyBytes(keys: PublicKeys): Bytes {
  return join(sized(keys.kemPk, XWING_PUBLIC_BYTES, 'kem key'), sized(keys.signPk, ED25519_PUBLIC_BYTES, 'signing key'))
}

/** An owner's key for invitations, from their user seed. */
export const inviteKey = (userSeed: Bytes): Bytes => D(sized(userSeed, KEY_BYTES, 'user seed'), 'user invite')

/** The link's secret, 32 bytes, made again whenever this owner needs it. */
export function invitationSecret(key: Bytes, offer: Offer): Bytes {
  return hmac(sized(key, KEY_BYTES, 'invite key'), T('invitation'), offerBytes(offer))
}

/** By what the server finds the invitation, 16 bytes. */
export function invitationFind(secret: Bytes): Bytes {
  return D(sized(secret, KEY_BYTES, 'invitation'), 'invitation find', ID_BYTES)
}

/** Binds the invited person's keys to the link: the server, which never has its secret, can put no others there. */
export function invitationTag(secret: Bytes, offer: Offer, keys: PublicKeys): Bytes {
  return hmac(D(sized(secret, KEY_BYTES, 'invitation'), 'invitation tag'), T('join'), offerBytes(offer), keyBytes(keys))
}

/** Throws Altered unless whoever holds the link gave these keys for this very offer. */
export function checkInvitationTag(secret: Bytes, offer: Offer, keys: PublicKeys, tag: Bytes): void {
  if (!equal(invitationTag(secret, offer, keys), sized(tag, HASH_BYTES, 'tag'))) throw new Altered('invitation')
}

const told = (offer: Offer, secret: Bytes): Bytes => join(T('invited'), offerBytes(offer), sized(secret, KEY_BYTES, 'invitation'))

function ownerInfo(offer: Offer, ownerKid: Bytes): Bytes {
  return join(T('invitation'), inst(offer.instance), sized(offer.practice, ID_BYTES, 'practice'), sized(offer.member, ID_BYTES, 'member'), ownerKid)
}

/**
 * The secret for another owner, who can let in what this one invited; 1,232 bytes. Signed inside: HPKE authenticates nobody, and a
 * secret that the server drew would fit keys that the server chose.
 */
export async function sealToOwner(secret: Bytes, offer: Offer, inviter: SigningKey, owner: PublicKey): Promise<Bytes> {
  return await owner.seal(ownerInfo(offer, owner.kid), join(secret, await inviter.sign(told(offer, secret))))
}

/** The secret that the inviter, by the roster's key, told this owner for this offer. Throws Altered otherwise. */
export async function openAsOwner(sealed: Bytes, offer: Offer, inviterSignPk: Bytes, owner: PrivateKey): Promise<Bytes> {
  if (sealed.length !== SEALED_SECRET_BYTES) throw new Unknown('sealed invitation')
  const signed = await owner.open(ownerInfo(offer, owner.kid), sealed)
  const secret = cut(signed, 0, KEY_BYTES)
  await verify(inviterSignPk, cut(signed, KEY_BYTES), told(offer, secret), 'invitation')
  return secret
}

/** What two people compare by voice before one lets the other in: a hash of both public keys, 32 bytes. */
export function memberFingerprint(keys: PublicKeys): Bytes {
  return sha256(T('member'), keyBytes(keys))
}
