import { defineConfig } from 'vitest/config'
import FastFirst from './test/helpers/fast-first.js'

const UNIT = 'test/unit/**/*.test.ts'

const COMMON = {
  // Conditions are waited for, however busy the machine is.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 20_000 } },
  pool: 'forks' as const,
  // As one file each: the schema library alone is 370.
  deps: {
    optimizer: { ssr: { enabled: true, include: ['typebox', 'typebox/value', 'typebox/compile', 'typebox/format'] } },
  },
}

export default defineConfig({
  test: {
    globalSetup: 'test/global-setup.ts',
    // Two cores. A third takes as long in all, with everything slower by half.
    maxWorkers: 2,
    sequence: { sequencer: FastFirst },
    projects: [
      // They start nothing and leave nothing behind, so a process loads the modules once for all of them.
      { test: { ...COMMON, name: 'unit', include: [UNIT], isolate: false } },
      { test: { ...COMMON, name: 'whole', include: ['test/**/*.test.ts'], exclude: [UNIT] } },
    ],
  },
})
