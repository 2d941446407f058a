/**
 * Many jobs on a fleet whose processes die at random: `npm run soak`, or with figures of its own
 * `npm run soak -- --jobs 200 --workers 4 --every 1000 --seed 1`. `npm run soak -- --figures` measures how fast a lost
 * worker's job is taken over and how fast ffmpeg ends on a cancel instead.
 */
import { parseArgs } from 'node:util'
import type { JobEvent, JobRequest } from '../../src/contract/index.js'
import { all, keptEvents, openDescriptors, startFleet, TINY } from '../helpers/fleet-stack.js'
import { brokenPromises, processesIn } from '../helpers/invariants.js'
import type { Part, Stack } from '../helpers/stack.js'
import { measure } from './figures.js'

export type SoakOptions = {
  jobs: number
  workers: number
  /** Time between two kills. */
  everyMs: number
  /** So many are killed at most; then what is left ends in peace. Default: as long as jobs run, which on a busy machine may be long. */
  kills?: number
  /** Decides who is killed; the same again gives the same order. */
  seed: number
  log: (line: string) => void
}

export type SoakResult = {
  /** What did not hold, in words. */
  broken: string[]
  states: Record<string, number>
  kills: Record<string, number>
  /** Jobs by the number of attempts they took. */
  attempts: Record<number, number>
  seconds: number
}

/** How many jobs are watched live from their beginning to their end. */
const WATCHED = 20
/** How long a fleet may take to come to rest after the last job. */
const REST_MS = 20_000

/** Runs it and checks every promise for every job. */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const stack = await startFleet({
    redis: { persist: true },
    // Whoever kills at random may hit the same job often; that is not what POISONED is for.
    env: { FFLEET_POISON_STARTS: '50' },
  })
  try {
    const before = await openDescriptors(stack.api.pid)
    for (let i = 0; i < options.workers; i++) await stack.startWorker()
    return await soak(stack, options, before)
  } finally {
    await stack.stop()
  }
}

async function soak(stack: Stack, options: SoakOptions, apiDescriptors: number): Promise<SoakResult> {
  const startedMs = performance.now()
  const result: SoakResult = { broken: [], states: {}, kills: {}, attempts: {}, seconds: 0 }
  const killer = startKiller(stack, options, result.kills)
  const ids: string[] = []
  const watched: { id: string; seen: Promise<JobEvent[]> }[] = []
  for (let i = 0; i < options.jobs; i++) {
    const { id } = await patiently(() => stack.client.submit(requestOf(i), { idempotencyKey: `soak-${i}` }))
    ids.push(id)
    if (watched.length < WATCHED) watched.push({ id, seen: all(stack.client.events(id)) })
  }
  for (const [i, id] of ids.entries()) {
    const job = await patiently(() => stack.client.wait(id, { timeoutMs: 300_000 }))
    count(result.states, job.state)
    count(result.attempts, job.attempt)
    if ((i + 1) % 20 === 0) options.log(`${i + 1} of ${ids.length} jobs have ended`)
  }
  const failures = await killer.stop()
  result.seconds = (performance.now() - startedMs) / 1000
  result.broken = [...failures, ...(await atRest(() => brokenPromises(stack, ids)))]
  for (const { id, seen } of watched) result.broken.push(...whatWasMissed(id, await seen, await keptEvents(stack, id)))
  const recorded = Number(await stack.redis.cli('ZCARD', 'ffleet:jobs'))
  if (recorded !== options.jobs) result.broken.push(`${recorded} jobs were recorded instead of ${options.jobs}`)
  const open = await openDescriptors(stack.api.pid)
  if (open > apiDescriptors + 40) result.broken.push(`the API has ${open} descriptors open, ${apiDescriptors} at first`)
  return result
}

function requestOf(i: number): JobRequest {
  const outputs = i % 10 === 3 ? [TINY, { preset: 'tiny-2pass' }] : i % 10 === 7 ? [{ preset: 'thumbnails' }] : [TINY]
  return { input: 'in.mp4', outputs, maxAttempts: 10, priority: i % 3 }
}

/** What a watcher did not see, or saw twice. Of progress it is owed only the newest. */
function whatWasMissed(id: string, seen: JobEvent[], kept: JobEvent[]): string[] {
  const ids = new Set(seen.map((event) => event.id))
  const missed = kept.filter((event) => event.type !== 'progress' && !ids.has(event.id))
  const faults = missed.map((event) => `${id}: its watcher missed ${event.type}`)
  if (ids.size !== seen.length) faults.push(`${id}: its watcher saw an event twice`)
  return faults
}

/** Kills a process each time, and starts it again while it goes on killing. */
function startKiller(stack: Stack, options: SoakOptions, kills: Record<string, number>): { stop(): Promise<string[]> } {
  const random = randomFrom(options.seed)
  const restarts = new Map<string, Promise<unknown>>()
  const killed = new Set<Part>()
  const failures: string[] = []
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)]

  /** Each gives false when there is nothing to kill just now. */
  const victims: Record<string, () => Promise<boolean>> = {
    worker: async () => {
      const worker = pick(stack.workers)
      if (worker === undefined) return false
      worker.signal('SIGKILL')
      stack.workers.splice(stack.workers.indexOf(worker), 1)
      killed.add(worker)
      restart(`worker ${worker.pid}`, startWorker)
      return true
    },
    ffmpeg: async () => {
      const line = pick(await processesIn(stack.outputRoot))
      if (line) kill(Number.parseInt(line, 10))
      return line !== undefined
    },
    redis: async () => {
      if (restarts.has('redis')) return false
      stack.redis.signal('SIGKILL')
      restart('redis', () => stack.redis.restart())
      return true
    },
    api: async () => {
      if (restarts.has('api')) return false
      stack.api.signal('SIGKILL')
      const { ended } = stack.api
      restart('api', () => ended.then(() => stack.startApi()))
      return true
    },
  }

  async function startWorker(): Promise<void> {
    const ready = stack.startWorker()
    const worker = stack.workers.at(-1)!
    await ready.catch((error) => {
      // Killed before it was ready; another one is on its way.
      if (!killed.has(worker)) throw error
    })
  }

  function restart(what: string, start: () => Promise<unknown>): void {
    const restarted = start().then(
      () => restarts.delete(what),
      (error: Error) => {
        restarts.delete(what)
        failures.push(`${what} did not start again: ${error.message}`)
      },
    )
    restarts.set(what, restarted)
  }

  let stopped = false
  const ended = (async () => {
    while (!stopped && sumOf(kills) < (options.kills ?? Number.POSITIVE_INFINITY)) {
      await pause(options.everyMs)
      // Workers most of all: they have the most to lose.
      const victim = pick(['worker', 'worker', 'worker', 'ffmpeg', 'ffmpeg', 'redis', 'api'])!
      if (!stopped && (await victims[victim]!())) count(kills, victim)
    }
    await Promise.all(restarts.values())
  })()
  return {
    async stop() {
      stopped = true
      await ended
      return failures
    },
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}

/** The API and Redis are away now and then; whoever waits asks again. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let i = 0; ; i++) {
    try {
      return await call()
    } catch (error) {
      if (i === 50) throw error
      await pause(200)
    }
  }
}

/** What is still wrong when nothing changes any more. */
async function atRest(check: () => Promise<string[]>): Promise<string[]> {
  const from = performance.now()
  for (;;) {
    const wrong = await patiently(check)
    if (wrong.length === 0 || performance.now() - from > REST_MS) return wrong
    await pause(250)
  }
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

function count(into: Record<string | number, number>, what: string | number): void {
  into[what] = (into[what] ?? 0) + 1
}

const sumOf = (counts: Record<string, number>) => Object.values(counts).reduce((sum, n) => sum + n, 0)

/** Numbers from 0 to 1 that look random and are the same each time (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      jobs: { type: 'string', default: '200' },
      workers: { type: 'string', default: '4' },
      every: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      figures: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '30' },
    },
  })
  const print = (line: string) => void process.stdout.write(`${line}\n`)
  if (values.figures) {
    const within = await measure({ rounds: Number(values.rounds), log: print })
    process.exitCode = within ? 0 : 1
    return
  }
  const result = await runSoak({
    jobs: Number(values.jobs),
    workers: Number(values.workers),
    everyMs: Number(values.every),
    seed: Number(values.seed),
    log: print,
  })
  print(JSON.stringify({ ...result, broken: result.broken.length }, null, 2))
  for (const line of result.broken) print(line)
  process.exitCode = result.broken.length === 0 ? 0 : 1
}

if (process.argv[1] === import.meta.filename) await main()
