import { EventSource } from 'eventsource'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  type FleetEvent,
  isTerminalEvent,
  JOB_EVENT_TYPES,
  type JobEvent,
  type Problem,
} from '../../src/contract/index.js'
import { ask, post, submit } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { type ScriptedWorker, startScriptedWorker, talking } from '../helpers/scripted-worker.js'

let api: TestApi
let worker: ScriptedWorker
beforeAll(async () => {
  api = await startApi()
  worker = await startScriptedWorker(api.redisUrl)
})
afterAll(async () => {
  await worker.close()
  await api.close()
})
afterEach(() => worker.rest())

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const eventsUrl = (id: string, query = '') => `${api.url}/v1/jobs/${id}/events${query}`
const kept = async (id: string) => (await api.queue.events.read(id))!.entries.map(({ event }) => event.id)

/** Reads NDJSON until the server ends it, or until `enough` says so. */
async function follow<E = JobEvent>(
  url: string,
  headers: Record<string, string> = {},
  enough: (event: E) => boolean = () => false,
): Promise<{ status: number; events: E[] }> {
  const abort = new AbortController()
  const response = await fetch(url, { headers: { accept: 'application/x-ndjson', ...headers }, signal: abort.signal })
  const events: E[] = []
  let rest = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      events.push(JSON.parse(line) as E)
      if (!enough(events.at(-1)!)) continue
      abort.abort()
      return { status: response.status, events }
    }
  }
  expect(rest).toBe('')
  return { status: response.status, events }
}

describe('following a job', () => {
  it('tells it from the first event to the last, and then is over, as a browser sees it', async () => {
    const { id } = await submit(api.url)
    let opened = 0
    const seen: { id: string; type: string; data: JobEvent }[] = []
    const source = new EventSource(eventsUrl(id))
    const over = new Promise<void>((resolve) => {
      source.onopen = () => void opened++
      // Told once when the stream has ended and once for the 204 that follows; then it stays closed.
      source.onerror = () => source.readyState === source.CLOSED && resolve()
    })
    for (const type of JOB_EVENT_TYPES) {
      source.addEventListener(type, (event) => {
        seen.push({ id: event.lastEventId, type: event.type, data: JSON.parse(event.data) as JobEvent })
      })
    }
    worker.work(talking(5))
    await over
    expect(opened).toBe(1)
    expect(seen.map(({ type }) => type)).toEqual([
      'job.queued',
      'attempt.started',
      ...Array.from({ length: 5 }, () => 'progress'),
      'progress',
      'job.completed',
    ])
    for (const { id: eventId, type, data } of seen) expect(data).toMatchObject({ id: eventId, type, jobId: id })
    expect(seen.map((event) => event.id)).toEqual(await kept(id))
    const last = seen.at(-1)!.data
    expect(isTerminalEvent(last) && last.job).toEqual((await ask(`${api.url}/v1/jobs/${id}`, 'Job')).body)
  })

  it('goes on after any event, by header or query, and has nothing to say after the last', async () => {
    const { id } = await submit(api.url)
    worker.work(talking(3))
    const { events } = await follow(eventsUrl(id))
    for (const [i, event] of events.slice(0, -1).entries()) {
      const rest = events.slice(i + 1)
      expect((await follow(eventsUrl(id), { 'last-event-id': event.id })).events).toEqual(rest)
      expect((await follow(eventsUrl(id, `?after=${event.id}`))).events).toEqual(rest)
    }
    const end = events.at(-1)!.id
    expect((await follow(eventsUrl(id, `?after=${events[0]!.id}`), { 'last-event-id': end })).status).toBe(204)
    expect((await follow(eventsUrl(id, `?after=${end}`))).status).toBe(204)
    expect((await follow(eventsUrl(id), { 'last-event-id': '' })).events).toEqual(events)
  })

  it('goes on past the end of a job that was retried', async () => {
    const { id } = await submit(api.url, { delayMs: 60_000 })
    const first = follow(eventsUrl(id))
    await post(`${api.url}/v1/jobs/${id}/cancel`, 'Job')
    expect((await first).events.map(({ type }) => type)).toEqual(['job.queued', 'job.cancelled'])
    await post(`${api.url}/v1/jobs/${id}/retry`, 'Job')
    const second = follow(eventsUrl(id))
    worker.work(talking(1))
    const types = (await second).events.map(({ type }) => type)
    expect(types.slice(0, 3)).toEqual(['job.queued', 'job.cancelled', 'job.queued'])
    expect(types.at(-1)).toBe('job.completed')
    const late = await follow(eventsUrl(id, `?after=${(await first).events.at(-1)!.id}`))
    expect(late.events.map(({ type }) => type)).toEqual(types.slice(2))
  })

  it('says how a job ended when its events have expired', async () => {
    const { id } = await submit(api.url)
    worker.work(talking(3))
    const { events } = await follow(eventsUrl(id))
    const redis = new Redis(api.redisUrl.replace('unix://', ''))
    await redis.del(`ffleet:events:${id}`)
    redis.disconnect()
    expect((await follow(eventsUrl(id))).events).toEqual([events.at(-1)])
    expect((await follow(eventsUrl(id, `?after=${events.at(-1)!.id}`))).status).toBe(204)
  })

  it.each(['x', '1-2-3', '-1', '1700000000000-x', '9'.repeat(20)])('refuses to go on after %s', async (after) => {
    const { id } = await submit(api.url, { delayMs: 60_000 })
    const query = await ask<Problem>(eventsUrl(id, `?after=${after}`), null)
    expect(query.body).toMatchObject({ code: 'INVALID_REQUEST', errors: [{ pointer: '/query/after' }] })
    const header = await ask<Problem>(eventsUrl(id), null, { headers: { 'last-event-id': after } })
    expect(header.body.errors).toMatchObject([{ pointer: '/headers/last-event-id' }])
  })

  it('lets the holder of a watch link in, and nobody with another token', async () => {
    const { id, links } = await submit(api.url)
    const other = await submit(api.url, { delayMs: 60_000 })
    worker.work(talking(1))
    expect((await follow(`${api.url}${links.watch}`)).events.at(-1)?.type).toBe('job.completed')
    const token = new URL(links.watch, api.url).searchParams.get('token')!
    for (const [job, wrong] of [
      [other.id, token],
      [id, 'x'],
      [id, ''],
      [id, `${token}x`],
    ] as const) {
      const { status, body } = await ask<Problem>(eventsUrl(job, `?token=${wrong}`), null)
      expect([status, body.code]).toEqual([401, 'UNAUTHENTICATED'])
    }
  })

  it('tells the holder of a watch link no path, tag, worker or message', async () => {
    const path = 'customers/acme/final.mp4'
    const { id, links } = await submit(api.url, {
      outputs: [{ preset: 'h264-360p', name: 'main', path }],
      tags: { customer: 'acme' },
    })
    worker.work(talking(1))
    const own = await follow(eventsUrl(id))
    const shown = await follow(`${api.url}${links.watch}`)
    expect(shown.events.map(({ id, type }) => [id, type])).toEqual(own.events.map(({ id, type }) => [id, type]))
    const told = JSON.stringify(own.events)
    const text = JSON.stringify(shown.events)
    const started = own.events.find((event) => event.type === 'attempt.started')
    for (const secret of ['in.mp4', 'acme', started!.worker]) {
      expect(told).toContain(secret)
      expect(text).not.toContain(secret)
    }
    expect(shown.events.at(-1)).toMatchObject({
      job: { state: 'completed', input: { uri: '' }, worker: null, tags: {} },
    })
  })

  it('shows a page to a browser that opens a watch link, and a frame only where it may be', async () => {
    const { id, links } = await submit(api.url, { delayMs: 60_000 })
    const open = (address: string) =>
      fetch(api.url + address, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })
    const page = await open(links.watch)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page.headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'$/)
    expect(await page.text()).not.toContain('in.mp4')
    const frame = await open(`${links.watch}&embed=1`)
    expect(frame.headers.get('content-security-policy')).toMatch(/frame-ancestors 'self'$/)
    await frame.body?.cancel()
    const wrong = await open(`/v1/jobs/${id}/events?token=x`)
    expect([wrong.status, wrong.headers.get('content-type')]).toEqual([401, 'text/html; charset=utf-8'])
    await wrong.body?.cancel()
  })
})

describe('a crowd that comes and goes while the connection to Redis breaks again and again', () => {
  it('misses nothing and hears nothing twice', async () => {
    const { id } = await submit(api.url)
    const admin = new Redis(api.redisUrl.replace('unix://', ''))
    worker.work(
      talking(300, async (n) => {
        await sleep(5)
        if (n % 30 === 15) await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
      }),
    )
    const watchers: Promise<string[]>[] = []
    const ended = follow(eventsUrl(id)).then(({ events }) => events.map((event) => event.id))
    let running = true
    void ended.then(() => {
      running = false
    })
    while (running) {
      watchers.push(
        (async () => {
          const seen: string[] = []
          for (;;) {
            // Leaves now and then, and resumes where it left.
            const stay = 10 + Math.floor(Math.random() * 100)
            let count = 0
            const after = seen.length === 0 ? '' : `?after=${seen.at(-1)}`
            const { status, events } = await follow(eventsUrl(id, after), {}, () => ++count >= stay)
            seen.push(...events.map((event) => event.id))
            if (status === 503) await sleep(20)
            const last = events.at(-1)
            if (status === 204 || (last && isTerminalEvent(last))) return seen
          }
        })(),
      )
      await sleep(30)
    }
    const all = await kept(id)
    expect(all.length).toBeGreaterThan(300)
    expect(await ended).toEqual(all)
    expect(watchers.length).toBeGreaterThan(20)
    for (const seen of await Promise.all(watchers)) expect(seen).toEqual(all)
    admin.disconnect()
  })
})

describe('following the fleet', () => {
  it('begins now or after an id, and does not end with a job', async () => {
    const before = await submit(api.url, { delayMs: 60_000 })
    const seen: FleetEvent[] = []
    const watching = follow<FleetEvent>(`${api.url}/v1/events`, {}, (event) => {
      seen.push(event)
      return seen.filter(({ type }) => type === 'job.completed').length === 2
    })
    await expect
      .poll(async () => (await fetch(`${api.url}/metrics`)).text())
      .toMatch(/ffleet_watchers\{scope="fleet"\} 1/)
    worker.work(talking(20))
    const jobs = [await submit(api.url), await submit(api.url)]
    const { events } = await watching
    expect(events.some((event) => 'jobId' in event && event.jobId === before.id)).toBe(false)
    for (const { id } of jobs) {
      const types = events.filter((event) => 'jobId' in event && event.jobId === id).map(({ type }) => type)
      expect(types[0]).toBe('job.queued')
      expect(types).toContain('progress')
      expect(types.at(-1)).toBe('job.completed')
    }
    const again = await follow<FleetEvent>(
      `${api.url}/v1/events?after=${events[0]!.id}`,
      {},
      (event) => event.id === events.at(-1)!.id,
    )
    expect(again.events).toEqual(events.slice(1))
  })
})

describe('a watch link that has run out', () => {
  it('is refused with the way to a fresh one', async () => {
    const short = await startApi({ watchLinksMs: 1_000 })
    try {
      const { links } = await submit(short.url, { delayMs: 60_000 })
      const refused = async () =>
        (
          await ask<Problem>(`${short.url}${links.watch}`, null, {
            headers: { accept: 'application/x-ndjson' },
            signal: AbortSignal.timeout(500),
          }).catch(() => null)
        )?.body
      await expect.poll(refused).toMatchObject({ code: 'UNAUTHENTICATED', detail: 'The watch link has run out.' })
      const { body } = await ask<{ links: { watch: string } }>(`${short.url}${links.self}`, 'Job')
      expect(body.links.watch).not.toBe(links.watch)
    } finally {
      await short.close()
    }
  })
})
