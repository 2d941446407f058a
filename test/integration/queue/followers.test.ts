import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { JobState } from '../../../src/contract/index.js'
import { connect } from '../../../src/queue/connection.js'
import { createQueue, createWorkerQueue, type Queue, type Slot, type WorkerQueue } from '../../../src/queue/index.js'
import { defineScripts } from '../../../src/queue/scripts.js'
import { aJob, aJobError, aWorker } from '../../helpers/jobs.js'
import { startRedis, type TestRedis } from '../../helpers/redis.js'

let redis: TestRedis
let queue: Queue
let workers: WorkerQueue
let slots: Slot[]
let ran: string[]
let failing: Set<string>

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  await redis.cli('FLUSHALL')
  queue = await createQueue({ redis: redis.url, backoffMs: 50 })
  workers = await createWorkerQueue({ redis: redis.url, backoffMs: 50 })
  slots = []
  ran = []
  failing = new Set()
})
afterEach(async () => {
  await Promise.all(slots.map((slot) => slot.abandon()))
  await workers.close()
  await queue.close()
})

/** Takes jobs from here on, and completes each that begins, or fails it. */
function work(count = 1): void {
  for (let i = 0; i < count; i++) {
    slots.push(
      workers.openSlot({
        name: `test-${i}`,
        lockDurationMs: 5_000,
        stalledCheckMs: 1_000,
        onError: () => {},
        async run({ jobId, token }) {
          const { attempt, answer } = await workers.begin({ jobId, token, worker: aWorker(), poisonStarts: 3 })
          if (!attempt) return answer.kind === 'ended' ? { kind: 'completed' } : { kind: 'cancelled' }
          ran.push(jobId)
          if (!failing.has(jobId)) return { kind: 'completed' }
          await attempt.fail(aJobError('NOT_MEDIA'), false)
          return { kind: 'failed', code: 'NOT_MEDIA', retry: false }
        },
      }),
    )
  }
}

function sweep() {
  const sweeper = queue.startSweeper({
    keepJobsMs: 1e9,
    keepJobsCount: 1e6,
    intervalMs: 100,
    onForgotten: async () => {},
  })
  onTestFinished(() => sweeper.stop())
}

async function connection() {
  const connected = await connect(redis.url, 'api', () => {})
  defineScripts(connected)
  onTestFinished(() => connected.disconnect())
  return connected
}

const submit = async (after?: string[], more: Parameters<typeof aJob>[0] = {}) =>
  (await queue.jobs.submit(aJob({ ...(after && { after }), ...more }), {})).id
const stateOf = async (id: string) => (await queue.jobs.get(id))?.state
const reaches = (id: string, state: JobState) => expect.poll(() => stateOf(id), { timeout: 20_000 }).toBe(state)
/** Nothing of a follower is left where it waited. */
async function nobodyWaits() {
  const keys = ((await redis.cli('KEYS', 'ffleet:follow*')) as string[]).filter((key) => key !== 'ffleet:fleet')
  return keys
}

describe('a job that follows others', () => {
  test('waits for them, and says so; then it runs', async () => {
    const first = await submit()
    const { id, job } = await queue.jobs.submit(aJob({ after: [first] }), {})
    expect(job).toMatchObject({ state: 'queued', waitsFor: 'job', after: [first], queuePosition: null, forecast: null })
    expect(await queue.jobs.get(id)).toEqual(job)
    expect((await queue.jobs.info()).counts).toMatchObject({ queued: 2, delayed: 0 })
    expect(await redis.cli('EXISTS', `bull:transcode:${id}`)).toBe(0)
    work()
    await reaches(id, 'completed')
    expect(ran).toEqual([first, id])
    expect(await queue.jobs.get(id)).not.toHaveProperty('waitsFor')
    expect(await nobodyWaits()).toEqual([])
  })

  test('runs at once when they have completed, and is refused when they are not there or ended otherwise', async () => {
    const [done, failed, cancelled] = [await submit(), await submit(), await submit()]
    failing.add(failed)
    await queue.jobs.cancel(cancelled)
    work()
    await reaches(done, 'completed')
    await reaches(failed, 'failed')
    const follower = await submit([done])
    await reaches(follower, 'completed')
    const unknown = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
    const refused = (id: string) => expect(queue.jobs.submit(aJob({ after: [done, id] }), {})).rejects
    await refused(unknown).toMatchObject({ code: 'PREDECESSOR_NOT_FOUND', errors: [{ pointer: '/after' }] })
    await refused(failed).toMatchObject({ code: 'PREDECESSOR_FAILED', message: expect.stringContaining('NOT_MEDIA') })
    await refused(cancelled).toMatchObject({ code: 'PREDECESSOR_FAILED' })
    expect((await queue.jobs.list({ limit: 10 })).items).toHaveLength(4)
  })

  test('in a chain and a diamond it runs once, behind the last of them', async () => {
    const a = await submit()
    const [b, c] = [await submit([a]), await submit([a])]
    const d = await submit([b, c])
    const e = await submit([d])
    work(3)
    await reaches(e, 'completed')
    expect(ran).toHaveLength(5)
    expect(ran[0]).toBe(a)
    expect(ran.slice(1, 3).sort()).toEqual([b, c])
    expect(ran.slice(3)).toEqual([d, e])
    expect(await nobodyWaits()).toEqual([])
  })

  test('fails when one of them does, and so do those behind it; each may be retried once they wait again', async () => {
    const a = await submit()
    const b = await submit([a], { maxAttempts: 3 })
    const c = await submit([b])
    failing.add(a)
    work()
    await reaches(c, 'failed')
    const errors = [await queue.jobs.get(b), await queue.jobs.get(c)].map((job) => job!.error!)
    expect(errors).toMatchObject([
      {
        code: 'PREDECESSOR_FAILED',
        retryable: false,
        attempt: 0,
        detail: expect.stringContaining(`${a}, which this one follows, failed with NOT_MEDIA`),
      },
      { code: 'PREDECESSOR_FAILED', detail: expect.stringContaining(b) },
    ])
    expect(await nobodyWaits()).toEqual([])
    await expect(queue.jobs.retry(b)).rejects.toMatchObject({ code: 'JOB_NOT_RETRYABLE' })
    failing.clear()
    await Promise.all(slots.splice(0).map((slot) => slot.close()))
    await queue.jobs.retry(a)
    expect(await stateOf(b)).toBe('failed')
    expect(await queue.jobs.retry(b)).toMatchObject({ state: 'queued', waitsFor: 'job', error: null })
    expect(await queue.jobs.retry(c)).toMatchObject({ state: 'queued', waitsFor: 'job' })
    work()
    await reaches(c, 'completed')
    expect(ran).toEqual([a, a, b, c])
    expect(await nobodyWaits()).toEqual([])
  })

  test('may be cancelled while it waits, which ends those behind it, and be retried', async () => {
    const a = await submit()
    const b = await submit([a])
    const c = await submit([b])
    expect(await queue.jobs.cancel(b)).toMatchObject({ state: 'cancelled' })
    await reaches(c, 'failed')
    expect((await queue.jobs.get(c))!.error!.detail).toContain('was cancelled')
    expect(await nobodyWaits()).toEqual([])
    expect(await queue.jobs.retry(b)).toMatchObject({ state: 'queued', waitsFor: 'job' })
    work()
    await reaches(b, 'completed')
    expect(ran).toEqual([a, b])
  })

  test('counts its delay from the moment at which it waits for no job any more', async () => {
    const a = await submit()
    const b = await submit([a], { delayMs: 60_000 })
    const sinceMs = Date.now()
    work()
    await expect.poll(async () => (await queue.jobs.get(b))?.waitsFor).toBeUndefined()
    await expect.poll(() => redis.cli('ZSCORE', 'bull:transcode:delayed', b)).not.toBeNull()
    const dueMs = Math.floor(Number(await redis.cli('ZSCORE', 'bull:transcode:delayed', b)) / 4096)
    expect(dueMs).toBeGreaterThanOrEqual(sinceMs + 60_000)
    expect(dueMs).toBeLessThanOrEqual(Date.now() + 60_000)
  })

  test('keeps what it takes of a job that is removed before it runs', async () => {
    const a = await submit()
    const b = await submit([a], {
      input: { uri: `job:${a}/main`, startMs: null, endMs: null, expectedDurationMs: null },
    })
    const taken: unknown[] = []
    const output = {
      name: 'main',
      preset: 'p',
      path: 'a.mp4',
      mediaType: 'video/mp4',
      bytes: 5,
      durationMs: 1,
      sha256: 'x',
      href: null,
      warnings: [],
    }
    slots.push(
      workers.openSlot({
        name: 'test',
        lockDurationMs: 5_000,
        stalledCheckMs: 1_000,
        onError: () => {},
        async run({ jobId, token }) {
          const { attempt, answer } = await workers.begin({ jobId, token, worker: aWorker(), poisonStarts: 3 })
          if (jobId === a) {
            await attempt!.outputReady(1, output, null)
            await queue.jobs.pause()
          } else if (answer.kind === 'begun') taken.push(...answer.start.sources)
          return { kind: 'completed' }
        },
      }),
    )
    await reaches(a, 'completed')
    expect(await queue.jobs.remove(a)).toBe(true)
    expect(await stateOf(b)).toBe('queued')
    await queue.jobs.resume()
    await reaches(b, 'completed')
    expect(taken).toEqual([[`job:${a}/main`, { output, written: null }]])
  })
})

describe('nobody is left behind', () => {
  test('a thousand followers of one job are started once each, or failed once each', async () => {
    for (const outcome of ['completed', 'failed'] as const) {
      ran = []
      const a = await submit()
      if (outcome === 'failed') failing.add(a)
      const followers = await Promise.all(Array.from({ length: 1_000 }, () => submit([a])))
      const open = await connection()
      const ended = async () =>
        (await Promise.all(followers.map((id) => open.zscore(`ffleet:jobs:${outcome}`, id)))).filter(
          (score) => score !== null,
        ).length
      work(4)
      await expect.poll(ended, { timeout: 60_000 }).toBe(1_000)
      await Promise.all(slots.splice(0).map((slot) => slot.close()))
      expect(ran).toHaveLength(outcome === 'completed' ? 1_001 : 1)
      expect(new Set(ran).size).toBe(ran.length)
      expect(await nobodyWaits()).toEqual([])
    }
  }, 120_000)

  test('when whoever ended a job, or told its followers, died at any step, the sweeper goes on', async () => {
    const scripts = await connection()
    const a = await submit()
    const followers = await Promise.all(Array.from({ length: 5 }, () => submit([a])))
    const failed = await submit()
    const barred = await submit([failed])
    // What a process leaves that died right behind the script: the end is noted, some are told, nobody is handed over.
    for (const [id, state] of [
      [a, 'completed'],
      [failed, 'cancelled'],
    ] as const) {
      await redis.cli(
        'HSET',
        `ffleet:job:${id}`,
        'term',
        state,
        'final',
        JSON.stringify(await queue.jobs.get(id)),
        'end',
        '1-1',
      )
      await redis.cli('HSET', 'ffleet:followed', id, state)
    }
    expect((await scripts.ffRelease(a, Date.now(), 2))[0]).toHaveLength(2)
    expect((await scripts.ffRelease(failed, Date.now(), 2))[0]).toEqual([barred])
    await redis.cli('ZREM', 'ffleet:jobs:open', a, failed)
    sweep()
    work()
    await Promise.all(followers.map((id) => reaches(id, 'completed')))
    await reaches(barred, 'failed')
    expect(ran.filter((id) => followers.includes(id)).sort()).toEqual(followers.sort())
    await expect.poll(nobodyWaits).toEqual([])
  })

  test('when a job is gone or ended without a note, as an older version does it, its followers are told all the same', async () => {
    const [gone, done] = [await submit(), await submit()]
    const [b, c] = [await submit([gone]), await submit([done])]
    await redis.cli('DEL', `ffleet:job:${gone}`)
    await redis.cli(
      'HSET',
      `ffleet:job:${done}`,
      'term',
      'completed',
      'final',
      JSON.stringify(await queue.jobs.get(done)),
      'end',
      '1-1',
    )
    sweep()
    await reaches(b, 'failed')
    expect((await queue.jobs.get(b))!.error).toMatchObject({
      code: 'PREDECESSOR_FAILED',
      detail: expect.stringContaining('was removed'),
    })
    await expect.poll(async () => (await queue.jobs.get(c))?.waitsFor).toBeUndefined()
  })

  test('a retry that comes before followers were told of the failure finds them waiting', async () => {
    const scripts = await connection()
    const a = await submit()
    const b = await submit([a])
    await scripts.ffFinish(
      a,
      'failed',
      Date.now(),
      JSON.stringify({ ...(await queue.jobs.get(a)), error: aJobError('NOT_MEDIA') }),
      1e6,
      'failed',
      0,
      0,
      0,
      '',
      0,
    )
    expect(await redis.cli('HGET', 'ffleet:followed', a)).toBe('failed NOT_MEDIA')
    await queue.jobs.retry(a)
    expect(await queue.jobs.get(b)).toMatchObject({ state: 'queued', waitsFor: 'job' })
    work()
    await reaches(b, 'completed')
    expect(ran).toEqual([a, b])
  })
})
