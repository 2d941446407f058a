import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FleetEvent } from '../../../src/contract/index.js'
import { createQueue, createWorkerQueue, type Queue } from '../../../src/queue/index.js'
import { clearNamespace } from '../../../src/queue/namespace.js'
import { withNamespace } from '../../../src/redis-url.js'
import { aJob, aWorker } from '../../helpers/jobs.js'
import { startRedis, type TestRedis } from '../../helpers/redis.js'

let redis: TestRedis
const open: { close(): Promise<void> }[] = []

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  await redis.cli('FLUSHALL')
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
})

async function aQueue(redisUrl: string): Promise<Queue> {
  const queue = await createQueue({ redis: redisUrl })
  open.push(queue)
  return queue
}

/** Runs every job of a queue at once, and says which. */
async function runsOf(redisUrl: string): Promise<string[]> {
  const workers = await createWorkerQueue({ redis: redisUrl })
  const ran: string[] = []
  const slot = workers.openSlot({
    name: 'test',
    lockDurationMs: 5_000,
    stalledCheckMs: 1_000,
    onError: () => {},
    async run(run) {
      ran.push(run.jobId)
      const { attempt } = await workers.begin({ ...run, worker: aWorker(), poisonStarts: 3 })
      await attempt?.end()
      return { kind: 'cancelled' }
    },
  })
  open.push({ close: () => slot.abandon().then(() => workers.close()) })
  return ran
}

describe.each([
  ['databases', (url: string) => [url, `${url}?db=3`]],
  ['namespaces', (url: string) => [url, `${url}?namespace=staging`]],
  ['namespaces in one database', (url: string) => [`${url}?db=3&namespace=a`, `${url}?db=3&namespace=b`]],
])('two fleets on one Redis, in different %s', (_, urlsOf) => {
  test('know nothing of each other', async () => {
    const [one, two] = urlsOf(redis.url) as [string, string]
    const queues = [await aQueue(one), await aQueue(two)]
    const heard: FleetEvent[][] = [[], []]
    for (const [i, { events }] of queues.entries()) {
      await events.subscribeFleet(
        (entry) => heard[i]!.push(entry.event),
        () => {},
      )
    }
    const ids = []
    for (const { jobs } of queues) ids.push((await jobs.submit(aJob({ tags: { owner: 'me' } }), {})).id)
    const idsOf = async ({ jobs }: Queue) =>
      (await jobs.list({ limit: 10, tags: { owner: 'me' } })).items.map((j) => j.id)
    expect(await Promise.all(queues.map(idsOf))).toEqual([[ids[0]], [ids[1]]])
    expect(await queues[0]!.jobs.get(ids[1]!)).toBeNull()

    const ran = await Promise.all([runsOf(one), runsOf(two)])
    await expect.poll(() => ran.map((each) => each.length), { timeout: 20_000 }).toEqual([1, 1])
    expect(ran).toEqual([[ids[0]], [ids[1]]])
    const last = (all: FleetEvent[]) => all.some((event) => event.type === 'attempt.started')
    await expect.poll(() => heard.every(last)).toBe(true)
    for (const [i, all] of heard.entries()) {
      expect(new Set(all.map((event) => ('jobId' in event ? event.jobId : null)))).toEqual(new Set([ids[i]]))
    }
    const secrets = await Promise.all(queues.map((queue) => queue.secret()))
    expect(secrets[0]).not.toBe(secrets[1])
  })
})

describe('a namespace', () => {
  test('is cleared without a trace, and nothing else is', async () => {
    const url = withNamespace(redis.url, 'gone')
    const kept = await aQueue(redis.url)
    const { id } = await kept.jobs.submit(aJob(), {})
    await redis.cli('SET', 'other:{gone}:key', '1')
    const before = await redis.cli('DBSIZE')
    const gone = await aQueue(url)
    await gone.secret()
    for (let i = 0; i < 20; i++) await gone.jobs.submit(aJob({ tags: { n: String(i) } }), {})
    await clearNamespace(url)
    expect(await redis.cli('DBSIZE')).toBe(before)
    expect((await kept.jobs.get(id))?.state).toBe('queued')
    await expect(clearNamespace(redis.url)).rejects.toThrow(TypeError)
  })
})
