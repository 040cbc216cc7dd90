// SPDX-License-Identifier: Apache-2.0
/** A patient's vault: their bookings' caps, profiles and pins under the vault key (section 3). Compare-and-swap on version. */
import { type Bytes, ID_BYTES, KEY_BYTES, join, sized, u32 } from './bytes'
import { D, T, inst, pad, unpad } from './conventions'
import { Unknown } from './errors'
import { BOX_OVERHEAD_BYTES, BoxKey } from './primitives'

export const VAULT_SIZES = [16_384, 65_536] as const

export interface VaultPlace {
  readonly instance: string
  readonly account: Bytes
  readonly version: number
}

const vaultAad = (place: VaultPlace): Bytes =>
  join(T('vault'), inst(place.instance), sized(place.account, ID_BYTES, 'account'), u32(place.version))

const vaultBox = (vaultKey: Bytes): Promise<BoxKey> => BoxKey.fromBytes(D(sized(vaultKey, KEY_BYTES, 'vault key'), 'vault'))

/** Throws Unknown when the content is over 64 KiB. */
export async function sealVault(place: VaultPlace, vaultKey: Bytes, content: Bytes): Promise<Bytes> {
  return await (await vaultBox(vaultKey)).box(vaultAad(place), pad(content, VAULT_SIZES))
}

export async function openVault(place: VaultPlace, vaultKey: Bytes, sealed: Bytes): Promise<Bytes> {
  if (!(VAULT_SIZES as readonly number[]).includes(sealed.length - BOX_OVERHEAD_BYTES)) throw new Unknown('vault size')
  return unpad(await (await vaultBox(vaultKey)).unbox(vaultAad(place), sealed), VAULT_SIZES)
}
