import { expect } from 'vitest'
import { long } from '../helpers/long.js'
import { runSoak } from './soak.js'

long(
  'a dozen jobs while processes die at random: all end, once, and nothing is left',
  {
    timeout: 240_000,
  },
  async () => {
    const { broken, states, kills } = await runSoak({
      jobs: 12,
      workers: 2,
      everyMs: 700,
      kills: 40,
      seed: 7,
      log: () => {},
    })
    expect(broken).toEqual([])
    expect(states).toEqual({ completed: 12 })
    expect(kills).toMatchObject({ worker: expect.any(Number), ffmpeg: expect.any(Number), api: expect.any(Number) })
  },
)
