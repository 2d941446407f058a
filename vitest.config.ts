import { defineConfig } from 'vitest/config'
import FastFirst from './test/helpers/fast-first.js'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Conditions are waited for, however busy the machine is.
    expect: { poll: { timeout: 20_000 } },
    // Two cores: more files at once only make encodes wait for each other.
    maxWorkers: 2,
    pool: 'forks',
    sequence: { sequencer: FastFirst },
    globalSetup: 'test/global-setup.ts',
  },
})
