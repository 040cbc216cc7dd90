// SPDX-License-Identifier: Apache-2.0
/**
 * Documents: 64 KiB chunks under a key of their own (section 7). The fixed nonces are safe because a file's key is
 * drawn in `sealFile`, once for each upload, and no call takes one to seal with.
 */
import { type Bytes, ID_BYTES, KEY_BYTES, cut, equal, isZero, join, random, sized, u32, u8 } from './bytes'
import { T, inst, sha256 } from './conventions'
import { Altered, Unknown } from './errors'
import { FILE_BYTES_MAX, type SealedFile } from './groups'
import { TAG_BYTES } from './aes_gcm'
import { tier } from './tiers'

export const CHUNK_BYTES = 65_536
const NONCE_ZEROS = new Uint8Array(7)

/** Padme (Nikitin et al., 2019): at most 12 % more, and few sizes. Bytes. */
export function padme(length: number): number {
  if (length < 2) return length
  const exponent = 31 - Math.clz32(length)
  const lowBits = exponent - (32 - Math.clz32(exponent))
  const step = 2 ** Math.max(0, lowBits)
  return Math.ceil(length / step) * step
}

const fileAad = (instance: string, record: Bytes, file: Bytes): Bytes =>
  join(T('file'), inst(instance), sized(record, ID_BYTES, 'record'), sized(file, ID_BYTES, 'file'))

const chunkNonce = (i: number, last: boolean): Bytes => join(NONCE_ZEROS, u32(i), u8(last ? 1 : 0))
const chunkCount = (padded: number): number => Math.max(1, Math.ceil(padded / CHUNK_BYTES))

/** What stands in the sealed record, and the chunks to upload in order. Throws Unknown above 20 MiB. */
export async function sealFile(
  instance: string, record: Bytes, name: string, mediaType: string, content: Bytes,
): Promise<{ readonly file: SealedFile; readonly chunks: readonly Bytes[] }> {
  if (content.length > FILE_BYTES_MAX) throw new Unknown('file too long')
  const key = random(KEY_BYTES)
  const file = { file: random(ID_BYTES), name, mediaType, size: content.length, sha256: sha256(content), key }
  const padded = new Uint8Array(padme(content.length))
  padded.set(content)
  const [aad, cipher, count] = [fileAad(instance, record, file.file), await tier().cipher(key), chunkCount(padded.length)]
  const chunks: Bytes[] = []
  for (let i = 0; i < count; i++) {
    const part = cut(padded, i * CHUNK_BYTES, Math.min(padded.length, (i + 1) * CHUNK_BYTES))
    chunks.push(await cipher.encrypt(chunkNonce(i, i === count - 1), aad, part))
  }
  return { file, chunks }
}

/** The whole content; throws Altered on a chunk cut, swapped, padded otherwise, or another hash. */
export async function openFile(instance: string, record: Bytes, file: SealedFile, chunks: readonly Bytes[]): Promise<Bytes> {
  const total = padme(file.size)
  const count = chunkCount(total)
  if (chunks.length !== count) throw new Altered('chunk')
  const [aad, cipher] = [fileAad(instance, record, file.file), await tier().cipher(file.key)]
  const padded = new Uint8Array(total)
  for (const [i, chunk] of chunks.entries()) {
    if (chunk.length !== Math.min(CHUNK_BYTES, total - i * CHUNK_BYTES) + TAG_BYTES) throw new Altered('chunk')
    try {
      padded.set(await cipher.decrypt(chunkNonce(i, i === count - 1), aad, chunk), i * CHUNK_BYTES)
    } catch {
      throw new Altered('chunk')
    }
  }
  const content = cut(padded, 0, file.size)
  if (!isZero(padded.subarray(file.size)) || !equal(sha256(content), file.sha256)) throw new Altered('file')
  return content
}
