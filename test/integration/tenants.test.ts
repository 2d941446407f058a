/** What belongs to a tenant does not exist for another one. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Redis } from 'ioredis'
import { ulid } from 'ulid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addKey, setQuotas } from '../../src/callers/index.js'
import { type FfleetApiError, FfleetClient } from '../../src/client/index.js'
import type { FleetEvent, Job } from '../../src/contract/index.js'
import { SHIPPED_PRESETS } from '../../src/presets/index.js'
import { connect } from '../../src/queue/connection.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { monitorRedis } from '../helpers/redis-monitor.js'
import { startScriptedWorker, talking } from '../helpers/scripted-worker.js'

const NEVER = '01M82CWC75EH2YYWGVK577ZGCG'

let folder: string
let api: TestApi
const keys: Record<string, string> = {}
const clients: Record<string, FfleetClient> = {}
let ended: Job
let waiting: Job

const aJob = (tenant: string, more: object = {}) => ({
  input: `${tenant}/in.mp4`,
  outputs: [{ preset: 'h264-360p', name: 'main' }],
  tags: { kind: 'trailer' },
  ...more,
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-tenants-'))
  const keyFile = join(folder, 'keys.json')
  for (const [name, role, tenant] of [
    ['shop', 'operate', 'shop'],
    ['blog', 'operate', 'blog'],
    ['none', 'operate', null],
    ['boss', 'admin', null],
  ] as const) {
    keys[name] = (await addKey(keyFile, { name, role, tenant })).key
  }
  const presetsDir = join(folder, 'presets')
  for (const name of ['common', 'shop/own', 'blog/own', 'blog/other']) {
    await mkdir(join(presetsDir, dirname(name)), { recursive: true })
    const own = { ...SHIPPED_PRESETS[0]!, name: basename(name), description: `Of ${name}.` }
    await writeFile(join(presetsDir, `${name}.json`), JSON.stringify(own))
  }
  api = await startApi({ keyFile, presetsDir })
  for (const [name, apiKey] of Object.entries(keys)) {
    clients[name] = new FfleetClient({ baseUrl: api.url, apiKey, retry: false })
  }
  for (const tenant of ['shop', 'blog']) {
    await mkdir(join(api.mediaRoot, tenant))
    await writeFile(join(api.mediaRoot, tenant, 'in.mp4'), tenant)
  }
  const worker = await startScriptedWorker(api.redisUrl)
  worker.work(talking(20))
  ended = await clients.shop!.submit(aJob('shop'))
  await clients.shop!.wait(ended.id)
  await worker.close()
  waiting = await clients.shop!.submit(aJob('shop', { delayMs: 3_600_000 }))
})
afterAll(async () => {
  await api?.close()
  await rm(folder, { recursive: true, force: true })
})

describe('jobs of another tenant', () => {
  it('are on every route what jobs that never were are', async () => {
    const { paths } = (await (await fetch(`${api.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { requestBody?: object }>>
    }
    let asked = 0
    for (const [path, methods] of Object.entries(paths).filter(([each]) => each.startsWith('/v1/jobs/{id}'))) {
      for (const [method, { requestBody }] of Object.entries(methods)) {
        const answer = async (id: string, name: string) => {
          const url = api.url + path.replace('{id}', id).replaceAll(/\{\w+\}/g, 'main')
          const response = await fetch(url, {
            method: method.toUpperCase(),
            headers: {
              authorization: `Bearer ${keys[name]}`,
              ...(requestBody && { 'content-type': 'application/json' }),
            },
            // Of the one that takes a body.
            ...(requestBody && { body: JSON.stringify({ after: '0' }) }),
          })
          const { status } = response
          return [method, path, status, status === 404 ? await response.text() : '']
        }
        for (const name of ['blog', 'none']) {
          const never = await answer(NEVER, name)
          expect(never[2]).toBe(404)
          for (const { id } of [ended, waiting]) expect(await answer(id, name)).toEqual(never)
        }
        asked += 1
      }
    }
    expect(asked).toBeGreaterThan(8)
    expect((await clients.shop!.get(waiting.id)).state).toBe('queued')
    expect((await clients.boss!.get(ended.id)).state).toBe('completed')
  })

  it('are looked up as jobs that never were are', async () => {
    const redis = new Redis(api.redisUrl)
    const monitor = await monitorRedis(new URL(api.redisUrl).pathname)
    try {
      let marks = 0
      const looksFor = async (name: string, id: string) => {
        monitor.lines.length = 0
        const end = `all-before-${marks++}`
        await Promise.allSettled([clients[name]!.get(id), clients[name]!.report(id), clients[name]!.cancel(id)])
        // Redis tells in order: once this was heard, all before it was.
        await redis.ping(end)
        await expect.poll(() => monitor.lines.some((line) => line.endsWith(`"${end}"`))).toBe(true)
        return monitor.lines.filter((line) => line.includes(id)).map((line) => line.replaceAll(id, 'ID'))
      }
      for (const name of ['blog', 'none']) {
        const never = await looksFor(name, NEVER)
        expect(never).toHaveLength(3)
        for (const { id } of [ended, waiting]) expect(await looksFor(name, id)).toEqual(never)
      }
    } finally {
      monitor.stop()
      redis.disconnect()
    }
  })

  it('can be followed, or taken from, as little as jobs that never were', async () => {
    const refusal = async (name: string, id: string, more: object) => {
      const error = await clients[name]!.submit(aJob('blog', more)).catch((refused: FfleetApiError) => refused)
      expect(error).toMatchObject({ code: 'PREDECESSOR_NOT_FOUND', status: 422 })
      const { message, detail, errors, hint } = error as FfleetApiError
      return JSON.stringify({ message, detail, errors, hint }).replaceAll(id, 'ID')
    }
    for (const of of [(id: string) => ({ after: [id] }), (id: string) => ({ input: `job:${id}/main` })]) {
      const never = await refusal('blog', NEVER, of(NEVER))
      for (const { id } of [ended, waiting]) expect(await refusal('blog', id, of(id))).toBe(never)
    }
    // Its own outputs are a tenant's, though they do not lie in its folder.
    const taken = { ...aJob('shop', { delayMs: 3_600_000 }), input: `job:${ended.id}/main` }
    const follower = await clients.shop!.submit(taken)
    expect(follower).toMatchObject({ after: [ended.id], state: 'queued' })
    await clients.shop!.cancel(follower.id)
    await clients.shop!.remove(follower.id)
  })

  it('show nowhere in the cursor of a page that ends among them', async () => {
    const mine = await clients.none!.submit(aJob('blog', { delayMs: 3_600_000 }))
    const redis = new Redis(api.redisUrl)
    try {
      // Of another tenant, newer, and more than are looked at for one page.
      const others = Array.from({ length: 2_050 }, () => ulid(Date.now() + 1_000))
      const written = redis.pipeline()
      for (const id of others) written.zadd('ffleet:jobs', 0, id).hset(`ffleet:job:${id}`, 'tenant', 'shop')
      await written.exec()
      const first = await clients.none!.listPage({})
      expect(first.items).toEqual([])
      expect(first.nextCursor).toMatch(/^7Z{25}\.[\w-]{72}$/)
      expect((await clients.none!.listPage({})).nextCursor).not.toBe(first.nextCursor)
      const second = await clients.none!.listPage({ cursor: first.nextCursor! })
      expect(second).toMatchObject({ items: [{ id: mine.id }], nextCursor: null })
      const forged = first.nextCursor!.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))
      await expect(clients.none!.listPage({ cursor: forged })).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        errors: [{ pointer: '/query/cursor' }],
      })
      await redis.zrem('ffleet:jobs', ...others)
      await redis.del(...others.map((id) => `ffleet:job:${id}`))
    } finally {
      redis.disconnect()
    }
    await clients.none!.cancel(mine.id)
    await clients.none!.remove(mine.id)
  })

  it('are in no list, whatever it asks for, and in no count', async () => {
    for (const name of ['blog', 'none']) {
      for (const filter of [{}, { state: 'completed' }, { tags: { kind: 'trailer' } }, { text: 'shop' }] as const) {
        expect(await clients[name]!.listPage(filter)).toMatchObject({ items: [], nextCursor: null })
      }
      expect(await clients[name]!.queueNext()).toEqual([])
    }
    const none = { queued: 0, delayed: 0, active: 0, completed: 0, failed: 0, cancelled: 0 }
    expect(await clients.blog!.queue()).toMatchObject({ counts: none, oldestWaitMs: null, forecast: null })
    expect(await clients.shop!.queue()).toMatchObject({ counts: { ...none, queued: 1, delayed: 1, completed: 1 } })
    for (const name of ['shop', 'boss']) {
      const { items } = await clients[name]!.listPage({ tags: { kind: 'trailer' } })
      expect(items.map(({ id }) => id)).toEqual([waiting.id, ended.id])
    }
  })

  it('are told of in no stream of the fleet', async () => {
    const heard = async (name: string, until: string) => {
      const events: FleetEvent[] = []
      for await (const event of clients[name]!.watchAll({ after: '0' })) {
        events.push(event)
        if ('jobId' in event && event.jobId === until) break
      }
      return events
    }
    const own = await clients.blog!.submit(aJob('blog', { delayMs: 3_600_000 }))
    const live = heard('blog', own.id)
    expect((await live).map((event) => ('jobId' in event ? event.jobId : event.type))).toEqual([own.id])
    const ofShop = await heard('shop', waiting.id)
    expect(new Set(ofShop.map((event) => ('jobId' in event ? event.jobId : event.type)))).toEqual(
      new Set([ended.id, waiting.id]),
    )
    expect(ofShop.map(({ type }) => type)).toContain('progress')
    const ofAll = (await heard('boss', own.id)).map((event) => ('jobId' in event ? event.jobId : event.type))
    expect(ofAll).toEqual(expect.arrayContaining([ended.id, waiting.id, own.id]))
  })
})

describe('a tenant', () => {
  it('shares no idempotency key', async () => {
    const options = { idempotencyKey: 'same' }
    const one = await clients.shop!.submit(aJob('shop', { delayMs: 3_600_000 }), options)
    const two = await clients.blog!.submit(aJob('blog', { delayMs: 3_600_000 }), options)
    expect(one.id).not.toBe(two.id)
    expect((await clients.shop!.submit(aJob('shop', { delayMs: 3_600_000 }), options)).id).toBe(one.id)
  })

  it('has the folder of its name, and no other is there', async () => {
    const refusal = (job: Promise<unknown>) =>
      job.then(
        () => null,
        (error: FfleetApiError) => [error.status, error.code, error.detail],
      )
    const blog = clients.blog!
    const never = await refusal(blog.submit(aJob('blog', { input: 'blog/never.mp4' })))
    expect(never?.[1]).toBe('INPUT_NOT_FOUND')
    for (const input of ['shop/in.mp4', 'in.mp4', 'shop/never.mp4', './shop/in.mp4']) {
      expect(await refusal(blog.submit(aJob('blog', { input })))).toEqual(never)
    }
    for (const input of ['blog/../shop/in.mp4', '/etc/hostname']) {
      expect(await refusal(blog.submit(aJob('blog', { input })))).not.toBeNull()
    }
    const outputs = [{ preset: 'h264-360p', path: 'shop/out.mp4' }]
    expect((await refusal(blog.submit(aJob('blog', { outputs }))))?.[1]).toBe('PATH_OUTSIDE_ROOT')
    expect((await blog.media()).items.map(({ path }) => path)).toEqual(['blog'])
    expect((await blog.media({ path: 'blog' })).items.map(({ path }) => path)).toEqual(['blog/in.mp4'])
    const noFolder = await refusal(blog.media({ path: 'blog/never' }))
    for (const path of ['shop', 'never', 'shop/.']) expect(await refusal(blog.media({ path }))).toEqual(noFolder)
  })

  it('neither sees nor holds up the fleet', async () => {
    for (const ask of ['workers', 'pause', 'resume'] as const) {
      await expect(clients.blog![ask]()).rejects.toMatchObject({ status: 403 })
      await clients.none![ask]()
    }
    const metrics = await fetch(`${api.url}/metrics`, { headers: { authorization: `Bearer ${keys.blog}` } })
    expect(metrics.status).toBe(403)
  })

  it('has presets of its own, which are there for nobody else', async () => {
    const more = async (name: string) =>
      (await clients[name]!.presets()).slice(SHIPPED_PRESETS.length).map(({ description }) => description)
    expect(await more('shop')).toEqual(['Of common.', 'Of shop/own.'])
    expect(await more('blog')).toEqual(['Of common.', 'Of blog/other.', 'Of blog/own.'])
    for (const name of ['none', 'boss']) expect(await more(name)).toEqual(['Of common.'])
    const get = (name: string, preset: string) =>
      fetch(`${api.url}/v1/presets/${preset}`, { headers: { authorization: `Bearer ${keys[name]}` } })
    expect(await (await get('shop', 'own')).json()).toMatchObject({ description: 'Of shop/own.' })
    const refusal = async (name: string, preset: string) => {
      const response = await get(name, preset)
      return [response.status, await response.text()]
    }
    expect(await refusal('shop', 'other')).toEqual(await refusal('shop', 'never'))
    const outputs = (preset: string) => ({ outputs: [{ preset, name: 'main' }], delayMs: 3_600_000 })
    const job = await clients.shop!.submit(aJob('shop', outputs('own')))
    expect(job.outputs[0]!.preset).toBe('own')
    const refused = await clients.shop!.submit(aJob('shop', outputs('other'))).catch((error: FfleetApiError) => error)
    expect(refused).toMatchObject({ code: 'PRESET_NOT_FOUND', errors: [{ pointer: '/outputs/0/preset' }] })
    expect((refused as FfleetApiError).detail).not.toContain('blog')
    await clients.shop!.cancel(job.id)
    await clients.shop!.remove(job.id)
  })

  it('is told how its own jobs ended, and who has none how all did', async () => {
    const completed = async (name: string) => {
      const { items } = await clients[name]!.queueHistory({ minutes: 60 })
      return items.reduce((sum, item) => sum + item.completed, 0)
    }
    expect(await completed('shop')).toBe(1)
    expect(await completed('blog')).toBe(0)
    expect(await completed('none')).toBe(1)
  })

  it('leaves nothing when its jobs are removed', async () => {
    await clients.shop!.remove(ended.id)
    expect((await clients.shop!.listPage({ tags: { kind: 'trailer' } })).items.map(({ id }) => id)).not.toContain(
      ended.id,
    )
    expect((await clients.shop!.queue()).counts.completed).toBe(0)
  })
})

describe('quotas of tenants', () => {
  const keyFile = () => join(folder, 'keys.json')

  it('are taken from the file with the keys while the API runs, refuse what is too much, and are told with what is used', async () => {
    const { queued } = (await clients.blog!.queue()).quotas!
    expect(queued.limit).toBeNull()
    const limit = queued.used + 2
    await setQuotas(keyFile(), 'blog', { queued: limit, running: 4 })
    await expect.poll(async () => (await clients.blog!.queue()).quotas?.queued).toEqual({ ...queued, limit })
    for (let n = 0; n < 2; n++) await clients.blog!.submit(aJob('blog', { delayMs: 3_600_000 }))
    const refused = await clients.blog!.submit(aJob('blog')).catch((error: FfleetApiError) => error)
    expect(refused).toMatchObject({
      status: 429,
      code: 'QUOTA_EXCEEDED',
      message: expect.stringContaining(`blog has ${limit} jobs that have not ended; the limit is ${limit}.`),
    })
    expect((await clients.blog!.queue()).quotas).toEqual({
      queued: { limit, used: limit },
      running: { limit: 4, used: 0 },
      bytes: { limit: null, used: 0 },
    })
    for (const name of ['boss', 'none']) expect((await clients[name]!.queue()).quotas).toBeUndefined()
    expect(api.logged.some((line) => line.includes('audit: quotas changed'))).toBe(true)
    await setQuotas(keyFile(), 'blog', { queued: undefined })
    await expect.poll(async () => (await clients.blog!.queue()).quotas?.queued).toEqual({ limit: null, used: limit })
    await clients.blog!.submit(aJob('blog', { delayMs: 3_600_000 }))
  })

  it('that Redis has lost are there again', async () => {
    await setQuotas(keyFile(), 'blog', { queued: 3 })
    await expect.poll(async () => (await clients.blog!.queue()).quotas?.queued.limit).toBe(3)
    const redis = await connect(api.redisUrl, 'api', () => {})
    await redis.del('ffleet:quotas')
    redis.disconnect()
    await expect.poll(async () => (await clients.blog!.queue()).quotas?.queued.limit).toBe(3)
  })
})
