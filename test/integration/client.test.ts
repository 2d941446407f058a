import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FleetEvent, JobEvent } from '../../src/index.js'
import { FfleetClient } from '../../src/index.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { aJobError, aSnapshot } from '../helpers/jobs.js'
import { type AttemptScript, type ScriptedWorker, startScriptedWorker, talking } from '../helpers/scripted-worker.js'
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js'

const QUICK = { attempts: 4, baseMs: 10, maxMs: 50 }
const REQUEST = { input: 'in.mp4', outputs: [{ preset: 'h264-360p' }] }
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const ids = (events: readonly { id: string }[]) => events.map((event) => event.id)

let api: TestApi
let worker: ScriptedWorker
let proxy: TcpProxy
let client: FfleetClient

beforeAll(async () => {
  api = await startApi()
  worker = await startScriptedWorker(api.redisUrl)
})
afterAll(async () => {
  await worker.close()
  await api.close()
})
beforeEach(async () => {
  proxy = await startTcpProxy({ port: Number(new URL(api.url).port) })
  client = new FfleetClient({ baseUrl: proxy.url, retry: QUICK, idleTimeoutMs: 3_000 })
})
afterEach(async () => {
  await worker.rest()
  await proxy.close()
})

/** As `talking`, with lines of a log beyond ASCII among the progress. */
function chatty(events: number, each: (n: number) => unknown): AttemptScript {
  return async (attempt) => {
    await attempt.phase(1, 'encoding')
    for (let n = 2; n <= events; n++) {
      if (n % 5 === 0) await attempt.log(n, 'warning', `line ${n} ✓ ${'ü'.repeat(n % 50)}`)
      else await attempt.progress(n, aSnapshot({ attempt: attempt.number, percent: n / 10 }), false)
      await each(n)
    }
    return { kind: 'completed' }
  }
}

async function collect<E extends FleetEvent>(events: AsyncIterable<E>): Promise<E[]> {
  const seen: E[] = []
  for await (const event of events) seen.push(event)
  return seen
}

/** What the log itself holds, asked over no network. */
async function wholeLog(jobId: string): Promise<JobEvent[]> {
  return (await api.queue.events.read(jobId))!.entries.map((entry) => entry.event)
}

describe('events over a bad network', () => {
  test('cuts at any byte, pauses and delays: nothing is missed, nothing comes twice', async () => {
    const later = (act: () => void) => void setTimeout(act, 70)
    const trouble: (() => void)[] = [
      proxy.cut,
      () => proxy.cutAfter(1),
      () => proxy.cutAfter(137),
      () => proxy.cutAfter(1_000),
      () => {
        proxy.hold()
        later(proxy.flow)
      },
      () => {
        proxy.delay(15)
        later(() => proxy.delay(0))
      },
      () => {
        proxy.refuse()
        proxy.cut()
        later(proxy.accept)
      },
    ]
    let next = 0
    const { id } = await client.submit(REQUEST)
    const watching = Promise.all([collect(client.events(id)), collect(client.events(id)), collect(client.watch(id))])
    worker.work(
      chatty(300, async (n) => {
        await sleep(4)
        if (n % 7 === 0) trouble[next++ % trouble.length]!()
      }),
    )
    const all = await watching
    expect(next).toBeGreaterThan(40)
    expect(proxy.accepted).toBeGreaterThan(50)
    const log = await wholeLog(id)
    expect(log.at(-1)!.type).toBe('job.completed')
    for (const seen of all) expect(ids(seen)).toEqual(ids(log))
  })

  test('a half-open connection is given up and resumed', async () => {
    client = new FfleetClient({ baseUrl: proxy.url, retry: QUICK, idleTimeoutMs: 400 })
    const { id } = await client.submit(REQUEST)
    const disconnects: (Error | null)[] = []
    const onDisconnect = ({ error }: { error: Error | null }) => {
      disconnects.push(error)
      proxy.flow()
    }
    const watching = collect(client.events(id, { onDisconnect }))
    worker.work(talking(40, (n) => (n === 20 ? proxy.hold() : undefined)))
    expect(ids(await watching)).toEqual(ids(await wholeLog(id)))
    expect(disconnects[0]?.message).toContain('nothing came within 400 ms')
  })

  test('Redis is killed in between: nothing is missed, nothing comes twice', async () => {
    const { id } = await client.submit(REQUEST)
    const watching = collect(client.events(id))
    worker.work(
      talking(120, async (n) => {
        if (n === 40) process.kill(api.redisPid(), 'SIGKILL')
        await sleep(5)
      }),
    )
    const seen = await watching
    expect(new Set(ids(seen)).size).toBe(seen.length)
    expect(ids(seen)).toEqual(ids(await wholeLog(id)))
  })

  test('resumes by hand after any id', async () => {
    const { id } = await client.submit(REQUEST)
    worker.work(talking(30))
    const log = await collect(client.events(id))
    for (const at of [0, 10, log.length - 2, log.length - 1]) {
      expect(ids(await collect(client.events(id, { after: log[at]!.id })))).toEqual(ids(log.slice(at + 1)))
    }
  })

  test('the history of a job that was retried is whole, and wait tells the last end', async () => {
    const { id } = await client.submit({ ...REQUEST, maxAttempts: 1 })
    let tries = 0
    worker.work(async (attempt, run) => {
      if (++tries === 2) return talking(5)(attempt, run)
      const error = aJobError('NOT_MEDIA')
      await attempt.fail(error, false)
      return { kind: 'failed', code: 'NOT_MEDIA', retry: false }
    })
    expect((await client.wait(id)).state).toBe('failed')
    expect((await client.retry(id)).state).not.toBe('failed')
    expect((await client.wait(id)).state).toBe('completed')
    const types = (await collect(client.events(id))).map((event) => event.type)
    expect(types).toContain('job.failed')
    expect(types.at(-1)).toBe('job.completed')
  })

  test('submitAndWait gives the end, and no later than it was asked to', async () => {
    worker.work(talking(3))
    expect(await client.submitAndWait(REQUEST)).toMatchObject({ state: 'completed', input: { uri: REQUEST.input } })
    const late = client.submitAndWait({ ...REQUEST, delayMs: 600_000, tags: { late: 'yes' } }, { timeoutMs: 50 })
    await expect(late).rejects.toMatchObject({ name: 'TimeoutError' })
    expect((await client.listPage({ tags: { late: 'yes' } })).items).toMatchObject([{ state: 'queued' }])
  })

  test('the fleet, over a cut', async () => {
    const seen: FleetEvent[] = []
    const abort = new AbortController()
    const { lastId } = await api.queue.events.readFleet()
    const watching = (async () => {
      for await (const event of client.watchAll({ after: lastId, signal: abort.signal })) seen.push(event)
    })()
    const jobs = [await client.submit(REQUEST), await client.submit(REQUEST)]
    worker.work(talking(20, (n) => (n % 7 === 0 ? proxy.cut() : undefined)))
    for (const { id } of jobs) await client.wait(id)
    await expect.poll(() => seen.filter((event) => event.type === 'job.completed').length).toBe(2)
    abort.abort(new Error('enough'))
    await expect(watching).rejects.toThrow('enough')
    expect(new Set(ids(seen)).size).toBe(seen.length)
    for (const { id } of jobs) {
      const types = seen.filter((event) => 'jobId' in event && event.jobId === id).map((event) => event.type)
      expect(types.filter((type) => type === 'attempt.started')).toHaveLength(1)
    }
  })

  test('by a watch link, and not by a forged one', async () => {
    const { id, links } = await client.submit(REQUEST)
    worker.work(talking(5))
    expect((await collect(client.watchLink(links.watch))).at(-1)?.type).toBe('job.completed')
    const forged = links.watch.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    const other = id.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    await expect(collect(client.watchLink(forged))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await expect(collect(client.events(other))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('calls over a bad network', () => {
  test('a submission whose answers are lost makes one job', async () => {
    const tags = { once: String(Math.random()) }
    for (const bytes of [1, 100]) {
      proxy.cutAfter(bytes)
      await client.submit({ ...REQUEST, tags }, { idempotencyKey: 'the same' })
    }
    const found = []
    for await (const job of client.list({ tags })) found.push(job.id)
    expect(found).toHaveLength(1)
    expect(proxy.accepted).toBeGreaterThan(2)
  })

  test('a cancel and a removal whose answers are lost have happened', async () => {
    const { id } = await client.submit({ ...REQUEST, delayMs: 60_000 })
    proxy.cutAfter(1)
    expect((await client.cancel(id)).state).toBe('cancelled')
    proxy.cutAfter(1)
    await client.remove(id)
    await expect(client.get(id)).rejects.toMatchObject({ code: 'NOT_FOUND', status: 404 })
  })
})

describe('every route', () => {
  test('jobs', async () => {
    const tags = { test: String(Math.random()) }
    const delayed = { ...REQUEST, delayMs: 60_000, tags }
    const submitted = [await client.submit(delayed), await client.submit(delayed), await client.submit(delayed)]
    const listed: string[] = []
    for await (const job of client.list({ state: 'queued', tags, limit: 2 })) listed.push(job.id)
    expect(listed).toEqual(ids(submitted).toReversed())
    const page = await client.listPage({ tags, limit: 2 })
    expect(page.items).toHaveLength(2)
    expect((await client.listPage({ tags, limit: 2, cursor: page.nextCursor! })).nextCursor).toBeNull()
    for (const { id } of submitted) await client.cancel(id)
    await expect(client.cancel(submitted[0]!.id)).rejects.toMatchObject({ code: 'JOB_ALREADY_FINISHED' })
    expect((await client.report(submitted[0]!.id)).attempts).toEqual([])
    await expect(client.logLines(submitted[0]!.id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(client.log(submitted[0]!.id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(client.output(submitted[0]!.id, 'h264-360p')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const bad = { ...REQUEST, what: 1 } as typeof REQUEST
    await expect(client.submit(bad)).rejects.toMatchObject({ code: 'INVALID_REQUEST', errors: [{ pointer: '/what' }] })
  })

  test('fleet, queue, presets, health', async () => {
    expect((await client.pause()).paused).toBe(true)
    expect((await client.queue()).paused).toBe(true)
    expect((await client.resume()).paused).toBe(false)
    expect(await client.workers()).toEqual([])
    await expect(client.drain('w-none')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const presets = await client.presets()
    expect(presets.map((preset) => preset.name)).toContain('h264-720p')
    expect(await client.preset('h264-720p')).toEqual(presets.find((preset) => preset.name === 'h264-720p'))
    expect(await client.health()).toEqual({ live: true, ready: true })
  })
})
