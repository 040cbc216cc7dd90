// SPDX-License-Identifier: Apache-2.0
/**
 * Argon2id (RFC 9106), loaded only when somebody types a password. Its WebAssembly lies inside the bundle and
 * needs `script-src 'wasm-unsafe-eval'`, nothing wider. The costs are constants: no server chooses them.
 */
import { argon2id } from 'hash-wasm'
import { type Bytes, KEY_BYTES } from './bytes'

/** Memory in KiB: 16 MiB for what a name is found by, 64 MiB for a password. */
const MEMORY_KIB = { name: 16 * 1024, password: 64 * 1024 } as const
const PASSES = 3
const LANES = 1

export interface Stretching {
  readonly what: keyof typeof MEMORY_KIB
  readonly secret: Bytes
  readonly salt: Bytes
}

/** 32 bytes, on the thread that calls: for a password, about a second of it. */
export async function stretch({ what, secret, salt }: Stretching): Promise<Bytes> {
  const hash = await argon2id({
    password: secret,
    salt,
    memorySize: MEMORY_KIB[what],
    iterations: PASSES,
    parallelism: LANES,
    hashLength: KEY_BYTES,
    outputType: 'binary',
  })
  return hash as Bytes
}
