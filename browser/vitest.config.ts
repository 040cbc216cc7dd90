import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [svelte()],
  resolve: { conditions: ['browser'] },
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    // The all-JavaScript tier and Argon2id at 64 MiB on a shared machine.
    testTimeout: 60_000,
  },
})
