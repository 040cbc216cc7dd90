// SPDX-License-Identifier: Apache-2.0
/** spec/vectors/ways.json: what an account's key signs when its ways in change. */
import file from '../../../../spec/vectors/ways.json'
import { fromHex, hex } from '../../../src/seal/bytes'
import { userKeys } from '../../../src/seal/keys'
import { waysMessage, type WaysChange } from '../../../src/seal/ways'
import { type Claim, claim, same } from '../claims'

const changeOf = (told: (typeof file.changes)[number]): WaysChange => ({
  put: told.put.map((way) => ({
    method: way.method, credential: fromHex(way.credential), version: way.version, box: fromHex(way.box),
    clientData: fromHex(way.client_data), attestation: fromHex(way.attestation), label: way.label,
  })),
  drop: told.drop.map(({ method, credential }) => ({ method, credential: fromHex(credential) })),
  password: told.password === null ? null : { find: fromHex(told.password[0] as string), auth: fromHex(told.password[1] as string) },
  remember: told.remember.map((one) => ({ device: fromHex(one.device), publicKey: fromHex(one.public_key), label: one.label })),
  forget: told.forget.map(fromHex),
})

export const ways: Claim[] = [
  claim('ways: a change is signed as recorded, and only on the version it names', async () => {
    const { sign } = await userKeys(fromHex(file.user_seed))
    same(hex(sign.publicKey), file.sign_pk)
    for (const told of file.changes) {
      const message = waysMessage(file.instance, fromHex(file.account), told.seen, changeOf(told))
      same(hex(message), told.message)
      same(hex(await sign.sign(message)), told.sig)
      const later = waysMessage(file.instance, fromHex(file.account), told.seen + 1, changeOf(told))
      same(hex(later) === told.message, false)
    }
  }),
]
