// SPDX-License-Identifier: Apache-2.0
/**
 * Argon2id beside the page: a worker of its own for each stretching, so that the page stays alive, and the worker's
 * memory ends with it. Where no worker can be had, the page's own thread does the same work.
 */
import type { Stretching } from './argon2'
import type { Bytes } from './bytes'

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): { createScriptURL(address: string): string }
}

/** The one name that the pages' content policy lists beside the framework's own. */
const POLICY = 'serment-worker'
let trusted: { createScriptURL(address: string): string } | undefined

/** The worker script's address, from this page's own origin alone, as a policy under Trusted Types demands it. */
function blessed(address: string): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes
  trusted ??= types?.createPolicy(POLICY, { createScriptURL: ownOrigin }) ?? { createScriptURL: ownOrigin }
  return trusted.createScriptURL(address)
}

function ownOrigin(address: string): string {
  const url = new URL(address, location.href)
  if (url.origin !== location.origin) throw new TypeError('another origin')
  return url.href
}

async function inWorker(stretching: Stretching): Promise<Bytes> {
  const { default: address } = await import('./argon2_worker?worker&url')
  const worker = new Worker(blessed(address))
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Bytes>) => resolve(data)
      worker.onerror = () => reject(new Error('worker'))
      worker.postMessage(stretching)
    })
  } finally {
    worker.terminate()
  }
}

/** 32 bytes. The page stays alive meanwhile, where workers exist. */
export async function stretchAside(stretching: Stretching): Promise<Bytes> {
  try {
    return await inWorker(stretching)
  } catch {
    // No workers here, or its script did not come: the same result, and the page waits a second.
    const { stretch } = await import('./argon2')
    return await stretch(stretching)
  }
}
