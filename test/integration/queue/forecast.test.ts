import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  type Attempt,
  createQueue,
  createWorkerQueue,
  type Heartbeat,
  type Queue,
  type Slot,
  type WorkerQueue,
} from '../../../src/queue/index.js'
import { aHeartbeat, aJob, aSnapshot, aWorker } from '../../helpers/jobs.js'
import { startRedis, type TestRedis } from '../../helpers/redis.js'

let redis: TestRedis
let queue: Queue
let workers: WorkerQueue
const slots: Slot[] = []

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  await redis.cli('FLUSHALL')
  queue = await createQueue({ redis: redis.url })
  workers = await createWorkerQueue({ redis: redis.url })
})
afterEach(async () => {
  await Promise.all(slots.splice(0).map((slot) => slot.abandon()))
  await workers.close()
  await queue.close()
})

const join = (over?: Partial<Heartbeat>) => workers.member(over?.id ?? 'w-test').join(aHeartbeat(over))
const ran = (tookMs: number) => workers.remember({ request: aJob(), host: 'studio', tookMs })

async function learn(): Promise<void> {
  for (let i = 0; i < 5; i++) await ran(60_000)
}
const submit = async (over?: Parameters<typeof aJob>[0]) => (await queue.jobs.submit(aJob(over), {})).id
const forecastOf = async (id: string) => (await queue.jobs.get(id))!.forecast
const ofQueue = async () => (await queue.jobs.info()).forecast
const inS = (at: string) => (Date.parse(at) - Date.now()) / 1000

test('jobs that wait have a forecast once the fleet has done like ones', async () => {
  await join()
  const [first, second] = [await submit(), await submit()]
  expect([await forecastOf(first), await forecastOf(second), await ofQueue()]).toEqual([null, null, null])
  await learn()
  await expect.poll(() => forecastOf(second)).not.toBeNull()
  const { startsAt, endsAt, earliest, latest, basis } = (await forecastOf(second))!
  expect(basis).toBe('history')
  expect(inS(startsAt)).toBeGreaterThan(50)
  expect(inS(endsAt)).toBeGreaterThan(110)
  expect(earliest < endsAt && endsAt < latest).toBe(true)
  expect((await forecastOf(first))!.endsAt < endsAt).toBe(true)
  expect(inS((await ofQueue())!.endsAt)).toBeGreaterThan(110)
  // A page of jobs, and the answer to a submission, say the same.
  const { items } = await queue.jobs.list({ limit: 10 })
  expect(items.every(({ forecast }) => forecast !== null)).toBe(true)
  expect((await queue.jobs.submit(aJob(), {})).job.forecast).not.toBeNull()
})

test('nothing is known while the queue is paused, nor when no worker takes jobs', async () => {
  await learn()
  const id = await submit()
  expect([await forecastOf(id), await ofQueue()]).toEqual([null, null])
  await join({ state: 'draining' })
  await join({ id: 'w-well' })
  await expect.poll(() => forecastOf(id)).not.toBeNull()
  await queue.jobs.pause()
  expect([await forecastOf(id), await ofQueue()]).toEqual([null, null])
  await queue.jobs.resume()
  expect(await forecastOf(id)).not.toBeNull()
  await workers.member('w-well').leave(null)
  await expect.poll(() => forecastOf(id)).toBeNull()
})

test('a delayed job does not start before its time', async () => {
  await join()
  await learn()
  const id = await submit({ delayMs: 600_000 })
  await expect.poll(() => forecastOf(id)).not.toBeNull()
  expect(inS((await forecastOf(id))!.startsAt)).toBeGreaterThan(590)
  expect(inS((await ofQueue())!.endsAt)).toBeGreaterThan(640)
})

test('a job that runs goes by its own pace, and has none when it has ended', async () => {
  await join()
  await learn()
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  let running: Attempt | null = null
  slots.push(
    workers.openSlot({
      name: 'test',
      lockDurationMs: 5_000,
      stalledCheckMs: 200,
      onError: () => {},
      async run({ jobId, token }) {
        running = (await workers.begin({ jobId, token, worker: aWorker(), poisonStarts: 3 })).attempt
        await finished
        return { kind: 'completed' }
      },
    }),
  )
  const [id, next] = [await submit(), await submit()]
  await expect.poll(async () => (await forecastOf(id))?.startsAt).toBe((await queue.jobs.get(id))!.startedAt)
  expect(inS((await forecastOf(id))!.endsAt)).toBeGreaterThan(40)
  await running!.progress(1, aSnapshot({ percent: 90, etaMs: 3_600_000 }), false)
  expect(inS((await forecastOf(id))!.endsAt)).toBeGreaterThan(1_200)
  await expect.poll(async () => inS((await forecastOf(next))!.startsAt)).toBeGreaterThan(1_200)
  finish()
  await expect.poll(async () => (await queue.jobs.get(id))!.state).toBe('completed')
  expect(await forecastOf(id)).toBeNull()
})

test('what is remembered stays small, and what can not be read is left out', async () => {
  await join()
  const old = Array.from({ length: 600 }, (_, i) => [`old ${i}`, JSON.stringify([1, 1, 1, 1, 1, 1, i])])
  await redis.cli('HSET', 'ffleet:history', ...old.flat(), 'all', 'broken')
  await learn()
  expect(await redis.cli('HLEN', 'ffleet:history')).toBeLessThanOrEqual(512)
  expect(await redis.cli('HEXISTS', 'ffleet:history', 'old 599')).toBe(1)
  const id = await submit()
  await expect.poll(() => forecastOf(id)).not.toBeNull()
})
