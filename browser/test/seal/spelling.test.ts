// SPDX-License-Identifier: Apache-2.0
/** What is told of bytes and dates without decoding them agrees with decoding them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { base64, fromBase64, hex, spellsBase64, uuidFromId } from '../../src/seal/bytes'
import { day } from '../../src/seal/conventions'

function decodes(x: string, bytes: number): boolean {
  try {
    return fromBase64(x).length === bytes
  } catch {
    return false
  }
}

function isDay(x: string): boolean {
  try {
    day(x)
    return true
  } catch {
    return false
  }
}

const NEARLY_BASE64 = fc.string({ unit: fc.constantFrom(...'AQgwBEzZ09+/= -_'), maxLength: 12 })

describe('base64 told by its spelling', () => {
  it('is what decodes to so many bytes, whatever the text', () => {
    fc.assert(fc.property(NEARLY_BASE64, fc.nat(9), (x, bytes) => spellsBase64(x, bytes) === decodes(x, bytes)), { numRuns: 20_000 })
  })
  it('is what encoding gives, and nothing with a sign changed that decodes to something else', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(23), fc.constantFrom(...'AQgw=x/'), (bytes, at, sign) => {
      const x = base64(bytes)
      const bent = x.slice(0, at) + sign + x.slice(at + 1)
      return spellsBase64(x, 16) && spellsBase64(bent, 16) === decodes(bent, 16)
    }))
  })
})

describe('a local date', () => {
  it('is one that a calendar shows', () => {
    const digits = (most: number, width: number) => fc.nat(most).map((n) => String(n).padStart(width, '0'))
    fc.assert(fc.property(digits(9999, 4), digits(14, 2), digits(33, 2), (year, month, date) => {
      const x = `${year}-${month}-${date}`
      const at = Date.parse(`${x}T00:00:00Z`)
      return isDay(x) === (!Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === x)
    }), { numRuns: 20_000 })
  })
  it('of 29 February is one in leap years alone', () => {
    expect(['2024-02-29', '2000-02-29', '2023-02-29', '1900-02-29', '2024-2-29', ''].map(isDay)).toEqual([true, true, false, false, false, false])
  })
})

it('an id is spelled as a UUID', () => {
  expect(uuidFromId(Uint8Array.from({ length: 16 }, (_, at) => at * 16 + at))).toBe('00112233-4455-6677-8899-aabbccddeeff')
  expect(hex(Uint8Array.of(0, 9, 16, 255))).toBe('000910ff')
})
