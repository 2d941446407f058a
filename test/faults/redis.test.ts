import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import type { JobEvent } from '../../src/contract/index.js'
import { all, PACED, useFleet } from '../helpers/fleet.js'
import { long } from '../helpers/long.js'
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js'

let apiProxy: TcpProxy
const fleet = useFleet({
  redis: { persist: true },
  redisUrl: async (redis) => {
    apiProxy = await startTcpProxy({ path: redis.socket })
    return `redis://127.0.0.1:${apiProxy.port}`
  },
})
afterAll(() => apiProxy?.close())

/** Rides out what takes less than 20 s. */
const PATIENT = { FFLEET_LOCK_DURATION_MS: '20000' }

/** A way to Redis for a worker alone, that goes with the test. */
async function ownWay(): Promise<TcpProxy & { env: Record<string, string> }> {
  const proxy = await startTcpProxy({ path: fleet.stack.redis.socket })
  onTestFinished(() => proxy.close())
  return Object.assign(proxy, { env: { FFLEET_REDIS_URL: `redis://127.0.0.1:${proxy.port}` } })
}

/** Follows a job from now to its end; what a watcher has to see is all that is kept of it. */
function follow(id: string): Promise<JobEvent[]> {
  const seen = all(fleet.stack.client.events(id, { signal: AbortSignal.timeout(50_000) }))
  seen.catch(() => {})
  return seen
}

/** Whoever followed saw every event once, in order; of progress at least the newest. */
async function expectWhole(id: string, seen: Promise<JobEvent[]>): Promise<void> {
  const ids = (await seen).map((event) => event.id)
  const kept = await fleet.events(id)
  expect(new Set(ids).size).toBe(ids.length)
  const missing = kept.filter((event) => !ids.includes(event.id)).map(({ type }) => type)
  expect(missing.filter((type) => type !== 'progress')).toEqual([])
  expect(ids.toSorted(byId)).toEqual(ids)
}

const byId = (a: string, b: string) =>
  Number(a.split('-')[0]) - Number(b.split('-')[0]) || Number(a.split('-')[1]) - Number(b.split('-')[1])

const encoding = (id: string) =>
  fleet.told(
    id,
    (event) => event.type === 'progress' && event.progress.phase === 'encoding' && (event.progress.frame ?? 0) > 0,
  )

/** How the API answers a submission just now. */
async function ask(): Promise<{ status: number; retryAfter: string | null; code: string | undefined; id: string }> {
  const response = await fetch(`${fleet.stack.baseUrl}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: 'in.mp4', outputs: [{ preset: 'tiny' }] }),
  })
  const body = (await response.json()) as { code?: string; id: string }
  return { status: response.status, retryAfter: response.headers.get('retry-after'), code: body.code, id: body.id }
}

const REFUSED = { status: 503, retryAfter: expect.stringMatching(/^\d+$/), code: 'QUEUE_UNAVAILABLE' }

describe('Redis killed', () => {
  long('and restarted at once: the encode goes on, and who watches misses nothing', async () => {
    await fleet.worker({ ...PACED, ...PATIENT })
    const id = await fleet.submit({ input: 'long.mp4' })
    const seen = follow(id)
    await encoding(id)
    fleet.stack.redis.signal('SIGKILL')
    await fleet.stack.redis.restart()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
    await expectWhole(id, seen)
  })

  test('for longer than the lock lasts: the API says 503, the worker fences itself, and the job runs again', async () => {
    await fleet.worker(PACED)
    const id = await fleet.submit({ input: 'long.mp4' })
    const seen = follow(id)
    await encoding(id)
    fleet.stack.redis.signal('SIGKILL')
    const answers = [await ask(), await ask(), await ask()]
    for (const answer of answers) expect(answer).toMatchObject(REFUSED)
    expect((await fetch(`${fleet.stack.baseUrl}/readyz`)).status).toBe(503)
    expect((await fetch(`${fleet.stack.baseUrl}/healthz`)).status).toBe(200)
    await expect.poll(() => fleet.encoders()).toEqual([])
    await fleet.stack.redis.restart()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
    await expectWhole(id, seen)
  })

  test('while jobs wait: none is lost', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => fleet.submit()))
    fleet.stack.redis.signal('SIGKILL')
    await fleet.stack.redis.restart()
    await fleet.worker()
    for (const id of ids) expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
  })

  long('while a worker drains: it leaves in time all the same', async () => {
    const leaving = await fleet.worker({ ...PACED, FFLEET_DRAIN_TIMEOUT_MS: '500' })
    const id = await fleet.submit({ input: 'long.mp4' })
    await encoding(id)
    fleet.stack.redis.signal('SIGKILL')
    leaving.signal('SIGTERM')
    await expect.poll(() => fleet.encoders()).toEqual([])
    expect(await leaving.ended).toMatchObject({ code: 1 })
    await fleet.stack.redis.restart()
    await fleet.worker()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
  })
})

describe('Redis stopped', () => {
  long('for longer than the lock: the API says 503, the worker fences itself, all goes on', async () => {
    await fleet.worker(PACED)
    const id = await fleet.submit({ input: 'long.mp4' })
    const seen = follow(id)
    await encoding(id)
    fleet.stack.redis.signal('SIGSTOP')
    const from = performance.now()
    const answers = await Promise.all([ask(), ask(), ask()])
    for (const answer of answers) expect(answer).toMatchObject(REFUSED)
    await expect.poll(() => fleet.encoders()).toEqual([])
    await expect.poll(() => performance.now() - from, { timeout: 11_000, interval: 200 }).toBeGreaterThan(10_000)
    fleet.stack.redis.signal('SIGCONT')
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
    await expectWhole(id, seen)
    // What was refused may have been done when Redis went on; nobody was promised that it was not.
    await drainUnasked()
  })
})

/** Jobs that the API refused for want of an answer, but that exist all the same, have to keep every promise too. */
async function drainUnasked(): Promise<void> {
  for await (const job of fleet.stack.client.list()) {
    fleet.watch(job.id)
    await fleet.ended(job.id)
  }
}

describe('Redis without memory', () => {
  test('refuses submissions with Retry-After, and goes on when it has some again', async () => {
    await fleet.worker(PACED)
    const id = await fleet.submit({ input: 'long.mp4' })
    await encoding(id)
    await fleet.stack.redis.cli('CONFIG', 'SET', 'maxmemory', '1mb')
    expect(await ask()).toMatchObject(REFUSED)
    await fleet.stack.redis.cli('CONFIG', 'SET', 'maxmemory', '0')
    const answer = await ask()
    expect(answer).toMatchObject({ status: 202 })
    fleet.watch(answer.id)
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
    expect(await fleet.ended(answer.id)).toMatchObject({ state: 'completed' })
  })
})

describe('the way to Redis', () => {
  long('cut again and again: the encode goes on, and who watches misses nothing', async () => {
    const way = await ownWay()
    await fleet.worker({ ...PACED, ...PATIENT, ...way.env })
    const id = await fleet.submit({ input: 'long.mp4' })
    const seen = follow(id)
    await encoding(id)
    for (let cuts = 0; cuts < 5; cuts++) {
      const accepted = way.accepted
      way.cut()
      apiProxy.cut()
      await expect.poll(() => way.accepted).toBeGreaterThan(accepted)
    }
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
    await expectWhole(id, seen)
  })

  test('cut for a worker alone: it fences itself, another one takes over', async () => {
    const way = await ownWay()
    await fleet.worker({ ...PACED, ...way.env })
    const id = await fleet.submit({ input: 'long.mp4' })
    await encoding(id)
    const [encoder] = await fleet.encoders()
    way.refuse()
    way.cut()
    const other = await fleet.worker()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
    expect(await fleet.encoders()).not.toContain(encoder)
    other.signal('SIGTERM')
    await other.ended
    way.accept()
    expect(await fleet.ended(await fleet.submit())).toMatchObject({ state: 'completed', attempt: 1 })
  })

  long('away for an API that is told to end: it ends all the same', async () => {
    const proxy = await ownWay()
    const part = fleet.stack.startPart('api', { FFLEET_PORT: '0', ...proxy.env })
    const url = () => /http:\S+/.exec(part.output())?.[0]
    await expect.poll(async () => url() && (await fetch(`${url()}/readyz`)).status).toBe(200)
    proxy.refuse()
    proxy.cut()
    await expect.poll(async () => (await fetch(`${url()}/readyz`)).status).toBe(503)
    part.signal('SIGTERM')
    expect(await part.ended).toEqual({ code: 0, signal: null })
  })

  test('half-open for the worker: noticed, opened anew, and the encode goes on', async () => {
    const way = await ownWay()
    await fleet.worker({ ...PACED, ...PATIENT, ...way.env })
    const id = await fleet.submit({ input: 'long.mp4' })
    await encoding(id)
    way.freeze()
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
  })

  test('half-open for the API: noticed, and who watches misses nothing', async () => {
    await fleet.worker({ ...PACED })
    const id = await fleet.submit()
    const seen = follow(id)
    await encoding(id)
    apiProxy.freeze()
    await expect.poll(async () => (await ask()).status).toBe(202)
    await expectWhole(id, seen)
    await drainUnasked()
  })

  long('200 ms long in each direction: jobs run as ever', async () => {
    const way = await ownWay()
    way.delay(200)
    apiProxy.delay(200)
    await fleet.worker({ ...PACED, FFLEET_LOCK_DURATION_MS: '4000', ...way.env })
    const id = await fleet.submit()
    const seen = follow(id)
    expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 1 })
    apiProxy.delay(0)
    await expectWhole(id, seen)
  })
})
