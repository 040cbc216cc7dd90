// SPDX-License-Identifier: AGPL-3.0-or-later
/**
 * Secrets as they stand on paper: groups of eight letters and digits, each with a sign of check (docs/reference/paper.md).
 * A slip of the pen is found in its own group, before the whole code is tried.
 */
import { type Bytes, join, text, u8 } from '../../seal/bytes';
import { LP, T, sha256 } from '../../seal/conventions';

export type Paper = 'recovery' | 'root';
/** Bytes of the secret on each paper, and how many groups they fill. */
export const PAPERS = { recovery: { bytes: 16, groups: 4 }, root: { bytes: 32, groups: 8 } } as const;

const SIGNS = '0123456789abcdefghjkmnpqrstvwxyz';
const GROUP_SIGNS = 7;
const BITS_PER_SIGN = 5;
/** Read as what they look like: Crockford's rule. */
const ALIKE: Readonly<Record<string, string>> = { o: '0', i: '1', l: '1' };

/** A group that is not what the paper says; the first is 0. Null: too short, too long, or the groups do not belong together. */
export class NotThatPaper extends Error {
  constructor(readonly group: number | null) {
    super('This is not what the paper says.');
  }
}

function checkSign(kind: Paper, group: number, seven: string): string {
  return SIGNS[sha256(T('paper group'), LP(text(kind)), u8(group), text(seven))[0]! & 31]!;
}

function bitsOf(bytes: Bytes): string {
  return [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

function total(kind: Paper, secret: Bytes): string {
  const spare = PAPERS[kind].groups * GROUP_SIGNS * BITS_PER_SIGN - secret.length * 8;
  return bitsOf(sha256(T('paper'), LP(text(kind)), secret)).slice(0, spare);
}

/** The groups, each "k7wm-42hd". */
export function writePaper(kind: Paper, secret: Bytes): string[] {
  if (secret.length !== PAPERS[kind].bytes) throw new RangeError('paper');
  const bits = bitsOf(secret) + total(kind, secret);
  return Array.from({ length: PAPERS[kind].groups }, (_, group) => {
    let seven = '';
    for (let sign = 0; sign < GROUP_SIGNS; sign += 1) {
      const at = (group * GROUP_SIGNS + sign) * BITS_PER_SIGN;
      seven += SIGNS[parseInt(bits.slice(at, at + BITS_PER_SIGN), 2)];
    }
    const eight = seven + checkSign(kind, group, seven);
    return `${eight.slice(0, 4)}-${eight.slice(4)}`;
  });
}

/** What was typed, as the paper writes it: no blanks or hyphens, small letters, look-alikes read as digits. */
export function plainSigns(typed: string): string {
  return [...typed.toLowerCase().replace(/[\s\u2010-\u2015-]/g, '')].map((sign) => ALIKE[sign] ?? sign).join('');
}

/** Whether a group typed back is the one written. */
export function sameGroup(written: string, typed: string): boolean {
  return plainSigns(written) === plainSigns(typed);
}

/** The secret of a paper typed whole. Throws NotThatPaper. */
export function readPaper(kind: Paper, typed: string): Bytes {
  const signs = plainSigns(typed);
  const { groups, bytes } = PAPERS[kind];
  let bits = '';
  for (let group = 0; group < Math.min(groups, Math.ceil(signs.length / (GROUP_SIGNS + 1))); group += 1) {
    const eight = signs.slice(group * (GROUP_SIGNS + 1), (group + 1) * (GROUP_SIGNS + 1));
    const seven = eight.slice(0, GROUP_SIGNS);
    const whole = eight.length === GROUP_SIGNS + 1 && [...seven].every((sign) => SIGNS.includes(sign));
    if (!whole || checkSign(kind, group, seven) !== eight[GROUP_SIGNS]) throw new NotThatPaper(group);
    for (const sign of seven) bits += SIGNS.indexOf(sign).toString(2).padStart(BITS_PER_SIGN, '0');
  }
  if (signs.length !== groups * (GROUP_SIGNS + 1)) throw new NotThatPaper(null);
  const secret = join(...Array.from({ length: bytes }, (_, at) => u8(parseInt(bits.slice(at * 8, at * 8 + 8), 2))));
  if (total(kind, secret) !== bits.slice(bytes * 8)) throw new NotThatPaper(null);
  return secret;
}
