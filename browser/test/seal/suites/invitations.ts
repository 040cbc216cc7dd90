// SPDX-License-Identifier: Apache-2.0
/** spec/vectors/invitations.json: the link of an offer, and the answer that fits no other. */
import file from '../../../../spec/vectors/invitations.json'
import { fromHex, hex } from '../../../src/seal/bytes'
import { type Offer, checkInvitationTag, invitationFind, invitationSecret, invitationTag, inviteKey, memberFingerprint, openAsOwner, sealToOwner } from '../../../src/seal/invitation'
import { userKeys } from '../../../src/seal/keys'
import { PublicKey } from '../../../src/seal/primitives'
import { ROLES, type Role } from '../../../src/seal/roster_events'
import { type Claim, claim, refused, same } from '../claims'

const roleOf = (number: number): Role => (Object.keys(ROLES) as Role[]).find((name) => ROLES[name] === number) as Role

export const invitations: Claim[] = [
  claim('invitations: the link of an offer, and its answer', async () => {
    const nadia = await userKeys(fromHex(file.answering_user_seed))
    const keys = { kemPk: nadia.kem.publicKey, signPk: nadia.sign.publicKey }
    same(hex(memberFingerprint(keys)), file.fingerprint)
    for (const told of file.offers) {
      const offer: Offer = {
        instance: told.instance, practice: fromHex(told.practice), member: fromHex(told.member), role: roleOf(told.role),
        units: told.units.map(fromHex), inPlaceOf: told.in_place_of === null ? null : fromHex(told.in_place_of),
      }
      const secret = invitationSecret(inviteKey(fromHex(file.owner_user_seed)), offer)
      same([hex(secret), hex(invitationFind(secret))], [told.secret, told.find])
      same(hex(invitationTag(secret, offer, keys)), told.tag)
      checkInvitationTag(secret, offer, keys, fromHex(told.tag))
      await refused(() => checkInvitationTag(secret, offer, keys, fromHex(file.wrong_tag)), 'Altered')
      const { kem: otherKem } = await userKeys(fromHex(file.other_owner_user_seed))
      const inviter = (await userKeys(fromHex(file.owner_user_seed))).sign
      same(hex(await openAsOwner(fromHex(told.sealed), offer, inviter.publicKey, otherKem)), told.secret)
      await refused(() => openAsOwner(fromHex(told.forged), offer, inviter.publicKey, otherKem), 'Altered')
      await refused(() => openAsOwner(fromHex(told.sealed), { ...offer, role: 'practitioner' }, inviter.publicKey, otherKem), 'Altered')
      const again = await sealToOwner(secret, offer, inviter, new PublicKey(otherKem.publicKey))
      same(hex(await openAsOwner(again, offer, inviter.publicKey, otherKem)), told.secret)
      const raised = { ...offer, role: 'practitioner' as const }
      const other = invitationSecret(inviteKey(fromHex(file.owner_user_seed)), raised)
      await refused(() => checkInvitationTag(other, raised, keys, fromHex(told.tag)), 'Altered')
    }
  }),
]
