import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { startRedis } from '../helpers/redis.js'
import { type Benchmark, type Figure, median, quantile } from './benchmark.js'
import { cpuMsOf } from './cpu-time.js'
import { type Part, startPart } from './part.js'
import type { SimWorkers } from './sim-workers.js'

const DEFAULT_WORKERS = '100,300,1000'
const DEFAULT_SECONDS = 10
const PROCESSES = 2
/** The plan on paper of the guide. */
const PLAN = { workers: 10_000, jobMs: 5 * 60_000 }
const CONNECTIONS_AT_MOST = 8

/** What Redis did in a span of time, by its own account. */
type Span = { seconds: number; cpuUs: number; commands: number; bytes: number; pings: number[]; clientsCpuMs: number }

type Step = {
  workers: number
  idle: Span
  running: Span
  jobs: Span
  ended: number
  askedMs: number
  bytesOfWorker: number
}

/** What a fleet does to its Redis, and where that bends. */
export const fleetSim: Benchmark = {
  name: 'fleet-sim',
  title: 'A large fleet on one Redis',
  about:
    `Workers with one slot that do to one real Redis, over TCP and with an append-only file synced every second, what \`ffleet worker\` does, and encode nothing (\`test/bench/sim-workers.ts\`, in ${PROCESSES} processes). ` +
    'For each size: all idle; all run a job that reports twice a second; jobs that end at once and are followed by others, as many as go. Redis tells what processor time and how many commands, those inside of scripts included, that took. ' +
    'PING: from a process that does nothing else. On two cores it is the simulation that fills them in the last phase, not Redis: what to go by is the processor time of Redis. ' +
    `More with \`-- fleet-sim --workers 1000,3000 --seconds 30\`.`,
  async run(say, { workers: sizes = DEFAULT_WORKERS, seconds = String(DEFAULT_SECONDS) } = {}) {
    const targets = sizes.split(',').map(Number)
    const clients = String(Math.max(...targets) * CONNECTIONS_AT_MOST + 100)
    const persistence = ['--appendonly', 'yes', '--appendfsync', 'everysec']
    const server = await startRedis({ args: [...persistence, '--maxclients', clients] })
    const redis = new Redis({ path: server.socket })
    const parts: Part[] = []
    const ask = <Answer>(question: string, details?: unknown) =>
      Promise.all(parts.map((part) => part.ask<Answer>(question, details)))
    const sumOf = async (name: 'joined' | 'running' | 'ended') =>
      (await ask<Record<typeof name, number>>('figures')).reduce((sum, figures) => sum + figures[name], 0)
    const until = async (name: 'running', count: number) => {
      while ((await sumOf(name)) < count) await sleep(100)
    }
    const during = () => spanOf(redis, parts, Number(seconds) * 1_000)
    try {
      for (let lane = 0; lane < PROCESSES; lane++) {
        const settings: SimWorkers = { redisUrl: server.url, lane }
        parts.push(await startPart('./sim-workers.ts', settings))
      }
      const steps: Step[] = []
      for (const target of targets) {
        const before = { memory: await memoryOf(redis), workers: await sumOf('joined') }
        await ask('join', Math.ceil((target - before.workers) / PROCESSES))
        const workers = await sumOf('joined')
        const bytesOfWorker = ((await memoryOf(redis)) - before.memory) / (workers - before.workers)
        await sleep(2_000)
        const idle = await during()
        await ask('run')
        await until('running', workers)
        const running = await during()
        const askedMs = Math.max(...(await ask<number>('asked')))
        await ask('feed')
        await sleep(2_000)
        const endedBefore = await sumOf('ended')
        const jobs = await during()
        const ended = (await sumOf('ended')) - endedBefore
        await ask('starve')
        while ((await redis.zcard('ffleet:jobs:open')) > 0) await sleep(200)
        steps.push({ workers, idle, running, jobs, ended, askedMs, bytesOfWorker })
        say(
          `${workers} workers: ${[idle, running, jobs].map(textOf).join(' | ')} | ${(ended / jobs.seconds).toFixed(0)} jobs/s`,
        )
      }
      const kept = await redis.zcard('ffleet:jobs:ended')
      const { connections, memory } = { connections: await connectionsOf(redis), memory: await memoryOf(redis) }
      return figuresOf(steps, { connections, memory, kept })
    } finally {
      for (const part of parts) await part.stop()
      redis.disconnect()
      await server.stop()
    }
  },
}

async function spanOf(redis: Redis, parts: Part[], forMs: number): Promise<Span> {
  const look = async () => {
    const info = await infoOf(redis)
    const clientsCpuMs = (await Promise.all(parts.map(({ pid }) => cpuMsOf(pid)))).reduce((sum, ms) => sum + ms, 0)
    return { atMs: performance.now(), info, clientsCpuMs }
  }
  const before = await look()
  const pings: number[] = []
  while (performance.now() - before.atMs < forMs) {
    const sinceMs = performance.now()
    await redis.ping()
    pings.push(performance.now() - sinceMs)
    await sleep(10)
  }
  const after = await look()
  const grown = (...names: string[]) => names.reduce((sum, name) => sum + after.info(name) - before.info(name), 0)
  return {
    seconds: (after.atMs - before.atMs) / 1_000,
    cpuUs: grown('used_cpu_sys', 'used_cpu_user') * 1e6,
    commands: grown('total_commands_processed') - pings.length,
    bytes: grown('total_net_input_bytes', 'total_net_output_bytes'),
    pings,
    clientsCpuMs: after.clientsCpuMs - before.clientsCpuMs,
  }
}

async function infoOf(redis: Redis): Promise<(name: string) => number> {
  const lines = (await redis.info()).split('\r\n').map((line) => line.split(':') as [string, string])
  const fields = Object.fromEntries(lines)
  return (name) => Number(fields[name])
}

const memoryOf = async (redis: Redis) => (await infoOf(redis))('used_memory')
const connectionsOf = async (redis: Redis) => (await infoOf(redis))('connected_clients') - 1

const percentOf = ({ cpuUs, seconds }: Span) => `${(cpuUs / seconds / 1e4).toFixed(0)} %`
const textOf = (span: Span) => `Redis ${percentOf(span)}, PING p99 ${quantile(span.pings, 0.99).toFixed(1)} ms`
const number = (value: number) => Math.round(value).toLocaleString('en')
const told = (what: string, ffleet: string, beside = '', compared = ''): Figure => ({
  ...{ what, ffleet, beside, compared, target: null, reached: null },
})

function figuresOf(steps: Step[], held: { connections: number; memory: number; kept: number }): Figure[] {
  const last = steps.at(-1)!
  const perWorker = (span: Span, what: 'cpuUs' | 'commands' | 'bytes') => span[what] / span.seconds / last.workers
  // Workers heartbeat and look for work in the last phase, too.
  const perJob = (what: 'cpuUs' | 'commands' | 'bytes') =>
    (last.jobs[what] - perWorker(last.idle, what) * last.workers * last.jobs.seconds) / last.ended
  const load = (what: 'cpuUs' | 'commands' | 'bytes') =>
    PLAN.workers * (perWorker(last.running, what) + (perJob(what) * 1_000) / PLAN.jobMs)
  const cost = (what: string, of: (unit: 'cpuUs' | 'commands' | 'bytes') => number) =>
    told(
      what,
      `${number(of('cpuUs'))} µs of Redis`,
      `${of('commands').toFixed(1)} commands`,
      `${(of('bytes') / 1_024).toFixed(1)} KiB`,
    )
  const phases = steps.flatMap(({ workers, idle, running, jobs, ended, askedMs }) => {
    const row = (what: string, span: Span, result = '') => {
      const pings = [0.5, 0.99].map((share) => quantile(span.pings, share).toFixed(1)).join(' and ')
      const busy = `Redis ${percentOf(span)} of a core, simulation ${(span.clientsCpuMs / span.seconds / 10).toFixed(0)} %`
      return told(`${number(workers)} workers, ${what}`, result || busy, result && busy, `PING p50 and p99 ${pings} ms`)
    }
    return [
      row('idle', idle),
      row('all run', running),
      row('jobs that end at once', jobs, `${number(ended / jobs.seconds)} jobs/s`),
      told(`${number(workers)} workers, all run: what an autoscaler asks`, `${number(askedMs)} ms`),
    ]
  })
  return [
    ...phases,
    cost('an idle worker, a second', (unit) => perWorker(last.idle, unit)),
    cost('a worker that runs a job, a second', (unit) => perWorker(last.running, unit)),
    cost('a job, from its submission to its end', perJob),
    told('connections of a worker with one slot', (held.connections / last.workers).toFixed(1)),
    told(
      'memory of Redis for an idle worker',
      `${number(median(steps.map(({ bytesOfWorker }) => bytesOfWorker)) / 1_024)} KiB`,
    ),
    told(
      'memory of Redis at the end',
      `${number(held.memory / 1_024 ** 2)} MiB`,
      `with ${number(held.kept)} ended jobs`,
    ),
    told(
      `on paper: ${number(PLAN.workers)} workers, jobs of ${PLAN.jobMs / 60_000} min`,
      `${number(load('cpuUs') / 1e4)} % of a core of Redis`,
      `${number(load('commands'))} commands/s`,
      `${(load('bytes') / 1_024 ** 2).toFixed(1)} MiB/s`,
    ),
    told(
      'Redis is full (one core) at',
      `${number((PLAN.workers * 1e6) / load('cpuUs'))} workers that run such jobs`,
      `${number(1e6 / perJob('cpuUs'))} jobs/s`,
      `${number(1e6 / perWorker(last.idle, 'cpuUs'))} idle workers`,
    ),
  ]
}
