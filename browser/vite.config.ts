import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { packed } from './build/packed.ts';
import { checkedWords } from './build/words.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const built = at('../src/serment/server/pages/static');

/** One entry a page. The server finds the hashed files in manifest.json by the entry's `name`, `look` being the stylesheet. */
const entries: Record<string, string> = {
  look: at('src/look/look.css'),
  search: at('src/pages/patient/search.ts'),
  book: at('src/pages/patient/book.ts'),
  a: at('src/pages/patient/a.ts'),
  t: at('src/pages/patient/t.ts'),
  mine: at('src/pages/patient/mine.ts'),
  practice: at('src/pages/patient/practice_link.ts'),
  desk: at('src/pages/practice/desk.ts'),
  join: at('src/pages/join/join.ts'),
  open: at('src/pages/opening/open.ts'),
  restore: at('src/pages/join/restore.ts'),
};

export default defineConfig({
  root: at('.'),
  // Relative addresses: the bundle works wherever the server mounts it.
  base: './',
  publicDir: false,
  plugins: [checkedWords(at('src')), svelte(), packed(built)],
  build: {
    outDir: built,
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2020',
    cssTarget: ['chrome80', 'safari13'],
    // A data: address in a stylesheet or script would need a wider content policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
    rollupOptions: {
      checks: { pluginTimings: false },
      input: Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file))),
      output: {
        entryFileNames: '[name]-[hash].js',
        chunkFileNames: '[name]-[hash].js',
        assetFileNames: '[name]-[hash][extname]',
      },
    },
  },
  worker: { rolldownOptions: { output: { entryFileNames: '[name]-[hash].js' } } },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
} as Parameters<typeof defineConfig>[0]);
