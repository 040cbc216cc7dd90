// SPDX-License-Identifier: Apache-2.0
/** The worker's side of `argon2_aside.ts`: one stretching, one answer. Its script is served with a policy that lets it reach nothing. */
import { type Stretching, stretch } from './argon2'

addEventListener('message', ({ data }: MessageEvent<Stretching>) => {
  // A refusal (no memory, no WebAssembly) ends the worker with an error event, which the page's side hears.
  void stretch(data).then((hash) => postMessage(hash), (reason: unknown) => setTimeout(() => { throw reason }))
})
