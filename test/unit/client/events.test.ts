import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FleetEvent, JobEvent } from '../../../src/index.js'
import { FfleetApiError, FfleetClient, FfleetConnectionError } from '../../../src/index.js'
import { completedEvent, job, logEvent, progressEvent, ServedLog, startHttpServer } from '../../helpers/event-server.js'
import { startTcpProxy, type TcpProxy } from '../../helpers/tcp-proxy.js'

const QUICK = { attempts: 3, baseMs: 5, maxMs: 20 }
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

let logs: Record<string, ServedLog>
let refusal: number | null
let server: Awaited<ReturnType<typeof startHttpServer>>
let proxy: TcpProxy
let client: FfleetClient

beforeEach(async () => {
  logs = { J1: new ServedLog(), J2: new ServedLog() }
  refusal = null
  server = await startHttpServer((request, response) => {
    if (refusal !== null) return void response.writeHead(refusal).end('{"code":"NOT_FOUND"}')
    const [, id = '', events] = /^\/v1\/jobs\/(\w+)(\/events)?/.exec(request.url!) ?? []
    if (request.url!.startsWith('/v1/events')) return logs.J1!.serve(request, response)
    if (events) return logs[id]!.serve(request, response)
    response.end(JSON.stringify(job({ id, state: logs[id]!.ended ? 'completed' : 'active' })))
  })
  proxy = await startTcpProxy(server)
  client = new FfleetClient({ baseUrl: proxy.url, retry: QUICK, idleTimeoutMs: 2_000 })
})
afterEach(async () => {
  await proxy.close()
  await server.close()
})

async function collect<E extends FleetEvent>(events: AsyncIterable<E>, each?: (seen: E[]) => unknown): Promise<E[]> {
  const seen: E[] = []
  for await (const event of events) {
    seen.push(event)
    await each?.(seen)
  }
  return seen
}
const ids = (events: readonly { id: string }[]) => events.map((event) => event.id)

describe('a job', () => {
  test('kept events, then live ones, then the end', async () => {
    const log = logs.J1!
    for (let n = 1; n <= 400; n++) log.append(progressEvent(n))
    const all = collect(client.events('J1'), (seen) => {
      if (seen.length === 400) for (let n = 401; n <= 410; n++) log.append(progressEvent(n))
      if (seen.length === 410) log.append(completedEvent(411), true)
    })
    expect(ids(await all)).toEqual(ids(log.events))
    await expect.poll(() => log.watchers).toBe(0)
  })

  test('goes on after an id', async () => {
    for (let n = 1; n <= 5; n++) logs.J1!.append(progressEvent(n))
    logs.J1!.append(completedEvent(6), true)
    const { id } = logs.J1!.events[2]!
    expect(ids(await collect(client.events('J1', { after: id })))).toEqual(ids(logs.J1!.events.slice(3)))
  })

  test('a job that has nothing more to say (204) ends at once', async () => {
    logs.J1!.append(completedEvent(1), true)
    expect(await collect(client.events('J1', { after: logs.J1!.events[0]!.id }))).toEqual([])
  })

  test('the history of a retried job goes on behind its first end', async () => {
    const log = logs.J1!
    log.append(progressEvent(1))
    log.append({ ...completedEvent(2), type: 'job.failed' } as JobEvent)
    log.append(progressEvent(3))
    log.append(completedEvent(4), true)
    expect(ids(await collect(client.events('J1')))).toEqual(ids(log.events))
  })

  test('a server that leaves the response open after the end does not hold the reader', async () => {
    logs.J1!.append(completedEvent(1), false)
    expect(await collect(client.events('J1'))).toHaveLength(1)
  })

  test('an unknown job is an error, not a reconnect', async () => {
    refusal = 404
    const error = await collect(client.events('nope')).catch((e) => e)
    expect(error).toBeInstanceOf(FfleetApiError)
    expect(error.code).toBe('NOT_FOUND')
  })

  test('nobody listens: an error after the tries', async () => {
    proxy.refuse()
    await expect(collect(client.events('J1'))).rejects.toBeInstanceOf(FfleetConnectionError)
    expect(proxy.accepted).toBe(4)
  })

  test('something that is no event stream is an error', async () => {
    const other = await startHttpServer((_, response) => void response.end('data: <html>\n\n'))
    await expect(collect(new FfleetClient({ baseUrl: other.url }).events('J1'))).rejects.toThrow('not JSON')
    await other.close()
  })

  test('an event cut into single bytes, with text beyond ASCII, is put together', async () => {
    const event = logEvent(1, 'Ünïcödé 🎬 \u2028 line')
    const bytes = new TextEncoder().encode(`id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`)
    const other = await startHttpServer(async (_, response) => {
      for (const byte of bytes) {
        response.write(Uint8Array.of(byte))
        await new Promise((resolve) => setImmediate(resolve))
      }
      const end = completedEvent(2)
      response.end(`data: ${JSON.stringify(end)}\n\n`)
    })
    const [first] = await collect(new FfleetClient({ baseUrl: other.url }).events('J1'))
    expect(first).toEqual(event)
    await other.close()
  })
})

describe('a bad network', () => {
  test('cuts at any byte: nothing is missed and nothing comes twice', async () => {
    const log = logs.J1!
    const TOTAL = 300
    const writer = (async () => {
      for (let n = 1; n < TOTAL; n++) {
        log.append(n % 3 === 0 ? logEvent(n, 'line') : progressEvent(n))
        if (n % 20 === 0) proxy.cutAfter(1 + ((n * 7919) % 900))
        await sleep(2)
      }
      await sleep(50)
      log.append(completedEvent(TOTAL), true)
    })()
    let disconnects = 0
    const seen = await collect(client.events('J1', { onDisconnect: () => void disconnects++ }))
    await writer
    expect(ids(seen)).toEqual(ids(log.events))
    expect(disconnects).toBeGreaterThanOrEqual(5)
    expect(new Set(log.asked).size).toBe(log.asked.length)
  })

  test('resumes when the server comes back after being gone for longer than the tries of a call', async () => {
    const log = logs.J1!
    log.append(progressEvent(1))
    const seen = await collect(client.events('J1'), async (events) => {
      if (events.length !== 1) return
      proxy.refuse()
      proxy.cut()
      const gone = proxy.accepted
      log.append(progressEvent(2))
      void expect
        .poll(() => proxy.accepted)
        .toBeGreaterThan(gone + 6)
        .then(() => proxy.accept())
        .then(() => log.append(completedEvent(3), true))
    })
    expect(ids(seen)).toEqual(ids(log.events))
  })

  test('a fault of the server that passes does not end a stream that stood', async () => {
    const log = logs.J1!
    log.append(progressEvent(1))
    let disconnects = 0
    const onDisconnect = ({ error }: { error: Error | null }) => {
      if (error instanceof FfleetApiError && ++disconnects === 6) refusal = null
    }
    const seen = await collect(client.events('J1', { onDisconnect }), (events) => {
      if (events.length !== 1) return
      refusal = 500
      proxy.cut()
      log.append(completedEvent(2), true)
    })
    expect(ids(seen)).toEqual(ids(log.events))
    refusal = 500
    await expect(collect(client.events('J1'))).rejects.toMatchObject({ status: 500 })
  })

  test('a half-open connection is noticed by its silence', async () => {
    const log = logs.J1!
    log.append(progressEvent(1))
    client = new FfleetClient({ baseUrl: proxy.url, retry: QUICK, idleTimeoutMs: 200 })
    const seen = await collect(client.events('J1', { onDisconnect: () => proxy.flow() }), (events) => {
      if (events.length !== 1) return
      proxy.hold()
      log.append(progressEvent(2))
      log.append(completedEvent(3), true)
    })
    expect(ids(seen)).toEqual(ids(log.events))
    expect(proxy.accepted).toBeGreaterThan(1)
  })

  test('a server that repeats itself is seen through', async () => {
    const events = [progressEvent(1), progressEvent(2), progressEvent(3)]
    let calls = 0
    const other = await startHttpServer((_, response) => {
      const end = ++calls < 3 ? [] : [completedEvent(9)]
      for (const event of [...events, ...end]) response.write(`data: ${JSON.stringify(event)}\n\n`)
      response.end()
    })
    const seen = await collect(new FfleetClient({ baseUrl: other.url, retry: QUICK }).events('J1'))
    expect(ids(seen)).toEqual(ids([...events, completedEvent(9)]))
    await other.close()
  })
})

describe('leaving', () => {
  test('breaking out of the loop closes the connection', async () => {
    logs.J1!.append(progressEvent(1))
    for await (const _ of client.events('J1')) {
      expect(logs.J1!.watchers).toBe(1)
      break
    }
    await expect.poll(() => logs.J1!.watchers).toBe(0)
  })

  test("an abort rejects with the signal's reason and closes the connection", async () => {
    const abort = new AbortController()
    logs.J1!.append(progressEvent(1))
    const all = collect(
      client.events('J1', { signal: abort.signal }),
      () => void setTimeout(() => abort.abort(new Error('enough')), 20),
    )
    await expect(all).rejects.toThrow('enough')
    await expect.poll(() => logs.J1!.watchers).toBe(0)
  })

  test('an abort in whatever moment ends it', async () => {
    const moments: ((act: () => void) => void)[] = [
      (act) => act(),
      (act) => process.nextTick(act),
      (act) => queueMicrotask(act),
      (act) => setImmediate(act),
      (act) => setTimeout(act, 1),
    ]
    for (const at of moments) {
      for (const open of [true, false]) {
        const log = new ServedLog()
        logs.J1 = log
        const abort = new AbortController()
        log.append(progressEvent(1))
        const all = collect(client.events('J1', { signal: abort.signal }), (seen) => {
          if (seen.length === 1) log.append(completedEvent(2), !open)
          if (seen.length === 2) at(() => abort.abort(new Error('enough')))
        })
        await all.catch((error) => expect(error.message).toBe('enough'))
        await expect.poll(() => log.watchers).toBe(0)
      }
    }
  }, 10_000)

  test('a signal aborted before opens nothing', async () => {
    await expect(collect(client.events('J1', { signal: AbortSignal.abort(new Error('enough')) }))).rejects.toThrow(
      'enough',
    )
    expect(proxy.accepted).toBe(0)
  })
})

describe('a slow consumer', () => {
  test('gets the newest progress and every other event', async () => {
    const log = logs.J1!
    const TOTAL = 3_000
    log.append(progressEvent(1))
    const seen = await collect(client.events('J1'), async (events) => {
      if (events.length !== 1) return
      for (let n = 2; n < TOTAL; n++) {
        log.append(n % 50 === 0 ? logEvent(n, `line ${n}`) : progressEvent(n))
        if (n % 100 === 0) await sleep(30)
      }
      await sleep(600)
      log.append(completedEvent(TOTAL), true)
      await sleep(600)
    })
    const others = log.events.filter((event) => event.type !== 'progress')
    expect(ids(seen.filter((event) => event.type !== 'progress'))).toEqual(ids(others))
    const progress = seen.filter((event) => event.type === 'progress')
    expect(progress.length).toBeLessThan(200)
    expect(progress.at(-1)!.id).toBe(log.events.at(-2)!.id)
    expect(ids(seen)).toEqual(ids(seen).toSorted())
  })

  test('that takes nothing stops the wire instead of filling memory', async () => {
    const log = logs.J1!
    const text = 'x'.repeat(2_000)
    log.append(progressEvent(1))
    const TOTAL = 20_000
    const seen = await collect(client.events('J1'), async (events) => {
      if (events.length !== 1) return
      for (let n = 2; n < TOTAL; n++) log.append(logEvent(n, text))
      let before = -1
      await expect
        .poll(() => proxy.bytesDown === (before = proxy.bytesDown) && before > 0, { interval: 500, timeout: 20_000 })
        .toBe(true)
      // About 44 MB lie ready; socket buffers and the client's limit hold a part of it.
      expect(proxy.bytesDown).toBeLessThan(25_000_000)
      log.append(completedEvent(TOTAL), true)
    })
    expect(ids(seen)).toEqual(ids(log.events))
  })
})

describe('several', () => {
  test('watch merges jobs and ends when all have ended', async () => {
    logs.J1!.append(progressEvent(1))
    logs.J2!.append(progressEvent(1, {}, 'J2'))
    const seen = await collect(client.watch(['J1', 'J2', 'J1']), (events) => {
      if (events.length === 2) logs.J1!.append(completedEvent(5, 'J1'), true)
      if (events.length === 3) logs.J2!.append(completedEvent(6, 'J2'), true)
    })
    expect(seen.map((event) => `${event.jobId} ${event.type}`).toSorted()).toEqual([
      'J1 job.completed',
      'J1 progress',
      'J2 job.completed',
      'J2 progress',
    ])
  })

  test('one unknown job among them is an error and closes the others', async () => {
    const other = await startHttpServer((request, response) => {
      if (request.url!.includes('J1')) return logs.J1!.serve(request, response)
      response.writeHead(404).end('{"code":"NOT_FOUND"}')
    })
    const all = collect(new FfleetClient({ baseUrl: other.url, retry: QUICK }).watch(['J1', 'nope']))
    await expect(all).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect.poll(() => logs.J1!.watchers).toBe(0)
    await other.close()
  })

  test('the fleet goes on behind terminal events and is resumed', async () => {
    const log = logs.J1!
    log.append(completedEvent(1))
    const seen: string[] = []
    for await (const event of client.watchAll({ after: '0-0' })) {
      seen.push(event.id)
      if (seen.length === 1) {
        log.append(completedEvent(2))
        proxy.cut()
      }
      if (seen.length === 2) break
    }
    expect(seen).toEqual(ids(log.events))
    expect(log.asked).toEqual(['0-0', log.events[0]!.id])
  })
})

describe('wait', () => {
  test('gives the job once it has ended, over a broken connection', async () => {
    const log = logs.J1!
    log.append(progressEvent(1))
    const waited = client.wait('J1')
    await expect.poll(() => log.watchers).toBe(1)
    proxy.cut()
    log.append(completedEvent(2), true)
    expect((await waited).state).toBe('completed')
  })

  test('a job that has ended is not watched', async () => {
    logs.J1!.append(completedEvent(1), true)
    expect((await client.wait('J1')).state).toBe('completed')
    expect(logs.J1!.asked).toEqual([])
  })

  test('rejects with a TimeoutError, and lets the connection go', async () => {
    const error = await client.wait('J1', { timeoutMs: 150 }).catch((e) => e)
    expect(error.name).toBe('TimeoutError')
    await expect.poll(() => logs.J1!.watchers).toBe(0)
  })
})
