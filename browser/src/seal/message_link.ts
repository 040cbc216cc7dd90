// SPDX-License-Identifier: Apache-2.0
/**
 * What the link of a message holds: c, and what c gives (section 4). Apart from the sealing of messages, since the page behind the link
 * opens one word and seals nothing.
 */
import { NONCE_BYTES, TAG_BYTES, nativeCipher } from './aes_gcm'
import { type Bytes, ID_BYTES, cut, fromText, join, sized } from './bytes'
import { D, T, inst, unpad } from './conventions'
import { Altered } from './errors'
import { WORD_BYTES_MAX } from './groups'
import { checkText } from './payload'

export const PAGE_SIZES = [32] as const
const PAGE_BYTES = NONCE_BYTES + PAGE_SIZES[0] + TAG_BYTES

/** What c (16) gives: the handle; the tokens that act, delete, object; the key of the link's page. */
export function fromC(c: Bytes): { readonly h: Bytes; readonly act: Bytes; readonly del: Bytes; readonly stop: Bytes; readonly pageKey: Bytes } {
  sized(c, ID_BYTES, 'c')
  return { h: D(c, 'handle', 16), act: D(c, 'act', 16), del: D(c, 'delete', 16), stop: D(c, 'stop', 16), pageKey: D(c, 'page') }
}

export const pageAad = (instance: string, h: Bytes): Bytes => join(T('page'), inst(instance), h)

/** The word on the page behind a message's link. Throws Altered, Unknown. */
export async function openPage(instance: string, c: Bytes, sealed: Bytes): Promise<string> {
  sized(sealed, PAGE_BYTES, 'page')
  const { h, pageKey } = fromC(c)
  try {
    const cipher = await nativeCipher(pageKey)
    const padded = await cipher.decrypt(cut(sealed, 0, NONCE_BYTES), pageAad(instance, h), cut(sealed, NONCE_BYTES))
    return checkText(fromText(unpad(padded, PAGE_SIZES)), WORD_BYTES_MAX, 'word')
  } catch {
    throw new Altered('page')
  }
}
