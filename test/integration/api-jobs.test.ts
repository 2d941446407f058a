import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Job, Problem, QueueInfo, Report } from '../../src/contract/index.js'
import { probe } from '../contract/report-store.js'
import { aRequest, ask, post, submit } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { type ScriptedWorker, startScriptedWorker, talking } from '../helpers/scripted-worker.js'

let api: TestApi
let jobs: string
beforeAll(async () => {
  api = await startApi()
  jobs = `${api.url}/v1/jobs`
})
afterAll(() => api.close())

const problemOf = async (body: unknown, headers?: Record<string, string>) =>
  (await post<Problem>(jobs, 'Job', body, headers)).body
const get = async (id: string) => (await ask<Job>(`${jobs}/${id}`, 'Job')).body
const reaches = (id: string, state: string) => expect.poll(async () => (await get(id)).state).toBe(state)

describe('submitting', () => {
  it('answers 202 with the job and where it is', async () => {
    const { status, headers, body } = await post(jobs, 'Job', aRequest({ tags: { k: 'v' } }))
    expect(status).toBe(202)
    expect(headers.get('location')).toBe(`/v1/jobs/${body.id}`)
    expect(body).toMatchObject({ state: 'queued', tags: { k: 'v' }, attempt: 0, progress: null })
    expect(body.links.watch).toMatch(new RegExp(`^/v1/jobs/${body.id}/events\\?token=[a-z0-9]+\\.[\\w-]{43}$`))
    expect(body.queuePosition).toBeGreaterThan(0)
    expect(await get(body.id)).toEqual(body)
  })

  it('gives the first answer again for the same key and body, and refuses the key for another', async () => {
    const key = { 'idempotency-key': 'order 7 / "x"' }
    const first = await post(jobs, 'Job', aRequest({ priority: 3, tags: { a: '1', b: '2' } }), key)
    const { outputs, input } = aRequest()
    const again = await post(jobs, 'Job', { tags: { b: '2', a: '1' }, priority: 3, outputs, input }, key)
    expect([again.status, again.body.id]).toEqual([202, first.body.id])
    expect(await problemOf(aRequest({ priority: 4 }), key)).toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
      status: 422,
    })
    const other = await post(jobs, 'Job', aRequest({ priority: 3 }), { 'idempotency-key': 'order 8' })
    expect(other.body.id).not.toBe(first.body.id)
  })

  it('gives the first answer again when the input has been moved away since', async () => {
    const moved = join(api.mediaRoot, 'moved.mp4')
    await writeFile(moved, 'not looked at')
    const key = { 'idempotency-key': 'moved' }
    const first = await post(jobs, 'Job', aRequest({ input: 'moved.mp4' }), key)
    await rm(moved)
    await expect.poll(() => problemOf(aRequest({ input: 'moved.mp4' }))).toMatchObject({ code: 'INPUT_NOT_FOUND' })
    const again = await post(jobs, 'Job', aRequest({ input: 'moved.mp4' }), key)
    expect([again.status, again.body.id]).toEqual([202, first.body.id])
  })

  it('makes one job of a crowd with one key', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(jobs, 'Job', aRequest(), { 'idempotency-key': 'crowd' })),
    )
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
  })

  it.each(['x'.repeat(256), ''])('refuses the key %j', async (key) => {
    const problem = await problemOf(aRequest(), { 'idempotency-key': key })
    expect(problem).toMatchObject({ code: 'INVALID_REQUEST', errors: [{ pointer: '/headers/idempotency-key' }] })
  })

  it.each([
    [{ ...aRequest(), what: 1 }, '/what'],
    [{ ...aRequest(), priority: '5' }, '/priority'],
    [{ ...aRequest(), input: { uri: 'in.mp4', startMs: 'x' } }, '/input/startMs'],
    [{ ...aRequest(), outputs: [] }, '/outputs'],
    [{ ...aRequest(), tags: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, ''])) }, '/tags'],
    [[], ''],
    [undefined, ''],
  ])('refuses what has not the right shape: %j', async (body, pointer) => {
    expect(await problemOf(body)).toMatchObject({ code: 'INVALID_REQUEST', status: 422, errors: [{ pointer }] })
  })

  it.each([
    ['../in.mp4', 'PATH_OUTSIDE_ROOT'],
    ['no.mp4', 'INPUT_NOT_FOUND'],
    ['concat:in.mp4', 'SCHEME_NOT_ALLOWED'],
  ])('refuses the input %s with %s', async (input, code) => {
    const problem = await problemOf(aRequest({ input }))
    expect(problem).toMatchObject({ code, errors: [{ pointer: '/input' }] })
    expect(JSON.stringify(problem)).not.toContain(api.folder)
  })

  it('refuses what is no JSON, no text of JSON, and too much', async () => {
    const raw = (body: string, type = 'application/json') =>
      ask<Problem>(jobs, null, { method: 'POST', body, headers: { 'content-type': type } })
    expect((await raw('{"input": }')).body).toMatchObject({
      code: 'INVALID_REQUEST',
      detail: expect.stringMatching(/JSON/),
    })
    expect((await raw('{"__proto__": {"input": 1}}')).body).toMatchObject({ code: 'INVALID_REQUEST' })
    expect((await raw('{}', 'text/plain')).body).toMatchObject({
      code: 'INVALID_REQUEST',
      detail: expect.stringContaining('application/json'),
    })
    const { status, body } = await raw(JSON.stringify({ input: 'x'.repeat(200_000) }))
    expect([status, body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE'])
  })
})

describe('looking at jobs', () => {
  it('gives the request that would make the same again, as it was sent', async () => {
    const request = {
      input: { uri: 'in.mp4', startMs: 10 },
      outputs: [
        { preset: 'h264-360p', name: 'main', path: 'again/a.mp4', onExists: 'replace', video: { crf: 40, height: 90 } },
        { preset: 'h264-720p', video: { bitrate: 300_000, frameRate: 25 }, audio: { channels: 1 } },
        { preset: 'poster', video: { crop: { x: 0, y: 0, width: 90, height: 90 }, rotate: 90 } },
      ],
      priority: 7,
      maxAttempts: 2,
      timeoutMs: 9_000,
      tags: { customer: '42' },
      webhook: { url: 'https://hooks.invalid/a?b=c', events: ['job.failed'] },
    }
    const { id } = (await post(jobs, 'Job', request)).body
    expect((await ask(`${jobs}/${id}/request`, 'JobRequest')).body).toEqual(request)
  })

  it('also what it waits for', async () => {
    const first = (await post(jobs, 'Job', { input: 'in.mp4', outputs: [{ preset: 'poster' }] })).body
    const request = { input: 'in.mp4', outputs: [{ preset: 'h264-360p' }], after: [first.id] }
    const { id } = (await post(jobs, 'Job', request)).body
    expect((await ask(`${jobs}/${id}/request`, 'JobRequest')).body).toEqual(request)
  })

  it('whatever was the default is left out of it', async () => {
    const { id } = (await post(jobs, 'Job', { input: 'in.mp4', outputs: [{ preset: 'h264-360p' }], priority: 0 })).body
    const { body } = await ask(`${jobs}/${id}/request`, 'JobRequest')
    expect(body).toEqual({ input: 'in.mp4', outputs: [{ preset: 'h264-360p' }] })
  })

  it('pages through all of them, newest first, whatever is added meanwhile', async () => {
    const made: string[] = []
    for (let i = 0; i < 5; i++) made.unshift((await submit(api.url, { tags: { page: 'yes', i: String(i) } })).id)
    const seen: string[] = []
    let cursor = ''
    do {
      const url = `${jobs}?tag.page=yes&limit=2${cursor && `&cursor=${cursor}`}`
      const { body } = await ask<{ items: Job[]; nextCursor: string | null }>(url, 'JobPage')
      expect(body.items.length).toBeLessThanOrEqual(2)
      seen.push(...body.items.map(({ id }) => id))
      cursor = body.nextCursor ?? ''
      await submit(api.url, { tags: { page: 'yes' } })
    } while (cursor !== '')
    expect(seen).toEqual(made)
  })

  it('lines up with the events of the fleet: what comes after `lastEventId` is what the list does not show', async () => {
    const before = await submit(api.url, { tags: { lined: 'up' } })
    const { body } = await ask<{ items: Job[]; lastEventId: string }>(`${jobs}?tag.lined=up`, 'JobPage')
    expect(body.items.map(({ id }) => id)).toEqual([before.id])
    const after = await submit(api.url, { tags: { lined: 'up' } })
    const { entries } = await api.queue.events.readFleet(body.lastEventId)
    const told = entries.map(({ type, jobId }) => [type, jobId])
    expect(told).toContainEqual(['job.queued', after.id])
    expect(told).not.toContainEqual(['job.queued', before.id])
  })

  it('filters by state and by several tags', async () => {
    const { id } = await submit(api.url, { tags: { customer: '42', 'a b/ü': 'x' } })
    await submit(api.url, { tags: { customer: '42' } })
    const query = new URLSearchParams({ 'tag.customer': '42', 'tag.a b/ü': 'x', state: 'queued' })
    const { body } = await ask<{ items: Job[] }>(`${jobs}?${query}`, 'JobPage')
    expect(body.items.map((job) => job.id)).toEqual([id])
    const none = await ask<{ items: Job[] }>(`${jobs}?tag.customer=42&state=failed`, 'JobPage')
    expect(none.body).toEqual({ items: [], nextCursor: null, lastEventId: expect.any(String) })
  })

  it('filters by preset, text and time', async () => {
    const { id, createdAt } = await submit(api.url, { outputs: [{ preset: 'h264-360p', name: 'Trailer-DE' }] })
    const found = async (query: Record<string, string>) =>
      (await ask<{ items: Job[] }>(`${jobs}?${new URLSearchParams(query)}`, 'JobPage')).body.items.map((job) => job.id)
    expect(await found({ text: 'trailer-de', preset: 'h264-360p', since: createdAt, state: 'queued' })).toEqual([id])
    expect(await found({ text: 'trailer-de', preset: 'mp3' })).toEqual([])
    expect(await found({ text: 'trailer-de', until: createdAt })).toEqual([])
    expect(await found({ text: 'trailer-de', code: 'DISK_FULL' })).toEqual([])
  })

  it.each([
    ['code=NOPE', '/query/code'],
    ['since=yesterday', '/query/since'],
    ['until=2026-13-01T00:00:00Z', '/query/until'],
    ['text=', '/query/text'],
    ['limit=0', '/query/limit'],
    ['limit=201', '/query/limit'],
    ['limit=ten', '/query/limit'],
    ['limit=1&limit=2', '/query/limit'],
    ['state=done', '/query/state'],
    ['cursor=1', '/query/cursor'],
    ['tag=x', '/query/tag'],
    ['tag.=x', '/query/tag.'],
    ['tag.a=1&tag.a=2', '/query/tag.a'],
  ])('refuses ?%s', async (query, pointer) => {
    const { body } = await ask<Problem>(`${jobs}?${query}`, 'JobPage')
    expect(body).toMatchObject({ code: 'INVALID_REQUEST', errors: [{ pointer }] })
  })

  it.each(['x', '01M82CWC75EH2YYWGVK577ZGCG', '01m82cwc75eh2yywgvk577zgcg', '*', '..%2f..', '%00', 'a'.repeat(500)])(
    'knows no job %s',
    async (id) => {
      for (const [path, method] of [
        ['', 'GET'],
        ['', 'DELETE'],
        ['/cancel', 'POST'],
        ['/retry', 'POST'],
        ['/events', 'GET'],
        ['/report', 'GET'],
        ['/log', 'GET'],
        ['/outputs/main', 'GET'],
      ] as const) {
        const { body } = await ask<Problem>(`${jobs}/${id}${path}`, null, { method })
        expect(body.code, path).toBe('NOT_FOUND')
      }
    },
  )
})

describe('the life of a job', () => {
  let worker: ScriptedWorker
  beforeAll(async () => {
    worker = await startScriptedWorker(api.redisUrl)
  })
  afterAll(() => worker.close())
  afterEach(() => worker.rest())

  it('is cancelled while it waits, once', async () => {
    const { id } = await submit(api.url, { delayMs: 60_000 })
    const { status, body } = await post(`${jobs}/${id}/cancel`, 'Job')
    expect([status, body.state]).toEqual([202, 'cancelled'])
    const again = await post<Problem>(`${jobs}/${id}/cancel`, 'Job')
    expect([again.status, again.body.code]).toEqual([409, 'JOB_ALREADY_FINISHED'])
  })

  it('is retried after it was cancelled, and removed after it was completed', async () => {
    const { id } = await submit(api.url, { delayMs: 60_000 })
    const early = await ask<Problem>(`${jobs}/${id}`, null, { method: 'DELETE' })
    expect([early.status, early.body.code]).toEqual([409, 'JOB_NOT_FINISHED'])
    await post(`${jobs}/${id}/cancel`, 'Job')
    const retried = await post(`${jobs}/${id}/retry`, 'Job')
    expect([retried.status, retried.body.state]).toEqual([202, 'queued'])
    worker.work(talking(1))
    await reaches(id, 'completed')
    const late = await post<Problem>(`${jobs}/${id}/retry`, 'Job')
    expect([late.status, late.body.code]).toEqual([409, 'JOB_NOT_RETRYABLE'])
    await api.storage.reports.append(id, { attempt: { attempt: 1 } as never })
    expect((await ask(`${jobs}/${id}`, null, { method: 'DELETE' })).status).toBe(204)
    expect((await ask(`${jobs}/${id}`, 'Job')).status).toBe(404)
    expect(await api.storage.reports.list()).not.toContain(id)
  })

  it('shows its failure', async () => {
    const error = {
      code: 'NOT_MEDIA',
      title: 't',
      detail: 'd',
      retryable: false,
      hint: 'h',
      attempt: 1,
      at: new Date().toISOString(),
    } as const
    worker.work(async (attempt) => {
      await attempt.fail(error, false)
      return { kind: 'failed', code: 'NOT_MEDIA', retry: false }
    })
    const { id } = await submit(api.url)
    await reaches(id, 'failed')
    expect((await get(id)).error).toEqual(error)
    const { body } = await ask<{ state: string; error: unknown }>(`${jobs}/${id}/report`, 'Report')
    expect(body).toEqual({ jobId: id, state: 'failed', input: null, attempts: [], outputs: [], error })
  })

  it('reports its outputs in the order of the request', async () => {
    const names = ['poster', 'h264-360p', 'aac-128k']
    const { id } = await submit(api.url, { outputs: names.map((preset) => ({ preset })) })
    const attempt = { attempt: 1, worker: 'w', host: 'h', startedAt: new Date().toISOString(), finishedAt: null }
    const rest = { outcome: 'running' as const, error: null, diagnosis: null, passes: [] }
    const told = names.toSorted().map((name) => ({
      name,
      probe,
      verified: { duration: true, streams: true, decodes: null },
    }))
    await api.storage.reports.append(id, { attempt: { ...attempt, ...rest }, outputs: told })
    const { body } = await ask<Report>(`${jobs}/${id}/report`, 'Report')
    expect(body.outputs.map(({ name }) => name)).toEqual(names)
  })

  it('waits while the queue is paused', async () => {
    const paused = await post<QueueInfo>(`${api.url}/v1/queue/pause`, 'QueueInfo')
    expect(paused.body.paused).toBe(true)
    const { id } = await submit(api.url)
    expect((await ask<QueueInfo>(`${api.url}/v1/queue`, 'QueueInfo')).body.counts.queued).toBeGreaterThan(0)
    worker.work(talking(1))
    expect((await get(id)).state).toBe('queued')
    const resumed = await post<QueueInfo>(`${api.url}/v1/queue/resume`, 'QueueInfo')
    expect(resumed.body.paused).toBe(false)
    await reaches(id, 'completed')
  })

  it('keeps its log for every attempt', async () => {
    const { id } = await submit(api.url)
    worker.work(talking(1))
    await reaches(id, 'completed')
    const missing = await ask<Problem>(`${jobs}/${id}/log`, null)
    expect(missing.body).toMatchObject({ code: 'NOT_FOUND', detail: 'The job has no log yet.' })
    await writeFile(await api.storage.reports.logPath(id, 1), 'first\n')
    await writeFile(await api.storage.reports.logPath(id, 2), 'second\n')
    const log = await fetch(`${jobs}/${id}/log`)
    expect([log.status, log.headers.get('content-type'), await log.text()]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'second\n',
    ])
    expect(await (await fetch(`${jobs}/${id}/log?attempt=1`)).text()).toBe('first\n')
    const head = await fetch(`${jobs}/${id}/log`, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '7'])
    expect((await ask<Problem>(`${jobs}/${id}/log?attempt=3`, null)).status).toBe(404)
    expect((await ask<Problem>(`${jobs}/${id}/log?attempt=0`, null)).body.code).toBe('INVALID_REQUEST')
  })
})
