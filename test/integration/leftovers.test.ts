/** What lost attempts left in a bucket: looked for once by the whole fleet, not once by each of its workers. */
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadConfig } from '../../src/config/index.js'
import { createWorkerQueue } from '../../src/queue/index.js'
import { openWorkerStorage } from '../../src/storage/index.js'
import { clearPending } from '../../workers/leftovers.js'
import { aBucket } from '../helpers/bucket.js'
import { aFolder } from '../helpers/folder.js'
import { startRedis } from '../helpers/redis.js'
import { waitFor } from '../helpers/wait-for.js'

const partLimits = { keepMs: 0, maxBytes: 0 }
const WEEK_MS = 7 * 24 * 60 * 60 * 1000

test('leftovers in a bucket are looked for by one worker for all, and by another when it is due again', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const bucket = await aBucket()
  const aWorker = async () => {
    const queue = await createWorkerQueue({ redis: redis.url })
    onTestFinished(() => queue.close())
    const storage = openWorkerStorage(loadConfig({ ...bucket.env, FFLEET_DATA_DIR: join(await aFolder(), 'data') }))
    return { clear: () => clearPending(storage, queue.attemptsOver, { claim: queue.chores.claim, partLimits }) }
  }
  const [one, other] = [await aWorker(), await aWorker()]
  const uploadsListed = () =>
    bucket.asked.filter(({ method, query }) => method === 'GET' && query.has('uploads')).length
  const recordsListed = () => bucket.asked.filter(({ query }) => query.get('prefix')?.endsWith('uploads/')).length
  await bucket.begin('fleet/a.mp4')
  bucket.uploadsAgeMs = WEEK_MS + 60_000
  const part = '.ffleet/parts/part-0.mp4'
  await bucket.put(part, Buffer.from('video'))

  await Promise.all([one.clear(), other.clear(), one.clear()])
  expect(bucket.uploads.size).toBe(0)
  const looks = [uploadsListed(), recordsListed()]
  expect(looks).toEqual([1, 2])
  expect(await bucket.has(part)).toBe(false)
  await Promise.all([one.clear(), other.clear()])
  expect([uploadsListed(), recordsListed()]).toEqual(looks)

  await bucket.begin('fleet/b.mp4')
  const chores = (await redis.cli('KEYS', 'ffleet:chore:*')) as string[]
  expect(chores.sort()).toEqual(['ffleet:chore:parts', 'ffleet:chore:pending', 'ffleet:chore:unrecorded'])
  for (const key of chores) {
    expect(Number(await redis.cli('PTTL', key))).toBeGreaterThan(60_000)
    await redis.cli('PEXPIRE', key, 1)
  }
  await waitFor(async () => expect(await redis.cli('KEYS', 'ffleet:chore:*')).toEqual([]))
  await other.clear()
  expect(bucket.uploads.size).toBe(0)
  expect(uploadsListed()).toBeGreaterThan(looks[0]!)
})
