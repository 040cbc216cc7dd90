// SPDX-License-Identifier: Apache-2.0
/** What an account's own key signs whenever its ways in change (spec/rdv1.md section 3, "Changes of the ways in"). */
import { type Bytes, ID_BYTES, KEY_BYTES, join, sized, text, u32, u8 } from './bytes'
import { LP, T, inst } from './conventions'

/** A way in that is stored. The last three are a passkey's; empty for the others. */
export interface WayPut {
  readonly method: number
  readonly credential: Bytes
  readonly version: number
  readonly box: Bytes
  readonly clientData: Bytes
  readonly attestation: Bytes
  readonly label: string
}

/** A machine that is remembered: its id, the public half of its key (65), how its owner calls it. */
export interface MachineKnown {
  readonly device: Bytes
  readonly publicKey: Bytes
  readonly label: string
}

/** One change, whole. */
export interface WaysChange {
  readonly put: readonly WayPut[]
  readonly drop: readonly { readonly method: number; readonly credential: Bytes }[]
  readonly password: { readonly find: Bytes; readonly auth: Bytes } | null
  readonly remember: readonly MachineKnown[]
  readonly forget: readonly Bytes[]
}

function putBytes(way: WayPut): Bytes {
  const passkey = join(LP(way.clientData), LP(way.attestation), LP(text(way.label)))
  return join(u8(way.method), LP(way.credential), u32(way.version), LP(way.box), passkey)
}

const machineBytes = (machine: MachineKnown): Bytes =>
  join(sized(machine.device, ID_BYTES, 'device'), LP(machine.publicKey), LP(text(machine.label)))

/** What is signed: the change of this account, decided on version `seen`, and on no other. */
export function waysMessage(instance: string, account: Bytes, seen: number, change: WaysChange): Bytes {
  const { password } = change
  return join(
    T('ways'), inst(instance), sized(account, ID_BYTES, 'account'), u32(seen),
    LP(join(...change.put.map(putBytes))),
    LP(join(...change.drop.map(({ method, credential }) => join(u8(method), LP(credential))))),
    LP(password === null ? join() : join(sized(password.find, KEY_BYTES, 'find'), sized(password.auth, KEY_BYTES, 'auth'))),
    LP(join(...change.remember.map(machineBytes))),
    LP(join(...change.forget.map((device) => sized(device, ID_BYTES, 'device')))),
  )
}
