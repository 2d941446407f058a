import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Queue as BullQueue } from 'bullmq'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { connect } from '../../../src/queue/connection.js'
import { createQueue, createWorkerQueue, type Queue, type Slot, type WorkerQueue } from '../../../src/queue/index.js'
import { defineScripts } from '../../../src/queue/scripts.js'
import { aJob, aWorker } from '../../helpers/jobs.js'
import { long } from '../../helpers/long.js'
import { startRedis, type TestRedis } from '../../helpers/redis.js'
import type { ChildSubmission } from '../../helpers/submit-in-a-child.js'
import { startTcpProxy } from '../../helpers/tcp-proxy.js'

const SUBMITTER = fileURLToPath(new URL('../../helpers/submit-in-a-child.ts', import.meta.url))
const KEY = { scope: 'test', key: 'k', bodyHash: 'h' }

let redis: TestRedis
let queue: Queue
let workers: WorkerQueue
let bull: BullQueue
let slot: Slot | null
let ran: string[]
let failing: boolean
let meanwhile: () => Promise<void>

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  await redis.cli('FLUSHALL')
  queue = await createQueue({ redis: redis.url, backoffMs: 50 })
  workers = await createWorkerQueue({ redis: redis.url, backoffMs: 50 })
  bull = new BullQueue('transcode', { connection: { path: redis.socket } })
  slot = null
  ran = []
  failing = false
  meanwhile = async () => {}
})
afterEach(async () => {
  await slot?.abandon()
  await bull.close()
  await workers.close()
  await queue.close()
})

/** Takes jobs from here on, and completes each that begins, or fails it. */
function work(): void {
  slot = workers.openSlot({
    name: 'test',
    lockDurationMs: 5_000,
    stalledCheckMs: 1_000,
    onError: () => {},
    async run({ jobId, token }) {
      const { attempt } = await workers.begin({ jobId, token, worker: aWorker(), poisonStarts: 3 })
      if (!attempt) return { kind: 'failed', code: 'INTERNAL_ERROR', retry: false }
      ran.push(jobId)
      await meanwhile()
      if (failing) {
        await attempt.end()
        return { kind: 'failed', code: 'NOT_MEDIA', retry: false }
      }
      return { kind: 'completed' }
    },
  })
}

/** A sweeper that leaves a new job to its submitter for `intervalMs`. */
function sweep(intervalMs = 100) {
  const sweeper = queue.startSweeper({ keepJobsMs: 1e9, keepJobsCount: 100, intervalMs, onForgotten: async () => {} })
  onTestFinished(() => sweeper.stop())
}

function submitter(submission: Omit<ChildSubmission, 'redisUrl' | 'job'> & Partial<ChildSubmission>) {
  const argument = JSON.stringify({ redisUrl: redis.url, job: aJob(), ...submission })
  const child = spawn(process.execPath, ['--import', 'tsx', SUBMITTER, argument], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const line = async () => String((await lines.next()).value)
  return {
    ended,
    async reached() {
      expect(await line()).toBe('reached')
    },
    /** Lets it go on; gives the answer it got. */
    async answer() {
      child.stdin.write('go on\n')
      return JSON.parse((await line()).replace('answered ', ''))
    },
  }
}

/** Runs a submitter that kills itself at that point; gives the id of the job it leaves. */
async function killed(at: ChildSubmission['at']): Promise<string> {
  expect(await submitter({ at, act: 'kill', idempotency: KEY }).ended).toEqual([null, 'SIGKILL'])
  return onlyJob()
}

async function onlyJob(): Promise<string> {
  const { items } = await queue.jobs.list({ limit: 200 })
  expect(items).toMatchObject([{ state: 'queued' }])
  return items[0]!.id
}

/** For a step of ours alone, without the one that follows it. */
async function openConnection() {
  const connection = await connect(redis.url, 'api', () => {})
  onTestFinished(() => connection.disconnect())
  defineScripts(connection)
  return connection
}

const settled = (id: string, state: string) =>
  expect.poll(async () => (await queue.jobs.get(id))?.state, { timeout: 20_000 }).toBe(state)
const typesOf = async (id: string) => (await queue.events.read(id))!.entries.map(({ type }) => type)
const fleetTypesOf = async (id: string) =>
  (await queue.events.readFleet('0-0')).entries.filter(({ jobId }) => jobId === id).map(({ type }) => type)
const inBull = async (id: string) => [await bull.getJobState(id), await bull.count()]

const WHOLE_STORY = ['job.queued', 'attempt.started', 'progress', 'job.completed']

describe('a submitter killed', () => {
  test('between record and queue leaves a job that is seen to wait, and that the sweeper finishes', async () => {
    const id = await killed('before add')
    expect(await inBull(id)).toEqual(['unknown', 0])
    expect(await typesOf(id)).toEqual(['job.queued'])
    // Whoever asks again under the same key is given that job.
    const again = await queue.jobs.submit(aJob(), { idempotency: KEY })
    expect(again).toMatchObject({ id, created: false, job: { state: 'queued', queuePosition: null } })
    sweep()
    await expect.poll(() => inBull(id)).toEqual(['prioritized', 1])
    expect(await queue.jobs.get(id)).toMatchObject({ state: 'queued', queuePosition: 1 })
    work()
    await settled(id, 'completed')
    expect(await typesOf(id)).toEqual(WHOLE_STORY)
    expect(await fleetTypesOf(id)).toEqual(WHOLE_STORY)
    expect(ran).toEqual([id])
  })

  test('between queue and answer leaves a job that a submission with its key finds, and that runs once', async () => {
    const id = await killed('after add')
    expect(await inBull(id)).toEqual(['prioritized', 1])
    sweep()
    const again = await queue.jobs.submit(aJob(), { idempotency: KEY })
    expect(again).toMatchObject({ id, created: false, job: { queuePosition: 1 } })
    work()
    await settled(id, 'completed')
    expect(await fleetTypesOf(id)).toEqual(WHOLE_STORY)
    expect(ran).toEqual([id])
  })
})

describe('a submitter that is slow to hand a job over', () => {
  test('finds that the sweeper did it, and that the job has run: nothing runs twice', async () => {
    const slow = submitter({ at: 'before add', act: 'wait' })
    await slow.reached()
    const id = await onlyJob()
    sweep()
    work()
    await settled(id, 'completed')
    expect(await slow.answer()).toMatchObject({ id, created: true })
    const other = await queue.jobs.submit(aJob(), {})
    await settled(other.id, 'completed')
    expect(ran).toEqual([id, other.id])
    expect(await typesOf(id)).toEqual(WHOLE_STORY)
    expect(await inBull(id)).toEqual(['completed', 0])
  })

  test('is left its job for a while by the sweeper, but not the word of who cancels it', async () => {
    const slow = submitter({ at: 'before add', act: 'wait' })
    await slow.reached()
    const id = await onlyJob()
    const connection = await openConnection()
    expect(await connection.ffSuspects(60_000, id)).toEqual([])
    expect(await connection.ffSuspects(0, id)).toEqual([id])
    await connection.ffCancel(id)
    expect(await connection.ffSuspects(60_000, id)).toEqual([id])
  })

  long('hands over a job in vain that was cancelled meanwhile, until somebody retries it', async () => {
    const slow = submitter({ at: 'before add', act: 'wait', job: aJob({ delayMs: 3_600_000 }) })
    await slow.reached()
    const id = await onlyJob()
    expect(await queue.jobs.cancel(id)).toMatchObject({ state: 'cancelled' })
    await slow.answer()
    expect(await bull.getJobState(id)).toBe('delayed')
    expect(await queue.jobs.get(id)).toMatchObject({ state: 'cancelled' })
    // Its delay is over, and a worker takes it: nothing runs.
    await (await bull.getJob(id))!.promote()
    work()
    await expect.poll(() => bull.getJobState(id)).toBe('failed')
    expect(ran).toEqual([])
    expect(await typesOf(id)).toEqual(['job.queued', 'job.cancelled'])
    await queue.jobs.retry(id)
    await settled(id, 'completed')
    expect(ran).toEqual([id])
  })

  long('does not delay the retry of a job that was cancelled meanwhile', async () => {
    const slow = submitter({ at: 'before add', act: 'wait', job: aJob({ delayMs: 3_600_000 }) })
    await slow.reached()
    const id = await onlyJob()
    await queue.jobs.cancel(id)
    await slow.answer()
    await queue.jobs.retry(id)
    work()
    await settled(id, 'completed')
    expect(await typesOf(id)).toEqual(['job.queued', 'job.cancelled', ...WHOLE_STORY])
    expect(ran).toEqual([id])
  })

  test('because Redis went away has its job accepted, which the sweeper hands over', async () => {
    const proxy = await startTcpProxy({ path: redis.socket })
    onTestFinished(() => proxy.close())
    const slow = submitter({ at: 'before add', act: 'wait', redisUrl: `redis://127.0.0.1:${proxy.port}` })
    await slow.reached()
    const id = await onlyJob()
    proxy.refuse()
    proxy.cut()
    expect(await slow.answer()).toMatchObject({ id, created: true, job: { state: 'queued', queuePosition: null } })
    sweep()
    work()
    await settled(id, 'completed')
    expect(ran).toEqual([id])
  })
})

test('the sweeper looks no closer at jobs that wait, are delayed or run', async () => {
  const { id: runs } = await queue.jobs.submit(aJob(), {})
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  meanwhile = () => finished
  work()
  await settled(runs, 'active')
  const { id: waits } = await queue.jobs.submit(aJob(), {})
  const { id: isDelayed } = await queue.jobs.submit(aJob({ delayMs: 3_600_000 }), {})
  const connection = await openConnection()
  expect(await connection.ffSuspects(0, runs, waits, isDelayed, 'another')).toEqual(['another'])
  finish()
  await settled(waits, 'completed')
})

test.each(['failed', 'cancelled'])(
  'a retry of a %s job whose API died half-way is finished by the sweeper',
  async (state) => {
    failing = state === 'failed'
    const { id } = await queue.jobs.submit(aJob(), {})
    if (failing) work()
    else await queue.jobs.cancel(id)
    await settled(id, state)
    const connection = await openConnection()
    expect(await connection.ffRetry(id, Date.now(), '', '[]', 0)).toEqual(['OK', ''])
    expect(await queue.jobs.get(id)).toMatchObject({ state: 'queued', error: null })
    expect(await inBull(id)).toEqual([failing ? 'failed' : 'unknown', 0])
    ran = []
    failing = false
    sweep()
    if (!slot) work()
    await settled(id, 'completed')
    expect(ran).toEqual([id])
  },
)

test('a retry that two do at once queues the job once', async () => {
  const { id } = await queue.jobs.submit(aJob(), {})
  await queue.jobs.cancel(id)
  sweep(20)
  for (let round = 0; round < 20; round++) {
    await queue.jobs.retry(id)
    await expect.poll(() => inBull(id)).toEqual(['prioritized', 1])
    await queue.jobs.cancel(id)
  }
})
