import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { BARE, findSandbox, startMs } from '../../src/ffmpeg/index.js'
import { findExecutable } from '../../src/programs.js'
import { startStack } from '../helpers/stack.js'
import { type Benchmark, interleaved, median, medianText } from './benchmark.js'
import { makeBenchClip } from './media.js'
import { argvOf, bareRound, ffleetRound } from './overhead.js'

const STARTS = 200
const SECONDS = 2
const PARALLEL = 2
const JOBS = 8
const ROUNDS = 20
const LIMIT_MS = 240_000
const WARM_UP_JOBS = 100
const WARM_UP_SECONDS = 0.2
const REACH = 1.15

/** What the sandbox costs: a start in it, and short jobs on two workers of which one has it. */
export const sandbox: Benchmark = {
  name: 'sandbox',
  title: 'The sandbox',
  about:
    `A program that does nothing, ${STARTS} times in turns, from its start to its end. Then up to ${ROUNDS} rounds in turns of ${JOBS} jobs each ` +
    `(${SECONDS} s, 320x180, \`h264-360p\`, ${PARALLEL} slots) on a fleet with the sandbox, one without, and by the same ffmpeg command spawned directly; ` +
    'wall time as in the overhead of short clips, over that of bare ffmpeg. The median, and its standard error.',
  async run(say) {
    const starts = await measureStarts()
    const folder = await mkdtemp(join(tmpdir(), 'ffleet-bench-'))
    const [enclosed, plain] = await Promise.all([aFleet('bwrap'), aFleet('none')])
    try {
      const clip = await makeBenchClip(enclosed.stack.mediaRoot, SECONDS)
      await makeBenchClip(plain.stack.mediaRoot, SECONDS)
      for (const { stack, redis } of [enclosed, plain]) {
        const tiny = await makeBenchClip(stack.mediaRoot, WARM_UP_SECONDS)
        await ffleetRound(stack, redis, tiny, WARM_UP_JOBS)
        await ffleetRound(stack, redis, clip, 1)
      }
      const argv = await argvOf(enclosed.stack)
      const results = await interleaved(
        { rounds: ROUNDS, limitMs: LIMIT_MS },
        {
          bare: () => bareRound(folder, enclosed.stack, { clip, argv, parallel: PARALLEL, jobs: JOBS }),
          enclosed: () => ffleetRound(enclosed.stack, enclosed.redis, clip, JOBS),
          plain: () => ffleetRound(plain.stack, plain.redis, clip, JOBS),
        },
      )
      for (const round of results)
        say(
          Object.entries(round)
            .map(([side, ms]) => `${side} ${ms.toFixed(0)} ms`)
            .join(', '),
        )
      const over = (side: 'enclosed' | 'plain') => results.map((round) => round[side] / round.bare)
      const wall = median(over('enclosed'))
      const costs = results.map((round) => round.enclosed / round.plain)
      return [
        {
          what: 'a start',
          ffleet: `${medianText(
            starts.map((each) => each.enclosed),
            1,
          )} ms`,
          beside: `plain spawn ${medianText(
            starts.map((each) => each.bare),
            1,
          )} ms`,
          compared: `+${median(starts.map((each) => each.enclosed - each.bare)).toFixed(1)} ms`,
          target: null,
          reached: null,
        },
        {
          what: `wall time of ${SECONDS} s clips, ${PARALLEL} slots`,
          ffleet: medianText(over('enclosed'), 3),
          beside: `without sandbox ${medianText(over('plain'), 3)}`,
          compared: `bare ffmpeg = 1; with over without ${medianText(costs, 3)}`,
          target: `≤ ${REACH}`,
          reached: wall <= REACH,
        },
      ]
    } finally {
      for (const { stack, redis } of [enclosed, plain]) {
        redis.disconnect()
        await stack.stop()
      }
      await rm(folder, { recursive: true, force: true })
    }
  },
}

async function aFleet(mode: 'bwrap' | 'none') {
  const stack = await startStack({ env: { FFLEET_SLOTS: String(PARALLEL), FFLEET_SANDBOX: mode } })
  return { stack, redis: new Redis({ path: stack.redis.socket, maxRetriesPerRequest: null }) }
}

async function measureStarts() {
  const limits = { maxMemoryBytes: 2 ** 33, maxCpuMs: 3_600_000, maxOutputBytes: 2 ** 30 }
  const { sandbox, obstacle } = await findSandbox({ programs: [], limits, variables: [], hidden: [] })
  if (sandbox === null) throw new Error(obstacle.cause)
  const program = findExecutable('true')!
  return interleaved(
    { rounds: STARTS, limitMs: LIMIT_MS },
    { bare: async () => startMs(BARE, program), enclosed: async () => startMs(sandbox, program) },
  )
}
