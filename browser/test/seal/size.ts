// SPDX-License-Identifier: Apache-2.0
/** What a page of the product takes of `seal`: the build of this file alone tells its weight. */
import { signAct } from '../../src/seal/act'
import { capKeys } from '../../src/seal/keys'
import { sealCapsule } from '../../src/seal/messages'
import { checkReseal, compact, sealBooking, sealByMember } from '../../src/seal/readers'
import { openMany } from '../../src/seal/record'
import { verifyRevision } from '../../src/seal/revision'
import { Roster } from '../../src/seal/roster'
import { start } from '../../src/seal/tiers'
import { StretchedPassword } from '../../src/seal/unlock'

Object.assign(globalThis, {
  kept: [
    signAct, capKeys, sealCapsule, checkReseal, compact, sealBooking, sealByMember, openMany, verifyRevision, Roster, start, StretchedPassword,
  ],
})
