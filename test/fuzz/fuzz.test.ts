import { describe, expect, it } from 'vitest'
import { ALL } from '../helpers/long.js'
import { explore, keptCases } from './target.js'
import { TARGETS } from './targets/index.js'

/** The same in every run, of which `npm test` goes a part of the way; `npm run fuzz` tries others. */
const SEED = 20_260_101

describe.each(TARGETS.map((target) => [target.name, target] as const))('%s', (name, { open, runs }) => {
  it('keeps its promises, whatever it is given', { timeout: 600_000 }, async () => {
    const opened = await open()
    try {
      for (const input of await keptCases(name)) await opened.check(input)
      expect(await explore(opened, { seed: SEED, numRuns: ALL ? runs : Math.ceil(runs / 5) })).toBeNull()
    } finally {
      await opened.close?.()
    }
  })
})
