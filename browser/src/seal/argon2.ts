// SPDX-License-Identifier: Apache-2.0
/**
 * Argon2id (RFC 9106), loaded only when somebody types a password. Its WebAssembly lies inside the bundle and
 * needs `script-src 'wasm-unsafe-eval'`, nothing wider. The costs are constants: no server chooses them.
 */
import { argon2id } from 'hash-wasm'
import { type Bytes, KEY_BYTES } from './bytes'

const NAME_KIB = 16 * 1024
const PASSWORD_KIB = 64 * 1024
const PASSES = 3
const LANES = 1

async function stretch(secret: Bytes, salt: Bytes, memorySize: number): Promise<Bytes> {
  const hash = await argon2id({
    password: secret,
    salt,
    memorySize,
    iterations: PASSES,
    parallelism: LANES,
    hashLength: KEY_BYTES,
    outputType: 'binary',
  })
  return hash as Bytes
}

/** 16 MiB, t = 3: what a name is found by. */
export const stretchName = (name: Bytes, salt: Bytes): Promise<Bytes> => stretch(name, salt, NAME_KIB)

/** 64 MiB, t = 3. */
export const stretchPassword = (password: Bytes, salt: Bytes): Promise<Bytes> => stretch(password, salt, PASSWORD_KIB)
