// SPDX-License-Identifier: Apache-2.0
import type { Claim } from '../claims'
import { cardVectors } from './cards'
import { invitations } from './invitations'
import { outgoing } from './outgoing'
import { practice } from './practice'
import { publicVectors } from './public'
import { records } from './records'
import { sealedVectors } from './sealed_vectors'
import { recordVectors } from './vectors'
import { ways } from './ways'

export const suites: Readonly<Record<string, readonly Claim[]>> = {
  publicVectors, recordVectors, sealedVectors, records, practice, outgoing, invitations, cardVectors, ways,
}
