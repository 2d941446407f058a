import { defineConfig } from 'vitest/config'
import FastFirst from './test/helpers/fast-first.js'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Conditions are waited for, however busy the machine is.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    // Two cores. A third takes as long in all, with everything slower by half.
    maxWorkers: 2,
    pool: 'forks',
    sequence: { sequencer: FastFirst },
    globalSetup: 'test/global-setup.ts',
    // As one file each: the schema library alone is 370.
    deps: {
      optimizer: { ssr: { enabled: true, include: ['typebox', 'typebox/value', 'typebox/compile', 'typebox/format'] } },
    },
  },
})
