/** The number that autoscalers go by, in each state that BullMQ has a job in. */
import { Queue as BullQueue } from 'bullmq'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { NormalizedJob } from '../../../src/contract/index.js'
import {
  createQueue,
  createWorkerQueue,
  type MadePart,
  type Queue,
  type Slot,
  type WorkerQueue,
} from '../../../src/queue/index.js'
import { aJob, aJobError, aWorker } from '../../helpers/jobs.js'
import { startRedis, type TestRedis } from '../../helpers/redis.js'
import { waitFor } from '../../helpers/wait-for.js'

const MINUTE = 60_000

let redis: TestRedis
let bull: BullQueue
let queue: Queue
let workers: WorkerQueue
let slots: Slot[]
beforeAll(async () => {
  redis = await startRedis()
  bull = new BullQueue('transcode', { connection: { path: redis.socket } })
})
afterAll(async () => {
  await bull.close()
  await redis.stop()
})
beforeEach(async () => {
  await redis.cli('FLUSHALL')
  queue = await createQueue({ redis: redis.url })
  workers = await createWorkerQueue({ redis: redis.url, backoffMs: 30_000 })
  slots = []
})
afterEach(async () => {
  await Promise.all(slots.map((slot) => slot.abandon()))
  await workers.close()
  await queue.close()
})

const submit = async (job: Partial<NormalizedJob> = {}, tenant: string | null = null) =>
  (await queue.jobs.submit(aJob(job), { tenant })).id
const stateOf = async (id: string) => (await bull.getJob(id))!.getState()
const isIn = (id: string, state: string) => waitFor(async () => expect(await stateOf(id)).toBe(state))
const demand = async () => (await queue.jobs.info()).demand

/** A slot whose attempts go on until the test ends them, or fail at once. */
function work(how: 'runs' | 'fails'): void {
  slots.push(
    workers.openSlot({
      name: 'test',
      lockDurationMs: 10_000,
      stalledCheckMs: 10_000,
      onError: () => {},
      async run({ jobId, token }) {
        const { answer, attempt } = await workers.begin({ jobId, token, worker: aWorker(), poisonStarts: 3 })
        if (answer.kind === 'held' || answer.kind === 'needs') return { kind: answer.kind }
        if (how === 'runs') return new Promise(() => {})
        await attempt!.fail(aJobError('STALLED'), true)
        return { kind: 'failed', code: 'STALLED', retry: true }
      },
    }),
  )
}

test('counts what waits, runs and comes due soon; not what comes later', async () => {
  expect(await demand()).toEqual({ slots: 0, jobs: 0, waiting: 0, dueSoon: 0, parts: 0 })
  const [soon, later] = [await submit({ delayMs: MINUTE / 2 }), await submit({ delayMs: 2 * MINUTE })]
  expect(await Promise.all([soon, later].map(stateOf))).toEqual(['delayed', 'delayed'])
  expect(await demand()).toEqual({ slots: 1, jobs: 1, waiting: 0, dueSoon: 1, parts: 0 })

  const [first, second, third] = [await submit({ priority: 9 }), await submit(), await submit()]
  await (await bull.getJob(third))!.changePriority({ priority: 0 })
  expect(await Promise.all([first, second, third].map(stateOf))).toEqual(['prioritized', 'prioritized', 'waiting'])
  expect(await demand()).toEqual({ slots: 4, jobs: 4, waiting: 3, dueSoon: 1, parts: 0 })

  work('runs')
  await isIn(third, 'active')
  expect(await demand()).toEqual({ slots: 4, jobs: 4, waiting: 2, dueSoon: 1, parts: 0 })

  await queue.jobs.pause()
  expect(await demand()).toEqual({ slots: 1, jobs: 1, waiting: 0, dueSoon: 0, parts: 0 })
})

test('counts a job that waits for its next attempt, and one that came due while nobody was there', async () => {
  const id = await submit()
  work('fails')
  await isIn(id, 'delayed')
  expect(await demand()).toEqual({ slots: 1, jobs: 1, waiting: 0, dueSoon: 1, parts: 0 })
  await slots.pop()!.close()
  const due = await submit({ delayMs: 1 })
  await waitFor(async () => expect((await bull.getJob(due))!.timestamp + 1).toBeLessThan(Date.now()))
  expect(await stateOf(due)).toBe('delayed')
  expect(await demand()).toEqual({ slots: 2, jobs: 2, waiting: 0, dueSoon: 2, parts: 0 })
})

test('counts nobody who waits for the tenant or for an encoder, also when BullMQ would have them ask again', async () => {
  await queue.setQuotas({ acme: { running: 1 } })
  const running = await submit({}, 'acme')
  work('runs')
  await isIn(running, 'active')
  const held = await submit({}, 'acme')
  const [output] = aJob().outputs
  const video = { codec: 'h264', encoder: 'nvenc' }
  const recipe = { ...output!.recipe, video } as unknown as NonNullable<typeof output>['recipe']
  const needing = await submit({ outputs: [{ ...output!, recipe }] })
  work('runs')
  for (const id of [held, needing]) {
    await isIn(id, 'delayed')
    await (await bull.getJob(id))!.changeDelay(1_000)
  }
  const due = await submit({ delayMs: MINUTE / 2 })
  expect(await stateOf(due)).toBe('delayed')
  expect(await demand()).toEqual({ slots: 2, jobs: 2, waiting: 0, dueSoon: 1, parts: 0 })
  expect((await queue.jobs.of('acme').info()).demand).toBeNull()
})

test('counts the parts of films that are on offer or made, also while the queue is paused', async () => {
  const offers = workers.openPartOffers('a-kin')
  const part = { jobId: 'j', priority: 50, label: 'part', args: [], times: [], isExact: true, tracks: 1 }
  let made = (_: MadePart) => {}
  try {
    for (const name of ['one', 'two', 'three']) await offers.offer({ ...part, name })
    expect(await demand()).toEqual({ slots: 3, jobs: 0, waiting: 0, dueSoon: 0, parts: 3 })
    const helper = workers.openHelper({
      ...{ kin: 'a-kin', name: 'helper', lockDurationMs: 10_000, stalledCheckMs: 10_000, onError: () => {} },
      make: () => new Promise((resolve) => (made = resolve)),
    })
    await waitFor(async () => expect(await redis.cli('LLEN', 'bull:parts-a-kin:active')).toBe(1))
    await queue.jobs.pause()
    expect(await demand()).toEqual({ slots: 3, jobs: 0, waiting: 0, dueSoon: 0, parts: 3 })
    await offers.take('three')
    expect(await demand()).toEqual({ slots: 2, jobs: 0, waiting: 0, dueSoon: 0, parts: 2 })
    await helper.pause()
    made({ worker: 'w', host: 'h', pass: null })
    await helper.close()
    expect(await demand()).toEqual({ slots: 1, jobs: 0, waiting: 0, dueSoon: 0, parts: 1 })
  } finally {
    await offers.close()
  }
})

test('counts no schedule', async () => {
  const job = { input: 'in.mp4', outputs: [{ preset: 'h264-360p' }] }
  const timing = { cron: null, everyMs: MINUTE / 2, timeZone: 'UTC' }
  const madeBy = { keyId: null, name: '' }
  await queue.schedules.put({
    ...{ name: 'often', tenant: null, timing, job, overlap: 'skip', catchUp: 'none', paused: null, madeBy },
  })
  expect(await redis.cli('ZCARD', 'bull:schedules:delayed')).toBe(1)
  expect(await demand()).toEqual({ slots: 0, jobs: 0, waiting: 0, dueSoon: 0, parts: 0 })
})
