// SPDX-License-Identifier: Apache-2.0
/** Claims that run anywhere: under vitest in Node, and in a page of a real browser, which has tier `native`. */

/** One sentence that holds or throws. */
export interface Claim {
  readonly name: string
  run(): Promise<void>
}

export function claim(name: string, run: () => Promise<void> | void): Claim {
  return { name, run: async () => await run() }
}

export function same(actual: unknown, expected: unknown, what = 'value'): void {
  const [a, b] = [spell(actual), spell(expected)]
  if (a !== b) throw new Error(`${what}: ${a.slice(0, 300)} is not ${b.slice(0, 300)}`)
}

/** Byte strings as hexadecimal and keys in order, so that JSON tells two values apart by what they hold. */
function spell(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Uint8Array) return `0x${[...part].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  }) ?? 'undefined'
}

/** The refusal's class name; throws if nothing was refused. */
export async function refusal(attempt: () => unknown): Promise<string> {
  try {
    await attempt()
  } catch (reason) {
    if (reason instanceof Error) return reason.name
    throw reason
  }
  throw new Error('was not refused')
}

export async function refused(attempt: () => unknown, ...names: readonly string[]): Promise<void> {
  const name = await refusal(attempt)
  if (!names.includes(name)) throw new Error(`refused as ${name}, not as ${names.join(' or ')}`)
}
