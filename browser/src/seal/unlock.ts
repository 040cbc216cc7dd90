// SPDX-License-Identifier: Apache-2.0
/**
 * Unlocking: a seed or vault key in a box under a secret that a passkey, a password or a printed code gives (section 3).
 * A password's secret needs the server's share, so that a dump alone tests no password.
 */
import { type Bytes, HASH_BYTES, ID_BYTES, KEY_BYTES, join, random, sized, text, u32, u8 } from './bytes'
import { D, LP, T, inst, sha256 } from './conventions'
import { Altered, Unknown } from './errors'
import { BOX_OVERHEAD_BYTES, BoxKey } from './primitives'

export const METHODS = { passkey: 1, password: 2, recovery: 3 } as const
export type Method = keyof typeof METHODS
export const UNLOCK_BYTES = BOX_OVERHEAD_BYTES + KEY_BYTES
export const RECOVERY_CODE_BYTES = 16
const CREDENTIAL_BYTES_MAX = 1023
const LOGIN_NAME_BYTES_MAX = 254
const PASSWORD_BYTES_MAX = 1024
/** The six blanks of ASCII: what `trim` takes off beyond them is not the same everywhere. */
const BLANKS = /^[\t\n\v\f\r ]+|[\t\n\v\f\r ]+$/g

/** Names one way to unlock one user's seed, at one version. */
export interface UnlockPlace {
  readonly instance: string
  readonly user: Bytes
  readonly method: Method
  /** Passkey: its credential id; password: empty; recovery: the code's `find`. */
  readonly credential: Bytes
  readonly version: number
}

function unlockAad(place: UnlockPlace): Bytes {
  if (place.credential.length > CREDENTIAL_BYTES_MAX) throw new Unknown('credential')
  const user = sized(place.user, ID_BYTES, 'user')
  return join(T('unlock'), inst(place.instance), user, u8(METHODS[place.method]), LP(place.credential), u32(place.version))
}

/** A seed or vault key (32) under a secret (32), 60 bytes. */
export async function boxUnlock(place: UnlockPlace, secret: Bytes, kept: Bytes): Promise<Bytes> {
  const key = await BoxKey.fromBytes(D(sized(secret, KEY_BYTES, 'secret'), 'unlock'))
  return await key.box(unlockAad(place), sized(kept, KEY_BYTES, 'seed'))
}

/** Throws Altered on a wrong secret, or a box of another user, method, credential or version. */
export async function openUnlock(place: UnlockPlace, secret: Bytes, boxed: Bytes): Promise<Bytes> {
  if (boxed.length !== UNLOCK_BYTES) throw new Unknown('unlock')
  const key = await BoxKey.fromBytes(D(sized(secret, KEY_BYTES, 'secret'), 'unlock'))
  const kept = await key.unbox(unlockAad(place), boxed)
  if (kept.length !== KEY_BYTES) throw new Altered('unlock')
  return kept
}

/** The PRF input of WebAuthn: SHA-256(T("prf") || inst). Its output is the secret, and never leaves the browser. */
export function passkeySalt(instance: string): Bytes {
  return sha256(T('prf'), inst(instance))
}

/** 16 bytes, printed once. */
export function newRecoveryCode(): Bytes {
  return random(RECOVERY_CODE_BYTES)
}

/** From the printed code (16): the secret, and the name by which the server finds its row. */
export function recoverySecret(code: Bytes): { readonly secret: Bytes; readonly find: Bytes } {
  sized(code, RECOVERY_CODE_BYTES, 'recovery code')
  return { secret: D(code, 'recovery'), find: D(code, 'recovery find', ID_BYTES) }
}

function bounded(bytes: Bytes, maximum: number, what: string): Bytes {
  if (bytes.length < 1 || bytes.length > maximum) throw new Unknown(what)
  return bytes
}

/** NFKC, lower case, blanks at both ends taken off. */
export function loginName(name: string): Bytes {
  return bounded(text(name.normalize('NFKC').toLowerCase().replace(BLANKS, '')), LOGIN_NAME_BYTES_MAX, 'log-in name')
}

/** What the server finds an account by: Argon2id of the name, 16 MiB. */
export async function passwordFind(instance: string, name: string): Promise<Bytes> {
  const { stretchAside } = await import('./argon2_aside')
  return await stretchAside({ what: 'name', secret: loginName(name), salt: sha256(T('name'), inst(instance)) })
}

/** A stretched password. `auth` is sent; the secret comes only with the server's share. */
export class StretchedPassword {
  readonly auth: Bytes
  readonly #m: Bytes
  private constructor(m: Bytes) {
    this.#m = m
    this.auth = D(m, 'auth')
  }

  /** About a second, beside the page: Argon2id of the password, 64 MiB, salted with instance and name. */
  static async of(instance: string, name: string, password: string): Promise<StretchedPassword> {
    const { stretchAside } = await import('./argon2_aside')
    const secret = bounded(text(password.normalize('NFKC')), PASSWORD_BYTES_MAX, 'password')
    const salt = sha256(T('password'), inst(instance), LP(loginName(name)))
    return new StretchedPassword(await stretchAside({ what: 'password', secret, salt }))
  }

  /** secret = D(m || share, "password"). */
  secret(share: Bytes): Bytes {
    return D(join(this.#m, sized(share, HASH_BYTES, 'share')), 'password')
  }
}
