// SPDX-License-Identifier: Apache-2.0
/** Every claim on each tier that Node has; the page of `tests/browser/test_seal_tiers.py` runs the same ones in Chromium. */
import { beforeAll, describe, expect, test } from 'vitest'
import { type TierName, TIER_NAMES, start } from '../../src/seal/tiers'
import { suites } from './suites'

async function available(): Promise<TierName[]> {
  const found: TierName[] = []
  for (const name of TIER_NAMES) {
    try {
      found.push(await start([name]))
    } catch {
      // This Node has no such WebCrypto; the browser run covers it.
    }
  }
  return found
}

const names = await available()

test('the tier in JavaScript is always there', () => {
  expect(names).toContain('script')
})

describe.each(names)('tier %s', (name) => {
  beforeAll(async () => {
    await start([name])
  })
  for (const [suite, claims] of Object.entries(suites)) {
    describe(suite, () => {
      for (const { name: sentence, run } of claims) test(sentence, run)
    })
  }
})
