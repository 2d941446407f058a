import { defineConfig } from 'vitest/config'
import FastFirst from './test/helpers/fast-first.js'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Conditions are waited for, however busy the machine is.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    // Two cores: more files at once only make encodes and starts of processes wait for each other.
    maxWorkers: 2,
    pool: 'forks',
    sequence: { sequencer: FastFirst },
    globalSetup: 'test/global-setup.ts',
  },
})
