// SPDX-License-Identifier: Apache-2.0
/** The records of a series (spec/rdv1.md section 2): ids that follow from its secret, and that nobody without it can join. */
import { type Bytes, ID_BYTES, KEY_BYTES, sized } from './bytes'
import { D } from './conventions'
import { Unknown } from './errors'

/** Repetitions of one appointment. */
export const SERIES_MAX = 50

/** D(seed, "series" || nth u8, 16), nth from 1 to SERIES_MAX: the byte stands before T's closing zero. */
export function seriesRecord(seed: Bytes, nth: number): Bytes {
  if (nth < 1 || nth > SERIES_MAX) throw new Unknown('series')
  return D(sized(seed, KEY_BYTES, 'seed'), `series${String.fromCharCode(nth)}`, ID_BYTES)
}
