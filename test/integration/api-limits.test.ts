/** How much one caller may ask, on a real API with a real Redis. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { addKey } from '../../src/callers/index.js'
import { FfleetClient } from '../../src/client/index.js'
import type { Problem } from '../../src/contract/index.js'
import { aRequest, ask, post } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { startRedis } from '../helpers/redis.js'

let folder: string
let keyFile: string
const keys: Record<string, string> = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-api-limits-'))
  keyFile = join(folder, 'keys.json')
  for (const name of ['one', 'two']) {
    keys[name] = (await addKey(keyFile, { name, role: 'operate', tenant: null })).key
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const NONE = { reads: 0, changes: 0, unknown: 0, streams: 0 }
const bearer = (name: string) => ({ authorization: `Bearer ${keys[name] ?? name}` })

async function limited(options: Parameters<typeof startApi>[0]): Promise<TestApi> {
  const api = await startApi({ keyFile, ...options })
  onTestFinished(() => api.close())
  return api
}

const look = (api: TestApi, name: string, headers: Record<string, string> = {}) =>
  ask<Problem>(`${api.url}/v1/presets`, null, { headers: { ...bearer(name), ...headers } })
const pause = (api: TestApi, name: string) => post<Problem>(`${api.url}/v1/queue/pause`, null, undefined, bearer(name))

describe('a key', () => {
  it('has a budget of questions and one of changes, and is told what is left of them', async () => {
    const api = await limited({ limits: { ...NONE, reads: 3, changes: 2 } })
    const told = async (answer: ReturnType<typeof look>) => {
      const { status, headers } = await answer
      return [status, headers.get('ratelimit-policy'), headers.get('ratelimit')?.replace(/t=\d+/, 't=')]
    }
    for (const left of [2, 1, 0]) {
      expect(await told(look(api, 'one'))).toEqual([200, '"reads";q=3;w=60', `"reads";r=${left};t=`])
    }
    for (const left of [1, 0]) {
      expect(await told(pause(api, 'one'))).toEqual([200, '"changes";q=2;w=60', `"changes";r=${left};t=`])
    }
    for (const asked of [look, pause]) {
      const { status, headers, body } = await asked(api, 'one')
      expect([status, body.code]).toEqual([429, 'RATE_LIMITED'])
      expect(body.detail).toMatch(/^At most [23] (questions of|changes by) one key in 60 s\.$/)
      const seconds = Number(headers.get('retry-after'))
      expect(seconds).toBeGreaterThan(30)
      expect(seconds).toBeLessThanOrEqual(60)
      expect(headers.get('ratelimit')).toMatch(new RegExp(`";r=0;t=${seconds}$`))
    }
    expect((await look(api, 'two')).status).toBe(200)
  })

  it('is charged for changes that are refused, too', async () => {
    const api = await limited({ limits: { ...NONE, changes: 1 } })
    expect((await post(`${api.url}/v1/jobs`, null, {}, bearer('one'))).status).toBe(422)
    expect((await pause(api, 'one')).status).toBe(429)
  })

  it('has one budget at all APIs of a fleet', async () => {
    const limits = { ...NONE, reads: 4 }
    const api = await limited({ limits })
    const other = await limited({ limits, redisUrl: api.redisUrl })
    const statuses = await Promise.all([api, other, api, other, api, other].map(async (each) => look(each, 'one')))
    expect(statuses.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 429, 429])
  })

  it('may ask again when Retry-After is over, and not before', async () => {
    const api = await limited({ limits: { ...NONE, reads: 1, windowSeconds: 2 } })
    expect((await look(api, 'one')).status).toBe(200)
    const { headers } = await look(api, 'one')
    const seconds = Number(headers.get('retry-after'))
    await wait(seconds * 1000)
    expect((await look(api, 'one')).status).toBe(200)
    expect((await look(api, 'one')).status).toBe(429)
  })

  it('that the client has waits as it is told, and misses nothing', async () => {
    const api = await limited({ limits: { ...NONE, changes: 2, windowSeconds: 1 } })
    const client = new FfleetClient({ baseUrl: api.url, apiKey: keys.one! })
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.push((await client.submit(aRequest({ delayMs: 3_600_000 }))).id)
    expect(new Set(ids).size).toBe(5)
    expect((await client.queue()).counts.queued).toBe(5)
  })

  it('has so many streams of events, until one of them is closed', async () => {
    const api = await limited({ limits: { ...NONE, streams: 2 } })
    const open = async (name: string) => {
      const stop = new AbortController()
      const response = await fetch(`${api.url}/v1/events?after=0`, { headers: bearer(name), signal: stop.signal })
      return { status: response.status, stop: () => stop.abort(), response }
    }
    const { body: job } = await post(`${api.url}/v1/jobs`, 'Job', aRequest(), bearer('one'))
    const first = await open('one')
    const second = await open('one')
    const third = await open('one')
    expect([first.status, second.status, third.status]).toEqual([200, 200, 429])
    const problem = (await third.response.json()) as Problem
    expect([problem.code, third.response.headers.get('retry-after')]).toEqual(['RATE_LIMITED', null])
    expect(problem.detail).toContain('At most 2 streams')
    const other = await open('two')
    const watched = await fetch(api.url + job.links.watch)
    expect([other.status, watched.status]).toEqual([200, 200])
    first.stop()
    await expect.poll(async () => (await open('one')).status).toBe(200)
    for (const { stop } of [second, other]) stop()
    await watched.body?.cancel()
  })
})

describe('an address without a valid key', () => {
  it('is limited for wrong keys, for signing in and for watch links, and those with a key there are not', async () => {
    const api = await limited({ limits: { ...NONE, unknown: 4 } })
    const { body: job } = await post(`${api.url}/v1/jobs`, 'Job', aRequest(), bearer('one'))
    expect((await look(api, 'wrong')).status).toBe(401)
    expect((await ask(`${api.url}/v1/queue`, null)).status).toBe(401)
    expect((await post(`${api.url}/v1/session`, null, { key: 'wrong' })).status).toBe(401)
    const watched = await fetch(api.url + job.links.watch)
    expect([watched.status, watched.headers.get('ratelimit')]).toEqual([200, expect.stringContaining('"unknown";r=0;')])
    await watched.body?.cancel()
    expect((await look(api, 'wrong')).status).toBe(429)
    expect((await post(`${api.url}/v1/session`, null, { key: keys.one })).status).toBe(429)
    expect((await fetch(api.url + job.links.watch)).status).toBe(429)
    expect((await look(api, 'one')).status).toBe(200)
    for (const path of ['/', '/healthz', '/readyz', '/openapi.json', '/docs/']) {
      const { status, headers } = await fetch(api.url + path)
      expect([path, status, headers.get('ratelimit')]).toEqual([path, 200, null])
    }
  })

  it('is the one that a trusted proxy tells, and never one that the caller made up', async () => {
    const limits = { ...NONE, unknown: 1 }
    const from = (address: string) => ({ 'x-forwarded-for': address })
    const direct = await limited({ limits })
    expect((await look(direct, 'wrong', from('203.0.113.1'))).status).toBe(401)
    expect((await look(direct, 'wrong', from('203.0.113.2'))).status).toBe(429)

    const behind = await limited({ limits, trustedProxies: ['127.0.0.0/8'] })
    expect((await look(behind, 'wrong', from('203.0.113.1'))).status).toBe(401)
    expect((await look(behind, 'wrong', from('203.0.113.2'))).status).toBe(401)
    expect((await look(behind, 'wrong', from('203.0.113.9, 203.0.113.2'))).status).toBe(429)
    expect((await look(behind, 'wrong', from('203.0.113.1, 127.0.0.1'))).status).toBe(429)
  })
})

describe('a Redis that is away', () => {
  it('lets nobody fail for the limits; each API counts for itself', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const api = await limited({ limits: { ...NONE, reads: 3 }, redisUrl: redis.url })
    expect((await look(api, 'one')).status).toBe(200)
    redis.signal('SIGKILL')
    await expect.poll(() => api.queue.jobs.ping(100)).toBe(false)
    const statuses: number[] = []
    for (let i = 0; i < 5; i++) statuses.push((await look(api, 'one')).status)
    expect(statuses).toEqual([200, 200, 200, 429, 429])
  })
})

it('without keys nobody is limited', async () => {
  const api = await startApi({ limits: { reads: 1, changes: 1, unknown: 1, streams: 1 } })
  onTestFinished(() => api.close())
  for (let i = 0; i < 3; i++) {
    const { status, headers } = await ask(`${api.url}/v1/presets`, null)
    expect([status, headers.get('ratelimit')]).toEqual([200, null])
  }
})
