import { sha256 } from '@noble/hashes/sha2.js';
import { TooMuchWork, WORK_BITS_MAX } from './work_limits';

const NONCE_BYTES = 8;
/** Hashes between two pauses: about ten milliseconds on an old phone. */
const HASHES_A_TURN = 1000;

function leadingZeroBits(digest: Uint8Array): number {
  let bits = 0;
  for (const byte of digest) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24;
    bits += 8;
  }
  return bits;
}

/**
 * The challenge and the first 8-byte nonce for which SHA-256(challenge || nonce) begins with `bits` zero bits, about 2^bits hashes,
 * in turns that leave the page answering. Throws TooMuchWork.
 */
export async function solveWork(challenge: Uint8Array, bits: number): Promise<Uint8Array> {
  if (!Number.isInteger(bits) || bits < 0 || bits > WORK_BITS_MAX) throw new TooMuchWork();
  const tried = new Uint8Array(challenge.length + NONCE_BYTES);
  tried.set(challenge);
  const nonce = new DataView(tried.buffer, challenge.length);
  for (let number = 0; ; number += 1) {
    nonce.setUint32(0, Math.floor(number / 2 ** 32));
    nonce.setUint32(4, number % 2 ** 32);
    if (leadingZeroBits(sha256(tried)) >= bits) return tried;
    if (number % HASHES_A_TURN === HASHES_A_TURN - 1) await new Promise((turn) => setTimeout(turn, 0));
  }
}
