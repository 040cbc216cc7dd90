// SPDX-License-Identifier: AGPL-3.0-or-later
/** Inviting somebody by a link, and letting in who answered it: by the tag that only the link's holder can make, and by voice. */
import { type Bytes, ID_BYTES, base64, base64url, equal, fromBase64, idFromUuid, random, uuidFromId } from '../../seal/bytes';
import {
  checkInvitationTag, invitationFind, invitationSecret, memberFingerprint, openAsOwner, sealToOwner, type Offer, type PublicKeys,
} from '../../seal/invitation';
import { Altered } from '../../seal/errors';
import { PublicKey } from '../../seal/primitives';
import type { Roster } from '../../seal/roster';
import { ROLES, type Member, type Role } from '../../seal/roster_events';
import type { Base64, Id, LocalDate } from '../../wire/types';
import type { OpenDesk } from '../desk/unlock';
import { changeRoster, withUnits, type Step } from './change';
import { postInvitation, postRevoke, type InvitationTold } from './routes';

/** How many other owners an invitation is told; more than any practice has. */
const OWNERS_TOLD_MAX = 30;
const ROLE_NAMES = Object.keys(ROLES) as Role[];

export function roleOf(number: number): Role {
  return ROLE_NAMES.find((name) => ROLES[name] === number) ?? 'secretary';
}

export interface Wish {
  name: string;
  role: Role;
  units: readonly Id[];
  until: LocalDate | null;
  inPlaceOf: Id | null;
}

function offerOf(desk: OpenDesk, member: Id, role: Role, units: readonly Id[], inPlaceOf: Id | null): Offer {
  const { roster } = desk.trusted;
  return {
    instance: roster.instance, practice: roster.practice, member: idFromUuid(member), role,
    units: [...units].sort().map(idFromUuid), inPlaceOf: inPlaceOf === null ? null : idFromUuid(inPlaceOf),
  };
}

const offered = (desk: OpenDesk, told: InvitationTold): Offer => offerOf(desk, told.member, roleOf(told.role), told.units, told.in_place_of);

/** The secret for each of the other owners, so that whoever of them is there lets in. */
async function forOwners(desk: OpenDesk, secret: Bytes, offer: Offer): Promise<{ kid: Base64; bytes: Base64 }[]> {
  const others = desk.trusted.roster.members.filter(({ role, id }) => role === 'owner' && uuidFromId(id) !== desk.practice.member);
  return await Promise.all(others.slice(0, OWNERS_TOLD_MAX).map(async ({ kemPk }) => {
    const owner = new PublicKey(kemPk);
    return { kid: base64(owner.kid), bytes: base64(await sealToOwner(secret, offer, desk.user.sign, owner)) };
  }));
}

/** The link's secret, made again by who invited or opened as they told it; null to an owner of later. Throws Altered. */
async function secretOf(desk: OpenDesk, told: InvitationTold): Promise<Bytes | null> {
  if (told.inviter === desk.practice.member) return invitationSecret(desk.user.invite, offered(desk, told));
  if (told.sealed === null) return null;
  const inviter = desk.trusted.roster.member(idFromUuid(told.inviter));
  // What a former owner left behind is believed no more than what they would sign now.
  if (inviter?.role !== 'owner') throw new Altered('invitation');
  return await openAsOwner(fromBase64(told.sealed), offered(desk, told), inviter.signPk, desk.user.kem);
}

function linkOf(desk: OpenDesk, secret: Bytes, language: string): string {
  return `${location.origin}/${language}/join#${base64url(secret)}.${base64url(desk.trusted.roster.fingerprint)}`;
}

/** Makes the invitation; answers its link, which nobody but the invited person should have. Throws Refused, NoAnswer, NotNow. */
export async function invite(desk: OpenDesk, wish: Wish, language: string): Promise<{ link: string; expiresOn: LocalDate }> {
  const member = uuidFromId(random(ID_BYTES));
  const offer = offerOf(desk, member, wish.role, wish.units, wish.inPlaceOf);
  const secret = invitationSecret(desk.user.invite, offer);
  const { expires_on: expiresOn } = await postInvitation(desk.practice.practice, {
    invitation: uuidFromId(random(ID_BYTES)), member, find: base64(invitationFind(secret)), role: ROLES[wish.role],
    units: [...wish.units].sort(), in_place_of: wish.inPlaceOf, name: wish.name, until: wish.until,
    owners: await forOwners(desk, secret, offer),
  });
  return { link: linkOf(desk, secret, language), expiresOn };
}

/** Whether this owner has the link's secret: who made the invitation, and who was an owner then. */
export const canLetIn = (desk: OpenDesk, told: InvitationTold): boolean => told.inviter === desk.practice.member || told.sealed !== null;

/** The link once more. Throws Altered. */
export async function linkAgain(desk: OpenDesk, told: InvitationTold, language: string): Promise<string> {
  return linkOf(desk, (await secretOf(desk, told))!, language);
}

/** Who answered: their keys, and the hash whose words both sides read aloud. Throws Altered: what came is not from the link's holder. */
export async function answered(desk: OpenDesk, told: InvitationTold): Promise<{ keys: PublicKeys; fingerprint: Bytes } | null> {
  if (told.kem_pk === null || told.sign_pk === null || told.tag === null) return null;
  const keys = { kemPk: fromBase64(told.kem_pk), signPk: fromBase64(told.sign_pk) };
  const secret = await secretOf(desk, told);
  if (secret === null) return null;
  checkInvitationTag(secret, offered(desk, told), keys, fromBase64(told.tag));
  return { keys, fingerprint: memberFingerprint(keys) };
}

/** The hash whose words a member reads aloud when they come, of their keys as the roster has them; null for nobody's id. */
export function readAloud(roster: Roster, member: Id): Bytes | null {
  const found = roster.member(idFromUuid(member));
  return found === null ? null : memberFingerprint(found);
}

/** Signs in who answered, by the keys whose words were compared. In somebody's place: that member leaves in the same step. Throws Altered. */
export async function letIn(desk: OpenDesk, told: InvitationTold, compared: Bytes): Promise<void> {
  const found = await answered(desk, told);
  if (found === null) return;
  if (!equal(found.fingerprint, compared)) throw new Altered('invitation');
  const { keys } = found;
  await changeRoster(desk, (roster) => {
    if (roster.member(idFromUuid(told.member)) !== null) return null;
    const bare: Member = { kind: 'member', id: idFromUuid(told.member), ...keys, role: roleOf(told.role), units: [] };
    const steps: Step[] = [withUnits(bare, told.units.map(idFromUuid))];
    const lost = told.in_place_of === null ? null : roster.member(idFromUuid(told.in_place_of));
    if (lost !== null) steps.push({ kind: 'removal', id: lost.id });
    return { steps };
  });
}

export const takeBack = (desk: OpenDesk, told: InvitationTold): Promise<null> => postRevoke(desk.practice.practice, told.invitation);
