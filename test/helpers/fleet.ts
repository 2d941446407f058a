import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { ClipName } from '../../fixtures/media/recipes.js'
import type { Job, JobEvent, JobRequest } from '../../src/contract/index.js'
import { ROOT_FILE } from '../../src/storage/names.js'
import { type Fault, faultAt } from './fault.js'
import { keptEvents, openDescriptors, startFleet, TINY } from './fleet-stack.js'
import { brokenPromises, encodersIn } from './invariants.js'
import type { Part, Stack, StackOptions } from './stack.js'
import { waitFor } from './wait-for.js'

export { all, LOCK_MS, openDescriptors, PACED, program, TINY } from './fleet-stack.js'

/** Connections that are kept alive for the next call, a thread that stays: what may come and go. The soak counts closely. */
const DESCRIPTOR_SLACK = 32

export type Fleet = {
  readonly stack: Stack
  /** Starts a worker of this test; it ends with the test, and has to end well if it still runs then. */
  worker(env?: Record<string, string>, command?: string[]): Promise<Part>
  fault(at: RegExp, act: 'kill' | 'stop' | 'hold' | (string & {})): Fault
  /** Submits a job whose promises are checked when the test ends; gives its id. */
  submit(request?: Partial<JobRequest>): Promise<string>
  /** Also checks the promises of a job that the test submitted in another way. */
  watch(id: string): void
  /** Knows the outputs of a job that ended more than once, and checks nothing else of it. */
  watchOutputs(id: string): void
  get(id: string): Promise<Job>
  events(id: string): Promise<JobEvent[]>
  /** Resolves when the job has told such an event. */
  told(id: string, what: (event: JobEvent) => boolean): Promise<JobEvent>
  phase(id: string, phase: string): Promise<JobEvent>
  ended(id: string): Promise<Job>
  /** The ffmpeg processes that run now, by pid. */
  encoders(): Promise<number[]>
}

/**
 * Redis and API for the tests of a file, workers for each test. When a test ends, every promise of its jobs must hold:
 * see `brokenPromises`; no process, descriptor or scratch folder may be left.
 */
export function useFleet(options: StackOptions & { clips?: Record<string, ClipName> } = {}): Fleet {
  const clips = options.clips ?? { 'in.mp4': 'h264-aac', 'long.mp4': 'h264-aac-6s' }
  let stack: Stack
  let jobs: string[] = []
  let retried: string[] = []
  let faults = 0
  const descriptors = new Map<Part, number>()

  beforeAll(async () => {
    stack = await startFleet(options, clips)
    descriptors.set(stack.api, (await idleDescriptors(stack.api)) + DESCRIPTOR_SLACK)
  })
  afterAll(() => stack?.stop())
  beforeEach(() => {
    jobs = []
    retried = []
  })
  afterEach(async () => {
    try {
      await expect.poll(() => brokenPromises(stack, jobs, retried), { interval: 100 }).toEqual([])
      for (const [part, before] of descriptors) {
        if (await hasEnded(part)) continue
        await expect.poll(() => openDescriptors(part.pid)).toBeLessThanOrEqual(before)
      }
      for (const part of stack.workers) {
        if (await hasEnded(part)) continue
        part.signal('SIGCONT')
        part.signal('SIGTERM')
        await expect.poll(() => hasEnded(part), { message: part.output() }).toBe(true)
        expect(await part.ended, part.output()).toEqual({ code: 0, signal: null })
      }
    } finally {
      await clear()
    }
  })

  /** Whatever a failed test left must not reach the next one. */
  async function clear(): Promise<void> {
    for (const part of stack.workers.splice(0)) {
      descriptors.delete(part)
      part.signal('SIGKILL')
      await part.ended
    }
    stack.redis.signal('SIGCONT')
    await stack.redis.cli('FLUSHALL').catch(async () => {
      await stack.redis.restart()
      await stack.redis.cli('FLUSHALL')
    })
    for (const name of await readdir(stack.outputRoot)) {
      if (name === ROOT_FILE) continue
      await rm(join(stack.outputRoot, name), { recursive: true, force: true })
    }
  }

  const events = (id: string) => keptEvents(stack, id)
  const told: Fleet['told'] = async (id, what) => {
    for await (const event of stack.client.events(id, { signal: AbortSignal.timeout(30_000) })) {
      if (what(event)) return event
    }
    throw new Error(`job ${id} ended before: ${(await events(id)).map(({ type }) => type)}`)
  }
  return {
    get stack() {
      return stack
    },
    async worker(env = {}, command = []) {
      const part = await stack.startWorker(env, command)
      if (env.TEST_FAULT === undefined) descriptors.set(part, (await idleDescriptors(part)) + DESCRIPTOR_SLACK)
      return part
    },
    fault: (at, act) => faultAt(at, act, join(stack.folder, `fault-${++faults}`)),
    async submit(request = {}) {
      const { id } = await stack.client.submit({ input: 'in.mp4', outputs: [TINY], ...request })
      jobs.push(id)
      return id
    },
    watch: (id) => void jobs.push(id),
    watchOutputs: (id) => void retried.push(id),
    get: (id) => stack.client.get(id),
    events,
    told,
    phase: (id, phase) => told(id, (event) => event.type === 'phase.changed' && event.phase === phase),
    ended: (id) => stack.client.wait(id, { timeoutMs: 40_000 }),
    encoders: () => encodersIn(stack.outputRoot),
  }
}

async function hasEnded(part: Part): Promise<boolean> {
  return (await Promise.race([part.ended, null])) !== null
}

/** Once it has come to rest: the same number twice. */
async function idleDescriptors(part: Part): Promise<number> {
  let last = -1
  return waitFor(async () => {
    const before = last
    last = await openDescriptors(part.pid)
    expect(last).toBe(before)
    return last
  })
}
