import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const PACKED_FROM_BYTES = 200;

/** Writes each built file once more as `.br` and `.gz`, at the highest level, wherever that is smaller. */
export function packed(folder: string): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    closeBundle() {
      for (const name of readdirSync(folder).filter((built) => /\.(js|css|svg)$/.test(built))) {
        const plain = readFileSync(join(folder, name));
        if (plain.length < PACKED_FROM_BYTES) continue;
        const params = { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
        const ways = { br: brotliCompressSync(plain, { params }), gz: gzipSync(plain, { level: 9 }) };
        for (const [ending, bytes] of Object.entries(ways)) {
          if (bytes.length < plain.length) writeFileSync(join(folder, `${name}.${ending}`), bytes);
        }
      }
    },
  };
}
