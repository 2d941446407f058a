/** Who is next: tenants in turn, each one's jobs by priority and time; and what a tenant may have at once. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { connect } from '../../../src/queue/connection.js'
import { createQueue, createWorkerQueue, type Queue, type Slot, type WorkerQueue } from '../../../src/queue/index.js'
import { aJob, aJobError, aWorker } from '../../helpers/jobs.js'
import { startRedis, type TestRedis } from '../../helpers/redis.js'

let redis: TestRedis
let apis: Queue[]
let queue: Queue
let workers: WorkerQueue
let slots: Slot[]
/** Names of the jobs in the order in which they began. */
let began: string[]
let names: Map<string, string>

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  await redis.cli('FLUSHALL')
  apis = await Promise.all([1, 2, 3].map(() => createQueue({ redis: redis.url, backoffMs: 20 })))
  queue = apis[0]!
  workers = await createWorkerQueue({ redis: redis.url, backoffMs: 20 })
  slots = []
  began = []
  names = new Map()
})
afterEach(async () => {
  await Promise.all(slots.map((slot) => slot.abandon()))
  await workers.close()
  await Promise.all(apis.map((each) => each.close()))
})

async function submit(
  name: string,
  tenant: string | null,
  over: Parameters<typeof aJob>[0] = {},
  api: Queue = queue,
): Promise<string> {
  const { id } = await api.jobs.submit(aJob({ tags: { name }, ...over }), { tenant })
  names.set(id, name)
  return id
}

async function submitAll(tenant: string | null, count: number, over: Parameters<typeof aJob>[0] = {}): Promise<void> {
  for (let n = 1; n <= count; n++) await submit(`${tenant}${n}`, tenant, over)
}

type Meanwhile = (name: string, attempt: number) => Promise<'fail' | undefined> | Promise<unknown> | unknown

/** One more slot, which does this with each job and completes it. */
function work(meanwhile: Meanwhile = () => {}): void {
  const slot = workers.openSlot({
    name: 'test',
    lockDurationMs: 10_000,
    stalledCheckMs: 1_000,
    onError: () => {},
    async run({ jobId, token }) {
      const { answer, attempt } = await workers.begin({ jobId, token, worker: aWorker(), poisonStarts: 3 })
      if (answer.kind === 'held') return { kind: 'held' }
      if (!attempt) return { kind: 'failed', code: 'INTERNAL_ERROR', retry: false }
      const name = attempt.request.tags.name!
      began.push(name)
      if ((await meanwhile(name, attempt.number)) !== 'fail') return { kind: 'completed' }
      const error = aJobError('STALLED')
      await attempt.fail(error, true)
      return { kind: 'failed', code: 'STALLED', retry: true }
    },
  })
  slots.push(slot)
}

const held = async () => String(await redis.cli('SCARD', 'ffleet:held'))
const allBegan = (count: number) => expect.poll(() => began.length).toBe(count)
const foreseen = async (limit = 200) => (await queue.jobs.next(limit)).map(({ id }) => names.get(id)!)
const numbered = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}${i + 1}`)

/** Every job that waits knows the place at which the list of the next ones has it. */
async function expectPlaces(): Promise<void> {
  const next = await queue.jobs.next(200)
  expect(next.map(({ queuePosition }) => queuePosition)).toEqual(next.map((_, i) => i + 1))
}

describe('jobs that wait', () => {
  test('without tenants run by priority, then time', async () => {
    await submitAll(null, 20)
    await submit('high', null, { priority: 100 })
    await submit('middle', null, { priority: 50 })
    const order = ['high', 'middle', ...numbered('null', 20)]
    expect(await foreseen()).toEqual(order)
    await expectPlaces()
    work()
    await allBegan(22)
    expect(began).toEqual(order)
  })

  test('of one tenant do so, too', async () => {
    await submitAll('shop', 20)
    await submit('high', 'shop', { priority: 100 })
    work()
    await allBegan(21)
    expect(began).toEqual(['high', ...numbered('shop', 20)])
  })

  test('hold up the first job of another tenant by one turn at most, however many they are', async () => {
    await submitAll('shop', 60)
    await submit('blog1', 'blog')
    expect((await foreseen(200)).indexOf('blog1')).toBeLessThanOrEqual(1)
    await expectPlaces()
    work()
    await allBegan(61)
    expect(began.indexOf('blog1')).toBeLessThanOrEqual(1)
    expect(began.filter((name) => name !== 'blog1')).toEqual(numbered('shop', 60))
  })

  test('of three tenants with unequal loads take turns, and those of none are as those of a tenant', async () => {
    await submitAll('shop', 40)
    await submitAll(null, 25)
    await submitAll('blog', 10)
    const order = await foreseen()
    await expectPlaces()
    expect(order).toHaveLength(75)
    work()
    await allBegan(75)
    expect(began).toEqual(order)
    for (const [from, to, tenants] of [
      [0, 30, 3],
      [30, 60, 2],
    ]) {
      const share = began.slice(from, to).filter((name) => name.startsWith('shop')).length
      expect(Math.abs(share - 30 / tenants!)).toBeLessThanOrEqual(1)
    }
  })

  test('run by priority inside their tenant, without more turns for it', async () => {
    await submitAll('shop', 30)
    await submitAll('blog', 30)
    for (let n = 1; n <= 20; n++) await submit(`high${n}`, 'shop', { priority: n })
    const order = await foreseen()
    expect(order).toHaveLength(80)
    work()
    await allBegan(80)
    expect(began).toEqual(order)
    expect(began.filter((name) => !name.startsWith('blog'))).toEqual([
      ...numbered('high', 20).reverse(),
      ...numbered('shop', 30),
    ])
    expect(began.slice(0, 60).filter((name) => name.startsWith('blog')).length).toBeGreaterThanOrEqual(29)
  })

  test('come to several APIs at once, and take turns all the same', async () => {
    const tenants = ['a-', 'b-', 'c-']
    await Promise.all(
      apis.flatMap((api, i) =>
        tenants.flatMap((tenant) => numbered(`${tenant}${i}-`, 12).map((name) => submit(name, tenant, {}, api))),
      ),
    )
    const order = await foreseen()
    expect(order).toHaveLength(108)
    work()
    await allBegan(108)
    for (let n = 3; n <= 108; n += 3) {
      const counts = tenants.map((tenant) => began.slice(0, n).filter((name) => name.startsWith(tenant)).length)
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
    }
  })

  test('gain nothing by coming one at a time', async () => {
    await submitAll('shop', 20)
    let sent = 1
    await submit('blog1', 'blog')
    work(async (name) => {
      if (name.startsWith('blog') && sent < 20) await submit(`blog${++sent}`, 'blog')
    })
    await allBegan(40)
    for (let n = 2; n <= 40; n += 2) {
      const share = began.slice(0, n).filter((name) => name.startsWith('blog')).length
      expect(Math.abs(share - n / 2)).toBeLessThanOrEqual(1)
    }
  })

  test('close up when some are cancelled', async () => {
    await submitAll('shop', 30)
    await submitAll('blog', 30)
    const ids = new Map([...names].map(([id, name]) => [name, id]))
    for (const name of numbered('shop', 10)) await queue.jobs.cancel(ids.get(name)!)
    const order = await foreseen()
    work()
    await allBegan(50)
    expect(began).toEqual(order)
    expect(began.slice(0, 40).filter((name) => name.startsWith('shop'))).toHaveLength(20)
  })

  test('join late by their delay, and again after a failed attempt, at the turn of their tenant', async () => {
    await submitAll('shop', 30)
    await submit('blog1', 'blog', { delayMs: 50 })
    await submit('blog2', 'blog')
    work(async (name, attempt) => {
      await new Promise((done) => setTimeout(done, 5))
      return name === 'blog2' && attempt === 1 ? 'fail' : undefined
    })
    await allBegan(33)
    expect(began.filter((name) => name === 'blog2')).toHaveLength(2)
    // Back among those that take turns, long before the end of the others.
    expect(Math.max(began.lastIndexOf('blog1'), began.lastIndexOf('blog2'))).toBeLessThan(31)
  })

  test('that an API left half-way, recorded but not handed over, get their turn from the sweeper', async () => {
    await submitAll('shop', 20)
    const id = await submit('blog1', 'blog')
    // As if the API had died before it told BullMQ.
    await redis.cli('ZREM', 'bull:transcode:prioritized', id)
    await redis.cli('DEL', `bull:transcode:${id}`)
    const sweeper = queue.startSweeper({
      keepJobsMs: 1e9,
      keepJobsCount: 100,
      intervalMs: 50,
      onForgotten: async () => {},
    })
    onTestFinished(() => sweeper.stop())
    await expect.poll(foreseen).toContain('blog1')
    await expect.poll(async () => (await foreseen()).indexOf('blog1')).toBeLessThanOrEqual(1)
    work()
    await allBegan(21)
    expect(began.indexOf('blog1')).toBeLessThanOrEqual(1)
  })

  test('take turns beyond the numbers that BullMQ has for them', async () => {
    await submitAll('shop', 20)
    await submitAll('blog', 20)
    const connection = await connect(redis.url, 'api', () => {})
    onTestFinished(() => connection.disconnect())
    await connection.hset('ffleet:turns:begun', 'shop', 1_000_001, 'blog', 1_000_001, '*', 1_000_001)
    await submitAll('blog', 1)
    const order = await foreseen()
    work()
    await allBegan(41)
    expect(began).toEqual(order)
    expect(began.slice(0, 40).filter((name) => name.startsWith('shop'))).toHaveLength(20)
    expect(Number(await connection.hget('ffleet:turns:begun', '*'))).toBeLessThan(50)
  })
})

describe('a quota', () => {
  test('of open jobs is not passed by several APIs at once', async () => {
    await queue.setQuotas({ '*': { queued: 5 }, shop: { queued: 8 } })
    const tries = async (tenant: string) => {
      const all = await Promise.allSettled(
        Array.from({ length: 30 }, (_, i) => submit(`${tenant}${i}`, tenant, {}, apis[i % 3]!)),
      )
      return all.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    }
    const refused = await tries('shop')
    expect(refused).toHaveLength(22)
    expect(refused[0]).toMatchObject({ code: 'QUOTA_EXCEEDED' })
    expect(refused[0].message).toBe('shop has 8 jobs that have not ended; the limit is 8.')
    expect(await tries('blog')).toHaveLength(25)
    await submitAll(null, 20)
    // What ends makes room, and what is retried needs some.
    const [id] = [...names].find(([, name]) => name.startsWith('shop'))!
    await queue.jobs.cancel(id)
    await submit('again', 'shop')
    await expect(queue.jobs.retry(id)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    const { quotas } = await queue.jobs.of('shop').info()
    expect(quotas).toEqual({
      queued: { limit: 8, used: 8 },
      running: { limit: null, used: 0 },
      bytes: { limit: null, used: 0 },
    })
    expect((await queue.jobs.of(null).info()).quotas).toBeUndefined()
  })

  test('of attempts at once lets the job wait without one, and others go on', async () => {
    await queue.setQuotas({ shop: { running: 1 } })
    await submitAll('shop', 5)
    let running = 0
    let most = 0
    const open: (() => void)[] = []
    for (let i = 0; i < 3; i++) {
      work(async (name) => {
        if (!name.startsWith('shop')) return
        most = Math.max(most, ++running)
        await new Promise<void>((done) => open.push(done))
        running -= 1
      })
    }
    // Two slots are free, and find nothing that may run.
    await expect.poll(held).toBe('4')
    const jobs = await Promise.all([...names.keys()].map((id) => queue.jobs.get(id)))
    expect(jobs.map((job) => job?.waitsFor)).toEqual([undefined, 'quota', 'quota', 'quota', 'quota'])
    expect(jobs.slice(1).every((job) => job?.attempt === 0 && job.state === 'queued')).toBe(true)
    expect((await queue.jobs.info()).counts).toMatchObject({ queued: 4, delayed: 0, active: 1 })
    expect((await queue.jobs.of('shop').info()).counts).toMatchObject({ queued: 4, delayed: 0, active: 1 })
    await submitAll('blog', 3)
    await expect.poll(() => began.filter((name) => name.startsWith('blog'))).toHaveLength(3)
    expect(began).toEqual(['shop1', ...numbered('blog', 3)])
    for (let n = 1; n <= 5; n++) {
      await expect.poll(() => open.length).toBe(n)
      open[n - 1]!()
    }
    await expect
      .poll(async () => (await queue.jobs.info()).counts)
      .toMatchObject({ queued: 0, active: 0, completed: 8 })
    expect(most).toBe(1)
    expect(began.filter((name) => name.startsWith('shop'))).toEqual(numbered('shop', 5))
    const after = await Promise.all([...names.keys()].map((id) => queue.jobs.get(id)))
    expect(after.map((job) => job?.attempt)).toEqual(after.map(() => 1))
  })

  test('that is raised lets go on what waited for it; one that waits can be cancelled', async () => {
    await queue.setQuotas({ '*': { running: 0 } })
    await submitAll('shop', 4)
    work()
    await expect.poll(held).toBe('4')
    const [first] = [...names.keys()]
    expect((await queue.jobs.cancel(first!))?.state).toBe('cancelled')
    await queue.setQuotas({})
    await allBegan(3)
    expect(began).toEqual(['shop2', 'shop3', 'shop4'])
    await expect.poll(held).toBe('0')
  })

  test('of bytes counts the outputs of the jobs that are kept', async () => {
    await queue.setQuotas({ shop: { bytes: 1_000 } })
    const used = async () => (await queue.jobs.of('shop').info()).quotas!.bytes.used
    const make = (path: string, bytes: number, onExists: 'fail' | 'replace' = 'fail') => {
      const [output] = aJob().outputs
      return { job: aJob({ outputs: [{ ...output!, path, onExists }] }), bytes, path }
    }
    const sizes = new Map<string, number>()
    const slot = workers.openSlot({
      name: 'test',
      lockDurationMs: 10_000,
      stalledCheckMs: 1_000,
      onError: () => {},
      async run({ jobId, token }) {
        const { attempt } = await workers.begin({ jobId, token, worker: aWorker(), poisonStarts: 3 })
        const [output] = attempt!.request.outputs
        await attempt!.commit([output!.name], '{}', true)
        const made = {
          name: 'main',
          preset: 'p',
          path: output!.path!,
          mediaType: 'video/mp4',
          bytes: sizes.get(jobId)!,
        }
        await attempt!.outputReady(1, { ...made, durationMs: null, sha256: null, href: null, warnings: [] }, null)
        return { kind: 'completed' }
      },
    })
    slots.push(slot)
    const run = async ({ job, bytes }: ReturnType<typeof make>, tenant: string | null = 'shop') => {
      await queue.jobs.pause()
      const { id } = await queue.jobs.submit(job, { tenant })
      sizes.set(id, bytes)
      await queue.jobs.resume()
      await expect.poll(async () => (await queue.jobs.get(id))?.state).toBe('completed')
      return id
    }
    await run(make('shop/a.mp4', 600))
    const replacing = await run(make('shop/a.mp4', 500, 'replace'))
    expect(await used()).toBe(500)
    const other = await run(make('shop/b.mp4', 700))
    expect(await used()).toBe(1_200)
    const refused = queue.jobs.submit(make('shop/c.mp4', 1).job, { tenant: 'shop' })
    await expect(refused).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message: 'The outputs of the jobs of shop have 1200 bytes; the limit is 1000.',
    })
    await queue.jobs.remove(other)
    expect(await used()).toBe(500)
    // Somebody without a tenant puts another file there.
    await run(make('shop/a.mp4', 9_000, 'replace'), null)
    expect(await used()).toBe(0)
    await queue.jobs.remove(replacing)
    expect(await used()).toBe(0)
  })
})
