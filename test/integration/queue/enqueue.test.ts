import { Queue as BullQueue, Worker as BullWorker } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { enqueue } from '../../../src/queue/enqueue.js'
import { createQueue, type Queue } from '../../../src/queue/index.js'
import { QUEUE_NAME } from '../../../src/queue/keys.js'
import { aJob } from '../../helpers/jobs.js'
import { startRedis, type TestRedis } from '../../helpers/redis.js'

let redis: TestRedis
let queue: Queue
let connection: Redis
let bull: BullQueue

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  await redis.cli('FLUSHALL')
  queue = await createQueue({ redis: redis.url, backoffMs: 50 })
  connection = new Redis({ path: redis.socket, maxRetriesPerRequest: null })
  bull = new BullQueue(QUEUE_NAME, { connection })
  await bull.waitUntilReady()
})
afterEach(async () => {
  await bull.close()
  connection.disconnect()
  await queue.close()
})

describe('a submitted job stands in BullMQ', () => {
  test('with what people who look at the queue want to know', async () => {
    const tags = { customer: 'Zoë "42"', '': '\u0000' }
    const { id, job } = await queue.jobs.submit(aJob({ priority: 100, maxAttempts: 10, tags }), {})
    expect(await bull.getJobState(id)).toBe('prioritized')
    expect(await bull.getJob(id)).toMatchObject({
      name: 'transcode',
      data: { input: 'in.mp4', outputs: ['h264-360p'], tags },
      timestamp: Date.parse(job.createdAt),
      priority: 2_000_001,
      opts: { jobId: id, attempts: 10, backoff: { type: 'exponential', delay: 50, jitter: 0.5 } },
    })
  })

  test('with a delay that counts from its creation, however late it is added', async () => {
    const { id } = await queue.jobs.submit(aJob({ delayMs: 3_600_000 }), {})
    expect(await bull.getJobState(id)).toBe('delayed')
    const options = { bull, backoffMs: 50 }
    const request = aJob({ delayMs: 60_000 })
    await enqueue(options, { id: 'later', request, createdMs: Date.now() - 59_000 })
    await enqueue(options, { id: 'at-once', request, createdMs: Date.now() - 61_000 })
    const taker = new BullWorker(QUEUE_NAME, null, { connection })
    onTestFinished(() => taker.close())
    const taken: string[] = []
    const takeAnother = async () => {
      const next = await taker.getNextJob('token', { block: false })
      if (next) taken.push(next.id!)
      return taken
    }
    await expect.poll(takeAnother).toEqual(['at-once', 'later'])
  })

  test('while the queue is paused', async () => {
    await queue.jobs.pause()
    const { id, job } = await queue.jobs.submit(aJob(), {})
    expect(job.queuePosition).toBe(1)
    expect(await bull.getJobState(id)).toBe('prioritized')
  })

  test('once, however often it is added', async () => {
    const { id, job } = await queue.jobs.submit(aJob(), {})
    for (let i = 0; i < 3; i++) await enqueue({ bull, backoffMs: 50 }, { id, request: aJob(), createdMs: Date.now() })
    expect(await bull.count()).toBe(1)
    expect(await queue.jobs.get(id)).toEqual(job)
  })
})

describe('jobs submitted at once', () => {
  test('are all there, each its own, in their order', async () => {
    const jobs = Array.from({ length: 100 }, (_, i) =>
      aJob({ tags: { n: String(i), parity: String(i % 2) }, delayMs: i % 3 === 2 ? 60_000 : 0 }),
    )
    const answers = await Promise.all(jobs.map((job) => queue.jobs.submit(job, {})))
    expect(new Set(answers.map(({ id }) => id)).size).toBe(100)
    for (const [i, { id, created, job }] of answers.entries()) {
      expect(created).toBe(true)
      const queuePosition = i % 3 === 2 ? null : Math.ceil((i * 2) / 3) + 1
      expect(job).toMatchObject({ id, tags: { n: String(i) }, state: 'queued', queuePosition })
      expect(await queue.jobs.get(id)).toEqual(job)
    }
    const ids = answers.map(({ id }) => id)
    expect(await connection.zrange('bull:transcode:prioritized', 0, -1)).toEqual(ids.filter((_, i) => i % 3 !== 2))
    const odd = await queue.jobs.list({ tags: { parity: '1' }, limit: 200 })
    expect(odd.items.map(({ id }) => id)).toEqual(ids.filter((_, i) => i % 2 === 1).reverse())
  })

  test('under one idempotency key are one job', async () => {
    const idempotency = { scope: 'test', key: 'k', bodyHash: 'h' }
    const answers = await Promise.all(Array.from({ length: 20 }, () => queue.jobs.submit(aJob(), { idempotency })))
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    expect(answers.filter(({ created }) => created)).toHaveLength(1)
    expect(await connection.zcard('bull:transcode:prioritized')).toBe(1)
    const other = queue.jobs.submit(aJob(), { idempotency: { ...idempotency, bodyHash: 'other' } })
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
  })

  test('are all refused while Redis has no memory left, and nothing of them stays', async () => {
    await redis.cli('CONFIG', 'SET', 'maxmemory', '1')
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => queue.jobs.submit(aJob(), {})))
    await redis.cli('CONFIG', 'SET', 'maxmemory', '0')
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'QUEUE_UNAVAILABLE' } })
    }
    const { id } = await queue.jobs.submit(aJob(), {})
    expect((await queue.jobs.list({ limit: 200 })).items.map((job) => job.id)).toEqual([id])
    expect(await connection.zrange('bull:transcode:prioritized', 0, -1)).toEqual([id])
  })
})

describe('the events of a job that only waits', () => {
  const read = async (id: string, after?: string) => {
    const log = await queue.events.read(id, after)
    return log && { endId: log.endId, events: log.entries.map(({ event }) => event) }
  }

  test('are there without a stream, and go on in one', async () => {
    const { lastId } = await queue.events.readFleet()
    const { id, job } = await queue.jobs.submit(aJob(), {})
    expect(await connection.exists(`ffleet:events:${id}`)).toBe(0)
    const waiting = await read(id)
    expect(waiting).toEqual({
      endId: null,
      events: [{ id: expect.any(String), type: 'job.queued', jobId: id, at: job.createdAt, attempt: 0 }],
    })
    const [queued] = waiting!.events
    expect((await queue.events.readFleet(lastId)).entries.map(({ event }) => event)).toEqual([queued])
    expect(await read(id, '0-0')).toEqual(waiting)
    expect(await read(id, queued!.id)).toEqual({ endId: null, events: [] })

    await queue.jobs.cancel(id)
    const ended = await read(id)
    expect(ended!.events).toEqual([queued, expect.objectContaining({ type: 'job.cancelled' })])
    expect(ended!.endId).toBe(ended!.events[1]!.id)
    expect(await read(id, queued!.id)).toEqual({ ...ended, events: [ended!.events[1]] })
    expect(await connection.xlen(`ffleet:events:${id}`)).toBe(2)

    await queue.jobs.retry(id)
    expect((await read(id))!.events.map(({ type }) => type)).toEqual(['job.queued', 'job.cancelled', 'job.queued'])
  })
})
