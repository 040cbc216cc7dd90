// SPDX-License-Identifier: Apache-2.0
/**
 * The four ways a sealed thing is refused (spec/rdv1.md, section 8). The message says what happened,
 * never what was inside: no error of this package carries personal data.
 */

/** Every refusal of this package. `what` names the part that failed, for a log line. */
export abstract class SealError extends Error {
  constructor(readonly what: string, sentence: string) {
    super(`${sentence} (${what})`)
  }
}

/** A version, type, size or length that this program does not know. Nothing was decrypted; update the program or ask the sender. */
export class Unknown extends SealError {
  override readonly name = 'Unknown'
  constructor(what: string) {
    super(what, 'This is not in a form that this version reads. Nothing was opened')
  }
}

/** The bytes are not what their writer sealed: a tag, commitment, signature, hash, padding or slot differs. The row is kept, marked; nothing of it is shown. */
export class Altered extends SealError {
  override readonly name = 'Altered'
  constructor(what: string) {
    super(what, 'This was changed after it was sealed. It is kept, and nothing of it is shown')
  }
}

/** No stanza is addressed to a key held here. The reader needs a grant; the content is untouched. */
export class Unaddressed extends SealError {
  override readonly name = 'Unaddressed'
  constructor(what: string) {
    super(what, 'This was not sealed to you. It is untouched')
  }
}

/** Somebody wrote first: revision, roster head, set or version is not the one this was based on. Nothing was kept; reload and seal anew. */
export class Stale extends SealError {
  override readonly name = 'Stale'
  constructor(what: string) {
    super(what, 'Somebody else wrote first. Nothing was kept: reload, then try again')
  }
}
