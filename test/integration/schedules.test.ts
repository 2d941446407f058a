/** Schedules over HTTP, with a real Redis and BullMQ's own schedulers. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Queue as BullQueue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addKey, revokeKey, setQuotas } from '../../src/callers/index.js'
import type { Job, Problem, Schedule, ScheduleRequest, ScheduleRun } from '../../src/contract/index.js'
import { ask, post } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { long, some } from '../helpers/long.js'
import { startRedis } from '../helpers/redis.js'
import { startScriptedWorker, talking } from '../helpers/scripted-worker.js'

const HOUR_MS = 3_600_000
/** So that slots which an API that is away misses count as missed soon. */
// A slot that a test makes of the running second may be one old already, on a busy machine two.
const LATE_MS = 3_000

let api: TestApi
let redis: Redis
let names = 0
beforeAll(async () => {
  api = await startApi({ scheduleLateMs: LATE_MS })
  redis = new Redis(api.redisUrl)
})
afterAll(async () => {
  redis?.disconnect()
  await api?.close()
})

const aSchedule = (more: Partial<ScheduleRequest> = {}): ScheduleRequest => ({
  name: `s-${++names}`,
  ...(more.everyMs === undefined && { cron: '30 3 * * *' }),
  job: { input: 'in.mp4', outputs: [{ preset: 'h264-360p', name: 'main' }], delayMs: HOUR_MS },
  ...more,
})
const put = (schedule: object, url = api.url, headers = {}) =>
  post<Schedule>(`${url}/v1/schedules`, 'Schedule', schedule, headers)
const refused = async (schedule: object) => (await post<Problem>(`${api.url}/v1/schedules`, null, schedule)).body
const get = async (name: string, url = api.url) => (await ask<Schedule>(`${url}/v1/schedules/${name}`, 'Schedule')).body
const runs = async (name: string, url = api.url) =>
  (await ask<{ items: ScheduleRun[] }>(`${url}/v1/schedules/${name}/runs`, 'ScheduleRunList')).body.items
const act = (name: string, verb: string) => post<Schedule>(`${api.url}/v1/schedules/${name}/${verb}`, null)
const remove = (name: string) => ask(`${api.url}/v1/schedules/${name}`, null, { method: 'DELETE' })
const jobsTagged = async (tag: string, url = api.url) =>
  (await ask<{ items: Job[] }>(`${url}/v1/jobs?tag.is=${tag}&limit=200`, 'JobPage')).body.items

/** Its job waits for an hour, and is found by its tag. */
const ticking = (everyMs: number, more: Partial<ScheduleRequest> = {}) => {
  const schedule = aSchedule({ everyMs, overlap: 'queue', ...more })
  return { ...schedule, job: { ...schedule.job, tags: { is: '{schedule}', at: '{time}' } } }
}

/** An interval that comes due in so many ms, and then not for a minute: slots are multiples of it. */
function onceIn(ms: number): number {
  const nowMs = Date.now()
  for (let everyMs = 60_000; ; everyMs++) {
    const inMs = everyMs - (nowMs % everyMs)
    if (inMs >= ms && inMs < ms + 100) return everyMs
  }
}

describe('a schedule', () => {
  it('is made, shown, listed, replaced with its runs kept, and removed', async () => {
    const given = aSchedule({ name: 'nightly', timeZone: 'Europe/Berlin' })
    const made = await put(given)
    expect([made.status, made.headers.get('location')]).toEqual([201, '/v1/schedules/nightly'])
    expect(made.body).toMatchObject({
      ...{
        name: 'nightly',
        tenant: null,
        cron: '30 3 * * *',
        everyMs: null,
        timeZone: 'Europe/Berlin',
        job: given.job,
      },
      ...{ overlap: 'skip', catchUp: 'none', paused: false, madeBy: 'local', lastRun: null, nextRuns: { length: 5 } },
    })
    const hours = made.body.nextRuns.map((text) =>
      new Date(text).toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' }),
    )
    expect(new Set(hours)).toEqual(new Set(['03:30:00']))
    expect(await get('nightly')).toEqual(made.body)
    const list = await ask<{ items: Schedule[] }>(`${api.url}/v1/schedules`, 'ScheduleList')
    expect(list.body.items).toContainEqual(made.body)

    const { body: run } = await act('nightly', 'run')
    const replaced = await put({ ...given, cron: '@daily' })
    expect(replaced.status).toBe(200)
    expect(replaced.body).toMatchObject({
      cron: '@daily',
      createdAt: made.body.createdAt,
      lastRun: { id: (run as unknown as ScheduleRun).id },
    })
    expect((await remove('nightly')).status).toBe(204)
    for (const [verb, method] of [
      ['', 'GET'],
      ['', 'DELETE'],
      ['/runs', 'GET'],
      ['/run', 'POST'],
      ['/pause', 'POST'],
    ]) {
      const gone = await ask<Problem>(`${api.url}/v1/schedules/nightly${verb}`, null, { method: method! })
      expect([verb, gone.status, gone.body.code]).toEqual([verb, 404, 'NOT_FOUND'])
    }
  })

  it('runs when its time comes: each slot is one job, filled in for it', async () => {
    const { name } = (await put(ticking(1_000))).body
    await expect.poll(async () => (await runs(name)).length).toBeGreaterThan(2)
    await remove(name)
    const made = await jobsTagged(name)
    expect(made.length).toBeGreaterThan(2)
    expect(new Set(made.map(({ tags }) => tags.at)).size).toBe(made.length)
  })

  long('leaves no slot out, though ticks are taken late', async () => {
    const own = await startApi()
    const { name } = (await put(ticking(1_000), own.url)).body
    await expect.poll(async () => (await runs(name, own.url)).length).toBeGreaterThan(0)
    // This process, and with it the API, does nothing.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_500)
    await expect.poll(async () => (await runs(name, own.url)).length).toBeGreaterThan(6)
    const slots = (await runs(name, own.url)).map(({ slotAt }) => Date.parse(slotAt) / 1_000)
    expect(slots).toEqual(slots.map((_, i) => slots[0]! - i))
    await own.close()
  })

  it('leaves a run out while the job of the one before has not ended, unless it is to queue', async () => {
    const schedule = ticking(1_000, { overlap: 'skip' })
    await put(schedule)
    const { name } = schedule
    const outcomes = async () => (await runs(name)).map(({ outcome }) => outcome).reverse()
    await expect.poll(outcomes).toEqual(['submitted', 'skipped', 'skipped'])
    const [skipped] = await runs(name)
    expect(skipped!.detail).toMatch(/^Job \w+ of the run before it has not ended\.$/)
    const [job] = await jobsTagged(name)
    await post(`${api.url}/v1/jobs/${job!.id}/cancel`, null)
    await expect.poll(async () => (await jobsTagged(name)).length).toBe(2)
    await remove(name)
    expect(await jobsTagged(name)).toHaveLength(2)
  })

  it('makes nothing while it is paused, goes on when it is resumed, and stays paused when it is replaced', async () => {
    const schedule = ticking(1_000, { paused: true })
    expect((await put(schedule)).body).toMatchObject({ paused: true, nextRuns: [] })
    const { name } = schedule
    const other = ticking(1_000)
    await put(other)
    await expect.poll(async () => (await runs(other.name)).length).toBeGreaterThan(1)
    await remove(other.name)
    expect(await runs(name)).toEqual([])
    expect((await put({ ...schedule, paused: undefined })).body.paused).toBe(true)
    expect((await act(name, 'resume')).body).toMatchObject({ paused: false, nextRuns: { length: 5 } })
    await expect.poll(async () => (await jobsTagged(name)).length).toBeGreaterThan(0)
    expect((await act(name, 'pause')).body.paused).toBe(true)
    await remove(name)
  })

  it('runs when it is asked to, paused or not, once for an Idempotency-Key', async () => {
    const schedule = ticking(HOUR_MS, { paused: true, overlap: 'skip' })
    await put(schedule)
    const url = `${api.url}/v1/schedules/${schedule.name}/run`
    const run = (headers = {}) => post<ScheduleRun>(url, 'ScheduleRun', undefined, headers)
    const first = await run({ 'idempotency-key': 'a' })
    expect(first.body).toMatchObject({ trigger: 'manual', outcome: 'submitted', jobState: 'queued', code: null })
    expect((await run({ 'idempotency-key': 'a' })).body).toEqual(first.body)
    expect((await run()).body.jobId).not.toBe(first.body.jobId)
    expect(await runs(schedule.name)).toHaveLength(2)
    expect(await jobsTagged(schedule.name)).toHaveLength(2)
    await remove(schedule.name)
  })

  it('goes on when a job is refused, and tells why', async () => {
    const schedule = ticking(1_000)
    schedule.job.input = 'in-{schedule}.mp4'
    await put(schedule)
    const { name } = schedule
    await expect.poll(async () => (await runs(name)).length).toBeGreaterThan(0)
    expect((await runs(name)).at(-1)).toMatchObject({
      ...{ trigger: 'slot', outcome: 'refused', jobId: null, code: 'INPUT_NOT_FOUND' },
      detail: expect.not.stringContaining(api.folder),
    })
    const asked = await post<Problem>(`${api.url}/v1/schedules/${name}/run`, null)
    expect([asked.status, asked.body.code]).toEqual([422, 'INPUT_NOT_FOUND'])
    await writeFile(join(api.mediaRoot, `in-${name}.mp4`), 'came later')
    await expect.poll(async () => (await jobsTagged(name)).length).toBeGreaterThan(0)
    await remove(name)
  })

  long('keeps the newest 100 of its runs', async () => {
    const { name } = (await put(ticking(HOUR_MS))).body
    const key = `ffleet:schedule:/${name}:runs`
    const kept = (slotMs: number) => {
      const slotAt = new Date(slotMs).toISOString()
      const none = { jobId: null, code: null, detail: null }
      return JSON.stringify({
        id: `${name}.${slotMs}`,
        slotAt,
        at: slotAt,
        trigger: 'slot',
        outcome: 'skipped',
        ...none,
      })
    }
    await redis.hset(key, Object.fromEntries(Array.from({ length: 100 }, (_, i) => [i + 1, kept(i + 1)])))
    await act(name, 'run')
    const all = await runs(name)
    expect([all.length, all[0]!.trigger, all.at(-1)!.id]).toEqual([100, 'manual', `${name}.2`])
    await remove(name)
  })
})

describe('what is refused', () => {
  const of = (path: string, more: object = {}) => ({
    input: 'in.mp4',
    outputs: [{ preset: 'h264-360p', path, ...more }],
  })
  it.each<[string, object, string, string]>([
    ['a pattern that never comes due', { cron: '0 0 30 2 *' }, '/cron', 'never comes due'],
    ['a pattern that is none', { cron: 'whenever' }, '/cron', 'takes five fields'],
    ['a zone that is none', { timeZone: 'Mars/Olympus' }, '/timeZone', 'IANA'],
    ['neither pattern nor interval', { cron: undefined }, '/cron', 'is missing'],
    ['both', { everyMs: 60_000 }, '/cron', 'exclude'],
    ['an interval that is too short', { cron: undefined, everyMs: 999 }, '/everyMs', '1000'],
    ['a name that is no name', { name: 'a/b' }, '/name', 'letters'],
    ['a field that is none', { every: 1 }, '/every', '`everyMs`'],
    ['a placeholder that is none', { job: of('{dat}.mp4') }, '/job/outputs/0/path', '{date}'],
    [
      'a preset that is none',
      { job: { input: 'in.mp4', outputs: [{ preset: 'h264-36p' }] } },
      '/job/outputs/0/preset',
      'h264-360p',
    ],
    ['a path outside', { job: of('../{date}.mp4') }, '/job/outputs/0/path', '..'],
    ['an input elsewhere', { job: { ...of('{date}.mp4'), input: 's3://a/{date}' } }, '/job/input', 's3'],
    ['the same path each time', { job: of('a.mp4') }, '/job/outputs/0/path', 'all but the first'],
    [
      'the same path twice a day',
      { cron: '0 1,2 * * *', job: of('{date}.mp4') },
      '/job/outputs/0/path',
      'all but the first',
    ],
    ['a field of the job that is none', { job: { ...of('{date}.mp4'), prio: 1 } }, '/job/prio', '`priority`'],
  ])('%s', async (_what, more, pointer, says) => {
    const { status, code, errors } = await refused({ ...aSchedule(), ...more })
    expect([status, code === 'INVALID_REQUEST' || pointer.startsWith('/job')]).toEqual([422, true])
    expect(errors[0]).toMatchObject({ pointer, detail: expect.stringContaining(says) })
  })

  it('but not an input that is to come, nor a path that is replaced', async () => {
    for (const onExists of ['replace', 'rename']) {
      const schedule = aSchedule({ job: { ...of('a.mp4', { onExists }), input: 'to-come/{date}.mp4' } })
      expect((await put(schedule)).status).toBe(201)
      await remove(schedule.name)
    }
  })
})

async function withTicks<T>(use: (bull: BullQueue) => Promise<T>): Promise<T> {
  const connection = new Redis(api.redisUrl, { maxRetriesPerRequest: null })
  const bull = new BullQueue('schedules', { connection, skipVersionCheck: true })
  try {
    return await use(bull)
  } finally {
    await bull.close()
    connection.disconnect()
  }
}

/** Its tick of the slot, as BullMQ delivers it once more when the process that took it was killed. */
async function deliverAgain(name: string, slotMs: number): Promise<void> {
  const { of, jobId } = await tickOf(name, slotMs)
  await withTicks(async (bull) => {
    const job = await bull.add('tick', { schedule: `/${name}`, of }, { jobId, attempts: 3 })
    await expect.poll(() => job.isCompleted()).toBe(true)
  })
}

/** So that it can be delivered again: BullMQ takes each id once. */
async function forgetTick(name: string, slotMs: number): Promise<void> {
  const { jobId } = await tickOf(name, slotMs)
  await withTicks(async (bull) => expect(await bull.remove(jobId)).toBe(1))
}

async function tickOf(name: string, slotMs: number): Promise<{ of: string; jobId: string }> {
  const of = (await redis.hget(`ffleet:schedule:/${name}`, 'of'))!
  return { of, jobId: `repeat:/${name}@${of}:${slotMs}` }
}

describe('a slot', () => {
  it('that is delivered twice is one job, also where the first delivery was cut off behind its job', async () => {
    const schedule = ticking(HOUR_MS)
    await put(schedule)
    const { name } = schedule
    const slotMs = Math.floor(Date.now() / 1_000) * 1_000
    await deliverAgain(name, slotMs)
    const [job] = await jobsTagged(name)
    expect(await runs(name)).toMatchObject([{ id: `${name}.${slotMs}`, outcome: 'submitted', jobId: job!.id }])
    // As if it had been killed before it could write what became of the run.
    await redis.hdel(`ffleet:schedule:/${name}:runs`, String(slotMs))
    await redis.hset(`ffleet:schedule:/${name}`, `began:${slotMs}`, Date.now())
    await forgetTick(name, slotMs)
    await deliverAgain(name, slotMs)
    expect(await jobsTagged(name)).toEqual([job])
    expect(await runs(name)).toMatchObject([{ jobId: job!.id }])
    await remove(name)
  })

  it('that had begun is finished however late that is; one that nobody had taken by then was missed', async () => {
    const everyMs = 300 * 24 * HOUR_MS
    const { name, nextRuns } = (await put(ticking(everyMs))).body
    const [taken, untaken] = [2, 1].map((back) => Date.parse(nextRuns[0]!) - back * everyMs) as [number, number]
    await redis.hset(`ffleet:schedule:/${name}`, `began:${taken}`, taken + 10)
    // Longer ago than its name is known.
    await deliverAgain(name, taken)
    await redis.hset(`ffleet:schedule:/${name}`, `began:${taken + 1}`, Date.now() - 2 * LATE_MS)
    await deliverAgain(name, taken + 1)
    await deliverAgain(name, untaken)
    expect((await runs(name)).map(({ outcome, slotAt }) => [outcome, Date.parse(slotAt)])).toEqual([
      ['missed', untaken],
      ['submitted', taken + 1],
      ['missed', taken],
    ])
    expect(await jobsTagged(name)).toHaveLength(1)
    await remove(name)
  })

  it('whose scheduler was lost in BullMQ comes due again, and one that nobody wants goes', async () => {
    const schedule = ticking(1_000)
    const { name } = schedule
    await put(schedule)
    const of = await redis.hget(`ffleet:schedule:/${name}`, 'of')
    await withTicks(async (bull) => {
      const nobodys = { name: 'tick', data: { schedule: '/nobody', of: 'x' } }
      await bull.removeJobScheduler(`/${name}@${of}`)
      await bull.upsertJobScheduler('/nobody@x', { every: HOUR_MS }, nobodys)
      const before = (await runs(name)).length
      const second = await startApi({ redisUrl: api.redisUrl })
      await expect.poll(async () => (await runs(name)).length).toBeGreaterThan(before)
      await expect.poll(() => bull.getJobScheduler('/nobody@x')).toBeUndefined()
      await second.close()
    })
    await remove(name)
  })

  it('is one job, however many APIs there are', async () => {
    const second = await startApi({ redisUrl: api.redisUrl })
    await writeFile(join(second.mediaRoot, 'in.mp4'), 'not looked at')
    const schedules = [ticking(1_000), ticking(1_000), ticking(1_000)]
    for (const schedule of schedules) await put(schedule)
    for (const { name } of schedules) {
      await expect.poll(async () => (await runs(name)).length).toBeGreaterThan(3)
    }
    for (const { name } of schedules) {
      const made = await jobsTagged(name)
      expect(new Set(made.map(({ tags }) => tags.at)).size).toBe(made.length)
      const known = await runs(name)
      expect(known.every(({ outcome }) => outcome === 'submitted')).toBe(true)
      await remove(name)
    }
    await second.close()
  })
})

describe('while no API is there', () => {
  it.each(some(['none', 'one'] as const, 2))('slots are missed, and made up for: %s', async (catchUp) => {
    const server = await startRedis()
    const options = { redisUrl: server.url, scheduleLateMs: LATE_MS }
    const first = await startApi(options)
    const { name } = (await put(ticking(onceIn(8_000), { catchUp }), first.url)).body
    const next = Date.parse((await get(name, first.url)).nextRuns[0]!)
    await first.close()
    await expect.poll(() => Date.now() - next, { timeout: 20_000 }).toBeGreaterThan(LATE_MS)
    const second = await startApi(options)
    const run = async () => (await runs(name, second.url)).find(({ slotAt }) => Date.parse(slotAt) === next)
    await expect.poll(run).toBeDefined()
    const { trigger, outcome, jobId, detail } = (await run())!
    expect([trigger, outcome, detail]).toEqual(
      catchUp === 'one'
        ? ['catchUp', 'submitted', null]
        : ['slot', 'missed', 'It was not taken within 3 s, as no API was there.'],
    )
    const made = (await jobsTagged(name, second.url)).filter(({ id }) => id === jobId)
    expect(made).toHaveLength(catchUp === 'one' ? 1 : 0)
    await second.close()
    await server.stop()
  })
})

describe('of tenants', () => {
  it('belong to who made them, in name, rights and quota', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ffleet-schedules-'))
    const keyFile = join(folder, 'keys.json')
    const key = async (name: string, role: 'submit' | 'read' | 'admin', tenant: string | null) => ({
      authorization: `Bearer ${(await addKey(keyFile, { name, role, tenant })).key}`,
    })
    const shop = await key('shop', 'submit', 'shop')
    const blog = await key('blog', 'submit', 'blog')
    const reader = await key('reader', 'read', 'shop')
    const boss = await key('boss', 'admin', null)
    const keyed = await startApi({ keyFile })
    try {
      for (const tenant of ['shop', 'blog']) {
        await mkdir(join(keyed.mediaRoot, tenant))
        await writeFile(join(keyed.mediaRoot, tenant, 'in.mp4'), tenant)
      }
      const asked = async (path: string, headers: object, method = 'GET') =>
        ask<Schedule & Problem & { items: Schedule[] }>(`${keyed.url}/v1/schedules${path}`, null, {
          method,
          headers: headers as Record<string, string>,
        })
      const of = (tenant: string, more: Partial<ScheduleRequest> = {}) => {
        const schedule = ticking(1_000, { name: 'same', ...more })
        return { ...schedule, job: { ...schedule.job, input: `${tenant}/in.mp4` } }
      }
      expect((await put(of('shop'), keyed.url, reader)).status).toBe(403)
      expect((await put(of('blog'), keyed.url, shop)).body).toMatchObject({ code: 'INPUT_NOT_FOUND' })
      expect((await put(of('shop'), keyed.url, shop)).body).toMatchObject({ tenant: 'shop', madeBy: 'shop' })
      expect((await asked('/same', blog)).status).toBe(404)
      expect((await put(of('blog', { paused: true }), keyed.url, blog)).status).toBe(201)
      expect((await asked('', reader)).body.items).toMatchObject([{ name: 'same', tenant: 'shop', paused: false }])
      expect((await asked('/same?tenant=shop', blog)).status).toBe(403)
      expect((await asked('/same?tenant=blog', boss)).body.tenant).toBe('blog')
      expect((await asked('/same', boss)).status).toBe(404)

      const runsOfShop = async () =>
        (
          await ask<{ items: ScheduleRun[] }>(`${keyed.url}/v1/schedules/same/runs`, 'ScheduleRunList', {
            headers: shop,
          })
        ).body.items
      const newest = async () => (await runsOfShop())[0]
      await expect.poll(newest).toMatchObject({ outcome: 'submitted' })
      const job = await ask<Job>(`${keyed.url}/v1/jobs/${(await newest())!.jobId}`, 'Job', { headers: shop })
      expect(job.status).toBe(200)
      await setQuotas(keyFile, 'shop', { queued: 0 })
      await expect.poll(newest).toMatchObject({ outcome: 'refused', code: 'QUOTA_EXCEEDED' })
      await setQuotas(keyFile, 'shop', { queued: null })
      await expect.poll(newest).toMatchObject({ outcome: 'submitted' })
      await revokeKey(keyFile, 'shop')
      const told = async () =>
        (await ask<Schedule>(`${keyed.url}/v1/schedules/same`, 'Schedule', { headers: reader })).body.lastRun
      await expect
        .poll(told, { timeout: 10_000 })
        .toMatchObject({ outcome: 'refused', code: 'FORBIDDEN', detail: 'The key shop that made it was revoked.' })
      expect((await asked('/same?tenant=shop', boss, 'DELETE')).status).toBe(204)
    } finally {
      await keyed.close()
      await rm(folder, { recursive: true, force: true })
    }
  })

  long('may be 100', async () => {
    const own = await startApi()
    try {
      for (let i = 0; i < 100; i++) expect((await put(aSchedule(), own.url)).status).toBe(201)
      const { body } = await put(aSchedule({ name: 'one-more' }), own.url)
      expect(body).toMatchObject({
        status: 422,
        errors: [{ pointer: '/name', detail: expect.stringContaining('100') }],
      })
      const { body: list } = await ask<{ items: Schedule[] }>(`${own.url}/v1/schedules`, 'ScheduleList')
      expect(list.items).toHaveLength(100)
      expect((await put({ ...aSchedule(), name: list.items[0]!.name }, own.url)).status).toBe(200)
    } finally {
      await own.close()
    }
  })
})

it('is a job that a worker does', async () => {
  const schedule = ticking(1_000, { overlap: 'skip' })
  schedule.job.delayMs = 0
  await put(schedule)
  const worker = await startScriptedWorker(api.redisUrl)
  worker.work(talking(2))
  const { name } = schedule
  await expect
    .poll(async () => (await runs(name)).filter(({ jobState }) => jobState === 'completed').length, { timeout: 20_000 })
    .toBeGreaterThan(1)
  await remove(name)
  await worker.close()
})
