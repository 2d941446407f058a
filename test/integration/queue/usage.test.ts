/** Usage on a real Redis with real BullMQ workers, whose attempts follow a script. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createQueue, type Queue } from '../../../src/queue/index.js'
import { aJob, aJobError } from '../../helpers/jobs.js'
import { startRedis, type TestRedis } from '../../helpers/redis.js'
import { type ScriptedWorker, startScriptedWorker } from '../../helpers/scripted-worker.js'

let redis: TestRedis
let queue: Queue
let worker: ScriptedWorker

beforeEach(async () => {
  redis = await startRedis()
  queue = await createQueue({ redis: redis.url, backoffMs: 50 })
  worker = await startScriptedWorker(redis.url)
})
afterEach(async () => {
  await worker.close()
  await queue.close()
  await redis.stop()
})

const today = () => new Date().toISOString().slice(0, 10)
const usage = async (tenant?: string | null) => {
  const range = { from: new Date(Date.now() - 86_400_000).toISOString().slice(0, 10), to: today() }
  return queue.jobs.usage(tenant === undefined ? range : { ...range, tenant })
}
const ended = (id: string, state: string) => expect.poll(async () => (await queue.jobs.get(id))?.state).toBe(state)

const output = { name: 'main', preset: 'h264-360p', path: 'out.mp4', mediaType: 'video/mp4', sha256: 'x', href: null }
const published = (bytes: number, durationMs: number, name = 'main') => ({
  ...output,
  name,
  bytes,
  durationMs,
  warnings: [],
})

describe('usage', () => {
  it('is that of attempts and jobs that ended, by tenant', async () => {
    worker.work(async (attempt, run) => {
      await attempt.used(1, 1_200)
      await attempt.used(2, 2_000)
      if (attempt.number === 1) {
        const error = aJobError('STALLED')
        await attempt.fail(error, run.retryPossible)
        return { kind: 'failed', code: 'STALLED', retry: true }
      }
      await attempt.outputReady(3, published(500, 4_000.4), null)
      return { kind: 'completed' }
    })
    const shop = await queue.jobs.submit(aJob({ inputBytes: 9_000 }), { tenant: 'shop' })
    const none = await queue.jobs.submit(aJob({ inputBytes: null }), {})
    await ended(shop.id, 'completed')
    await ended(none.id, 'completed')
    const made = { mediaMs: 4_000, outputMs: 4_000, outputBytes: 500, attempts: 2, cpuMs: 4_000 }
    const jobs = { completed: 1, failed: 0, cancelled: 0 }
    const ofShop = { day: today(), tenant: 'shop', jobs, ...made, inputBytes: 9_000 }
    const ofNone = { day: today(), tenant: null, jobs, ...made, inputBytes: null }
    expect(await usage()).toEqual([ofNone, ofShop])
    expect(await usage('shop')).toEqual([ofShop])
    expect(await usage(null)).toEqual([ofNone])
    expect(await usage('blog')).toEqual([])
    expect(await queue.jobs.of('shop').usage({ from: today(), to: today(), tenant: 'blog' })).toEqual([ofShop])
  })

  it('has an end once, however often and by however many it is told', async () => {
    worker.work(async (attempt) => {
      await attempt.used(1, 700)
      await attempt.used(1, 700)
      const error = aJobError('ENCODER_FAILED')
      await attempt.fail(error, false)
      await expect(attempt.fail(error, false)).rejects.toThrow('no longer holds')
      await expect(attempt.used(2, 9_999)).rejects.toThrow('no longer holds')
      return { kind: 'failed', code: 'ENCODER_FAILED', retry: false }
    })
    const { id } = await queue.jobs.submit(aJob(), {})
    // Everybody who looks at a job that BullMQ has ended ends it.
    await expect
      .poll(async () =>
        (await Promise.all(Array.from({ length: 8 }, () => queue.jobs.get(id)))).map((job) => job?.state),
      )
      .toEqual(Array(8).fill('failed'))
    const waiting = await queue.jobs.submit(aJob({ delayMs: 60_000 }), {})
    await Promise.all([1, 2, 3].map(() => queue.jobs.cancel(waiting.id).catch(() => null)))
    await ended(waiting.id, 'cancelled')
    expect(await usage()).toEqual([
      {
        day: today(),
        tenant: null,
        jobs: { completed: 0, failed: 1, cancelled: 1 },
        attempts: 1,
        cpuMs: 700,
        mediaMs: 0,
        outputMs: 0,
        inputBytes: 0,
        outputBytes: 0,
      },
    ])
  })

  it('has what a lost attempt told before it was lost, and nothing that it tells afterwards', async () => {
    let late: Promise<unknown> | undefined
    let awake = () => {}
    worker.work(async (attempt) => {
      if (attempt.number === 1) {
        await attempt.used(1, 300)
        late = new Promise<void>((go) => {
          awake = go
        }).then(() => attempt.used(2, 50_000))
        late.catch(() => {})
        await worker.rest()
        await new Promise(() => {})
      }
      await attempt.used(1, 40)
      return { kind: 'completed' }
    })
    const { id } = await queue.jobs.submit(aJob(), {})
    await expect.poll(() => late !== undefined).toBe(true)
    const next = await startScriptedWorker(redis.url)
    next.work(async (attempt) => {
      await attempt.used(1, 40)
      awake()
      await expect(late).rejects.toThrow('no longer holds')
      return { kind: 'completed' }
    })
    await expect.poll(async () => (await queue.jobs.get(id))?.state, { timeout: 30_000 }).toBe('completed')
    await next.close()
    expect(await usage()).toMatchObject([{ attempts: 2, cpuMs: 340, jobs: { completed: 1 } }])
  })

  it('is kept for 400 days behind its own', async () => {
    const { id } = await queue.jobs.submit(aJob({ delayMs: 60_000 }), {})
    await queue.jobs.cancel(id)
    const day = Math.floor(Date.now() / 86_400_000)
    expect(await redis.cli('PEXPIRETIME', `ffleet:usage:${day}`)).toBe((day + 401) * 86_400_000)
    expect(await usage()).toMatchObject([{ attempts: 0, cpuMs: 0, jobs: { cancelled: 1 } }])
  })
})
