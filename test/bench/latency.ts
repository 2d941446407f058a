import { fileURLToPath } from 'node:url'
import { startStack } from '../helpers/stack.js'
import { type Benchmark, quantile } from './benchmark.js'
import { makeBenchClip } from './media.js'
import { type Part, startPart } from './part.js'

const JOBS = 50
const PERIOD_MS = 100
const MEASURE_MS = 6_000
const REACH_MS = 10
const PROGRAM = fileURLToPath(new URL('../../fixtures/programs/tells-the-time.mjs', import.meta.url))

/** From ffmpeg's write of a report block to a watcher's receipt of the event. */
export const latency: Benchmark = {
  name: 'latency',
  title: 'From a report block to a watcher',
  about:
    `${JOBS} jobs at once on one worker, each reporting ${1_000 / PERIOD_MS} times a second (a stand-in writes the time into its blocks and ` +
    'encodes nothing), one SSE client a job. Beside it what bare Redis publish/subscribe between two processes needs at the same rate, ' +
    'measured before and after.',
  async run(say) {
    const stack = await startStack({
      env: { FFLEET_FFMPEG: PROGRAM, FFLEET_SLOTS: String(JOBS), FFLEET_STATS_PERIOD_MS: String(PERIOD_MS) },
    })
    const { socket } = stack.redis
    const parts: Part[] = []
    const part = async (file: string, settings: object) => {
      const started = await startPart(file, settings)
      parts.push(started)
      return started
    }
    try {
      const writer = await part('./redis-writer.ts', { socket, channels: JOBS, periodMs: PERIOD_MS })
      const subscriber = await part('./redis-reader.ts', { socket, channels: JOBS })
      const reader = await part('./event-reader.ts', { port: Number(new URL(stack.baseUrl).port) })
      const bare = async () => {
        await writer.ask('begin')
        await subscriber.ask('ages', 2 * PERIOD_MS)
        const ages = await subscriber.ask<number[]>('ages', MEASURE_MS / 2)
        await writer.ask('end')
        return ages
      }
      const clip = await makeBenchClip(stack.mediaRoot, 30)
      const bareAges = await bare()
      const jobs = await Promise.all(
        Array.from({ length: JOBS }, () => stack.client.submit({ input: clip, outputs: [{ preset: 'h264-360p' }] })),
      )
      await reader.ask(
        'open',
        jobs.map(({ id }) => `/v1/jobs/${id}/events`),
      )
      // Fifty programs take a while to start; what counts is the rate they come to.
      const dueIn = (ms: number) => JOBS * (ms / PERIOD_MS)
      while ((await reader.ask<number[]>('ages', 500)).length < dueIn(500) * 0.95) say('starting')
      const ages = await reader.ask<number[]>('ages', MEASURE_MS)
      await Promise.all(jobs.map(({ id }) => stack.client.cancel(id)))
      await reader.ask('sequences')
      bareAges.push(...(await bare()))
      const [p50, p99, bareP50, bareP99] = [
        quantile(ages, 0.5),
        quantile(ages, 0.99),
        quantile(bareAges, 0.5),
        quantile(bareAges, 0.99),
      ]
      say(`${ages.length} events of ${dueIn(MEASURE_MS)}, ${bareAges.length} bare messages`)
      const over = (p99 - bareP99) / 1_000
      return [
        {
          what: 'p50',
          ffleet: inMs(p50),
          beside: `Redis ${inMs(bareP50)}`,
          compared: `+${inMs(p50 - bareP50)}`,
          target: null,
          reached: null,
        },
        {
          what: 'p99',
          ffleet: inMs(p99),
          beside: `Redis ${inMs(bareP99)}`,
          compared: `+${inMs(p99 - bareP99)}`,
          target: `≤ +${REACH_MS} ms`,
          reached: over <= REACH_MS,
        },
      ]
    } finally {
      await Promise.all(parts.map((each) => each.stop()))
      await stack.stop()
    }
  },
}

const inMs = (us: number) => `${(us / 1_000).toFixed(2)} ms`
