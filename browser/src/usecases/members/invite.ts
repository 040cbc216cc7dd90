// SPDX-License-Identifier: AGPL-3.0-or-later
/** Inviting somebody by a link, and letting in who answered it: by the tag that only the link's holder can make, and by voice. */
import { type Bytes, ID_BYTES, base64, base64url, fromBase64, idFromUuid, random, uuidFromId } from '../../seal/bytes';
import { checkInvitationTag, invitationFind, invitationSecret, memberFingerprint, type Offer, type PublicKeys } from '../../seal/invitation';
import { ROLES, type Member, type Role } from '../../seal/roster_events';
import type { Id, LocalDate } from '../../wire/types';
import type { OpenDesk } from '../desk/unlock';
import { changeRoster, withUnits, type Step } from './change';
import { postInvitation, postRevoke, type InvitationTold } from './routes';

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

function linkOf(desk: OpenDesk, secret: Bytes, language: string): string {
  return `${location.origin}/${language}/join#${base64url(secret)}.${base64url(desk.trusted.roster.fingerprint)}`;
}

/** Makes the invitation; answers its link, which nobody but the invited person should have. Throws Refused, NoAnswer, NotNow. */
export async function invite(desk: OpenDesk, wish: Wish, language: string): Promise<{ link: string; expiresOn: LocalDate }> {
  const member = uuidFromId(random(ID_BYTES));
  const secret = invitationSecret(desk.user.invite, offerOf(desk, member, wish.role, wish.units, wish.inPlaceOf));
  const { expires_on: expiresOn } = await postInvitation(desk.practice.practice, {
    invitation: uuidFromId(random(ID_BYTES)), member, find: base64(invitationFind(secret)), role: ROLES[wish.role],
    units: [...wish.units].sort(), in_place_of: wish.inPlaceOf, name: wish.name, until: wish.until,
  });
  return { link: linkOf(desk, secret, language), expiresOn };
}

/** Whether this member made the invitation: nobody else's browser can make its secret again. */
export const isMine = (desk: OpenDesk, told: InvitationTold): boolean => told.inviter === desk.practice.member;

/** The link once more, for who made it. */
export function linkAgain(desk: OpenDesk, told: InvitationTold, language: string): string {
  const offer = offerOf(desk, told.member, roleOf(told.role), told.units, told.in_place_of);
  return linkOf(desk, invitationSecret(desk.user.invite, offer), language);
}

/** Who answered: their keys, and the hash whose words both sides read aloud. Throws Altered: what came is not from the link's holder. */
export function answered(desk: OpenDesk, told: InvitationTold): { keys: PublicKeys; fingerprint: Bytes } | null {
  if (told.kem_pk === null || told.sign_pk === null || told.tag === null) return null;
  const keys = { kemPk: fromBase64(told.kem_pk), signPk: fromBase64(told.sign_pk) };
  const offer = offerOf(desk, told.member, roleOf(told.role), told.units, told.in_place_of);
  checkInvitationTag(invitationSecret(desk.user.invite, offer), offer, keys, fromBase64(told.tag));
  return { keys, fingerprint: memberFingerprint(keys) };
}

/** Signs in who answered, after the words were compared. In somebody's place: that member leaves in the same step. */
export async function letIn(desk: OpenDesk, told: InvitationTold): Promise<void> {
  const found = answered(desk, told);
  if (found === null) return;
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
