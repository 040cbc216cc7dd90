// SPDX-License-Identifier: Apache-2.0
declare module '*?worker&url' {
  /** Address of a worker's script, built to stand alone in one file. */
  const address: string
  export default address
}
