import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addKey } from '../../src/callers/index.js'
import { freePort, type Part, type Stack, startStack } from '../helpers/stack.js'
import { type Benchmark, interleaved, median, medianText } from './benchmark.js'
import { cpuMsOf } from './cpu-time.js'
import { makeBenchClip } from './media.js'
import { startPart } from './part.js'

const CONNECTIONS = 32
const ROUNDS = 20
const ROUND_MS = 1_000
const KEYS = 100
const REACH = 0.95
const REACH_CPU = 1.05

/** What it costs to know who asks. */
export const authentication: Benchmark = {
  name: 'authentication',
  title: 'Submissions a second, with keys',
  about:
    `\`POST /v1/jobs\` on an API process with ${KEYS} keys in its file, each request with one of them, against one without keys on the same ` +
    `Redis: ${CONNECTIONS} keep-alive connections from a process of its own, ${ROUNDS} rounds of ${ROUND_MS / 1_000} s each in turns, no worker.`,
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'ffleet-bench-'))
    const keyFile = join(folder, 'keys.json')
    for (let n = 1; n < KEYS; n++) await addKey(keyFile, { name: `key-${n}`, role: 'submit', tenant: null })
    const { key } = await addKey(keyFile, { name: 'ours', role: 'submit', tenant: null })
    const stack = await startStack({ workers: 0 })
    // None of them is the one that sweeps.
    const guarded = await startApi(stack, { FFLEET_KEYS_FILE: keyFile, FFLEET_MAX_CHANGES_PER_MINUTE: '0' })
    const counting = await startApi(stack, { FFLEET_KEYS_FILE: keyFile, FFLEET_MAX_CHANGES_PER_MINUTE: '1000000' })
    const open = await startApi(stack, {})
    const client = await startPart('./load-client.ts', {})
    try {
      const body = { input: await makeBenchClip(stack.mediaRoot, 2), outputs: [{ preset: 'h264-360p' }] }
      const load = async ({ port, part }: Side, headers: Record<string, string>): Promise<Round> => {
        const details = { port, path: '/v1/jobs', headers, body, connections: CONNECTIONS, forMs: ROUND_MS }
        const [startMs, startCpuMs] = [performance.now(), await cpuMsOf(part.pid)]
        const perSecond = await client.ask<number>('load', details)
        const accepted = (perSecond * (performance.now() - startMs)) / 1_000
        return { perSecond, cpuMs: ((await cpuMsOf(part.pid)) - startCpuMs) / accepted }
      }
      const headers = { authorization: `Bearer ${key}` }
      const sides = {
        keys: () => load(guarded, headers),
        counted: () => load(counting, headers),
        open: () => load(open, {}),
      }
      for (const warmUp of Object.values(sides)) await warmUp()
      const results = await interleaved({ rounds: ROUNDS, limitMs: 90_000 }, sides)
      for (const { keys, counted, open } of results)
        say(`with keys ${textOf(keys)}, counted ${textOf(counted)}, without ${textOf(open)}`)
      const over = (side: 'keys' | 'counted', what: keyof Round) =>
        results.map((each) => each[side][what] / each.open[what])
      const rates = over('keys', 'perSecond')
      const costs = over('keys', 'cpuMs')
      const of = (side: keyof typeof sides, what: keyof Round, digits: number) =>
        median(results.map((result) => result[side][what])).toFixed(digits)
      return [
        {
          what: 'jobs accepted with a key',
          ffleet: `${of('keys', 'perSecond', 0)}/s`,
          beside: `without keys ${of('open', 'perSecond', 0)}/s`,
          compared: medianText(rates, 3),
          target: `≥ ${REACH}`,
          reached: median(rates) >= REACH,
        },
        {
          what: 'CPU time of the API for one',
          ffleet: `${of('keys', 'cpuMs', 3)} ms`,
          beside: `without keys ${of('open', 'cpuMs', 3)} ms`,
          compared: medianText(costs, 3),
          target: `≤ ${REACH_CPU}`,
          reached: median(costs) <= REACH_CPU,
        },
        {
          what: 'jobs accepted with a key whose changes are counted',
          ffleet: `${of('counted', 'perSecond', 0)}/s`,
          beside: `without keys ${of('open', 'perSecond', 0)}/s`,
          compared: medianText(over('counted', 'perSecond'), 3),
          target: null,
          reached: null,
        },
      ]
    } finally {
      await client.stop()
      for (const { part } of [guarded, counting, open]) {
        part.signal('SIGKILL')
        await part.ended
      }
      await stack.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
}

type Side = { port: number; part: Part }
/** Jobs accepted a second, and CPU time of the API for each. */
type Round = { perSecond: number; cpuMs: number }

const textOf = ({ perSecond, cpuMs }: Round) => `${perSecond.toFixed(0)}/s at ${cpuMs.toFixed(3)} ms`

async function startApi(stack: Stack, env: Record<string, string>): Promise<Side> {
  const port = await freePort()
  const part = stack.startPart('api', { ...env, FFLEET_PORT: String(port) })
  while ((await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.ok !== true) {
    await new Promise((done) => setTimeout(done, 50))
  }
  return { port, part }
}
