// SPDX-License-Identifier: Apache-2.0
/**
 * Payloads: UTF-8 JSON, one object, no key twice, unknown or missing, no null, whole numbers only; byte strings
 * in standard base64. JSON.parse keeps the last of two equal keys in silence, so that two readers could see two
 * different payloads: hence the scan. What a payload says wrong is Altered (its writer sealed it so); what a
 * caller would write wrong is Unknown.
 */
import { type Bytes, base64, fromBase64, fromText, sized, spellsBase64, text } from './bytes'
import { day as dayBytes, month as monthBytes } from './conventions'
import { Altered, SealError, Unknown } from './errors'

export type Json = boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** Compact UTF-8; keys whose value is null are left out. */
export function writeJson(fields: { readonly [key: string]: Json | null }): Bytes {
  return text(JSON.stringify(present(fields)))
}

export function present(fields: { readonly [key: string]: Json | null }): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as JsonObject
}

/** One JSON object; anything else, or a key twice, is Altered. */
export function readJson(bytes: Uint8Array): unknown {
  let source: string
  let value: unknown
  try {
    source = fromText(bytes)
    value = JSON.parse(source)
  } catch {
    throw new Altered('not JSON')
  }
  scan(source)
  return value
}

/** Walks text that JSON.parse accepted: a string followed by a colon is a key of the innermost open object. */
function scan(source: string): void {
  const open: Set<string>[] = []
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]|[0-9.eE+-]+/g
  for (let found = token.exec(source); found !== null; found = token.exec(source)) {
    const [whole, colon] = found
    if (whole === '{') open.push(new Set())
    else if (whole === '}') open.pop()
    else if (colon !== undefined) {
      // Decoded before it is compared: "a" and "\u0061" are one key.
      const spelled = whole.slice(0, whole.length - colon.length)
      const key = spelled.includes('\\') ? (JSON.parse(spelled) as string) : spelled.slice(1, -1)
      const keys = open[open.length - 1] as Set<string>
      if (keys.has(key)) throw new Altered('duplicate key')
      keys.add(key)
    } else if (/^[0-9-].*[.eE]/.test(whole)) throw new Altered('number')
  }
}

const SURROGATE = /[\ud800-\udfff]/

/** The text, if it has 1 to `maximum` bytes of UTF-8 and no lone surrogate. */
export function checkText(value: string, maximum: number, what: string, refusal: new (what: string) => SealError = Unknown): string {
  // Three bytes at most for each UTF-16 unit: most texts need no counting, and without surrogates none is lone.
  if (value.length > 0 && value.length * 3 <= maximum && !SURROGATE.test(value)) return value
  const bytes = text(value)
  if (bytes.length < 1 || bytes.length > maximum || fromText(bytes) !== value) throw new refusal(what)
  return value
}

export function optionalText(value: string | null, maximum: number, what: string): string | null {
  return value === null ? null : checkText(value, maximum, what)
}

export const bytesJson = (value: Bytes, size: number, what: string): string => base64(sized(value, size, what))

/** Takes a JSON object apart by name; `done` refuses what was not asked for. Everything throws Altered. */
export class Fields {
  readonly #fields: { readonly [name: string]: unknown }
  readonly #names: string[]
  #asked = 0
  constructor(value: unknown, readonly what: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Altered(what)
    this.#fields = value as { readonly [name: string]: unknown }
    this.#names = Object.keys(value)
  }

  has(name: string): boolean {
    return this.#names.includes(name)
  }

  /** Asked for once each: `done` counts. */
  value(name: string): unknown {
    if (!this.has(name)) throw new Altered(`${this.what}: ${name} is missing`)
    this.#asked += 1
    return this.#fields[name]
  }

  /** A string of 1 to `maximum` bytes. */
  text(name: string, maximum: number): string {
    const value = this.value(name)
    if (typeof value !== 'string') throw new Altered(`${this.what}: ${name}`)
    return checkText(value, maximum, `${this.what}: ${name}`, Altered)
  }

  optionalText(name: string, maximum: number): string | null {
    return this.has(name) ? this.text(name, maximum) : null
  }

  choice<X extends string>(name: string, allowed: readonly X[]): X {
    const value = this.value(name)
    if (!allowed.includes(value as X)) throw new Altered(`${this.what}: ${name}`)
    return value as X
  }

  /** Base64 of exactly `size` bytes, in its one canonical spelling. */
  bytes(name: string, size: number): Bytes {
    const value = this.value(name)
    let bytes: Bytes | null = null
    try {
      bytes = typeof value === 'string' ? fromBase64(value) : null
    } catch {
      bytes = null
    }
    if (bytes === null || bytes.length !== size) throw new Altered(`${this.what}: ${name}`)
    return bytes
  }

  /** The same as it is spelled, for whoever needs no bytes of it. */
  base64(name: string, size: number): string {
    const value = this.value(name)
    if (typeof value !== 'string' || !spellsBase64(value, size)) throw new Altered(`${this.what}: ${name}`)
    return value
  }

  /** What is said at all is `true`; left out, it is not so. */
  yes(name: string): true {
    if (this.value(name) !== true) throw new Altered(`${this.what}: ${name}`)
    return true
  }

  number(name: string, maximum: number): number {
    const value = this.value(name)
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > maximum) throw new Altered(`${this.what}: ${name}`)
    return value
  }

  items(name: string, maximum: number): readonly unknown[] {
    const value = this.value(name)
    if (!Array.isArray(value) || value.length > maximum) throw new Altered(`${this.what}: ${name}`)
    return value
  }

  /** A local date that exists, YYYY-MM-DD. */
  day(name: string): string {
    return this.#spelled(this.text(name, 10), dayBytes)
  }

  /** A month, yyyymm. */
  month(name: string): number {
    return this.#spelled(this.number(name, Number.MAX_SAFE_INTEGER), monthBytes)
  }

  done(): void {
    if (this.#asked !== this.#names.length) throw new Altered(`${this.what}: unknown key`)
  }

  #spelled<X>(value: X, spell: (value: X) => unknown): X {
    try {
      spell(value)
    } catch {
      throw new Altered(this.what)
    }
    return value
  }
}
