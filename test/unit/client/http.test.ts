import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { FfleetApiError, FfleetClient, FfleetConnectionError } from '../../../src/index.js'
import { job, startHttpServer } from '../../helpers/event-server.js'

const REQUEST = { input: 'in.mov', outputs: [{ preset: 'h264-720p' }] }
const QUICK = { attempts: 3, baseMs: 1, maxMs: 5 }

type Seen = { method: string; url: string; headers: IncomingMessage['headers']; body: string; at: number }
type Answer = (response: ServerResponse, seen: Seen) => void

let close: (() => Promise<void>) | undefined
afterEach(async () => {
  await close?.()
  close = undefined
})

/** Answers the first call with the first answer, and so on; the last one is repeated. */
async function server(...answers: Answer[]): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const http = await startHttpServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method = '', url = '', headers } = request
    const call = { method, url, headers, body, at: Date.now() }
    seen.push(call)
    answers[Math.min(seen.length, answers.length) - 1]!(response, call)
  })
  close = http.close
  return { url: http.url, seen }
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
const problem = (status: number, code: string, headers: Record<string, string> = {}): Answer =>
  json(
    status,
    { type: 'about:blank', title: 'T', status, detail: 'D', code, hint: 'H', errors: [{ pointer: '/a', detail: 'x' }] },
    headers,
  )
const cutOff: Answer = (response) => response.destroy()

describe('submit', () => {
  test('tries again with the same idempotency key after a cut and a 503, and waits as Retry-After says', async () => {
    const api = await server(cutOff, problem(503, 'QUEUE_UNAVAILABLE', { 'retry-after': '0.3' }), json(202, job()))
    const client = new FfleetClient({ baseUrl: api.url, retry: QUICK })
    expect((await client.submit(REQUEST)).id).toBe('J1')
    expect(api.seen).toHaveLength(3)
    const keys = new Set(api.seen.map((call) => call.headers['idempotency-key']))
    expect([...keys]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)])
    expect(api.seen.map((call) => JSON.parse(call.body))).toEqual([REQUEST, REQUEST, REQUEST])
    expect(api.seen[2]!.at - api.seen[1]!.at).toBeGreaterThanOrEqual(295)
  })

  test('two calls have two keys; a key given is used', async () => {
    const api = await server(json(202, job()))
    const client = new FfleetClient({ baseUrl: `${api.url}/` })
    await client.submit(REQUEST)
    await client.submit(REQUEST)
    await client.submit(REQUEST, { idempotencyKey: 'mine' })
    const keys = api.seen.map((call) => call.headers['idempotency-key'])
    expect(new Set(keys).size).toBe(3)
    expect(keys[2]).toBe('mine')
  })

  test('a refusal is not repeated and carries the problem', async () => {
    const api = await server(problem(422, 'INVALID_REQUEST'))
    const error = await new FfleetClient({ baseUrl: api.url, retry: QUICK }).submit(REQUEST).catch((e) => e)
    expect(error).toBeInstanceOf(FfleetApiError)
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', status: 422, title: 'T', detail: 'D', hint: 'H' })
    expect(error.errors).toEqual([{ pointer: '/a', detail: 'x' }])
    expect(api.seen).toHaveLength(1)
  })
})

describe('failures', () => {
  test('nobody listens: a connection error that says so, after the tries', async () => {
    const api = await server(json(200, {}))
    await close?.()
    close = undefined
    const error = await new FfleetClient({ baseUrl: api.url, retry: QUICK }).get('J1').catch((e) => e)
    expect(error).toBeInstanceOf(FfleetConnectionError)
    expect(error.message).toContain('ECONNREFUSED')
    expect(error.message).toContain(api.url)
  })

  test('gives up after the tries it was given', async () => {
    const api = await server(problem(503, 'QUEUE_UNAVAILABLE'))
    const error = await new FfleetClient({ baseUrl: api.url, retry: { ...QUICK, attempts: 2 } })
      .get('J1')
      .catch((e) => e)
    expect(error.code).toBe('QUEUE_UNAVAILABLE')
    expect(api.seen).toHaveLength(3)
  })

  test('retry: false tries once', async () => {
    const api = await server(problem(503, 'QUEUE_UNAVAILABLE'))
    await expect(new FfleetClient({ baseUrl: api.url, retry: false }).get('J1')).rejects.toThrow('D')
    expect(api.seen).toHaveLength(1)
  })

  test('a server that wants minutes is not waited for', async () => {
    const api = await server(problem(429, 'RATE_LIMITED', { 'retry-after': '600' }))
    const error = await new FfleetClient({ baseUrl: api.url, retry: QUICK }).get('J1').catch((e) => e)
    expect(error.retryAfterMs).toBe(600_000)
    expect(api.seen).toHaveLength(1)
  })

  test('an answer that is no problem document keeps its status', async () => {
    const html: Answer = (response) => response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>oops</h1>')
    const api = await server(html)
    const error = await new FfleetClient({ baseUrl: api.url }).get('J1').catch((e) => e)
    expect(error).toMatchObject({ code: 'HTTP_500', status: 500, errors: [] })
  })

  test('a body that breaks off, and one that never comes, are tried again', async () => {
    const short: Answer = (response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"id":')
      setTimeout(() => response.destroy(), 20)
    }
    const silent: Answer = (response) => response.writeHead(200, { 'content-length': '1000' }).flushHeaders()
    const api = await server(short, silent, json(200, job()))
    const client = new FfleetClient({ baseUrl: api.url, retry: QUICK, timeoutMs: 300 })
    expect((await client.get('J1')).id).toBe('J1')
    expect(api.seen).toHaveLength(3)
  })

  test("an abort rejects with the caller's reason, also while waiting to try again", async () => {
    const api = await server(problem(503, 'QUEUE_UNAVAILABLE', { 'retry-after': '30' }))
    const abort = new AbortController()
    const call = new FfleetClient({ baseUrl: api.url }).get('J1', { signal: abort.signal })
    await expect.poll(() => api.seen.length).toBe(1)
    abort.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
  })
})

describe('calls that cannot be done twice', () => {
  test('a cancel whose answer was lost counts as done when the job is cancelled', async () => {
    const cancelled = job({ state: 'cancelled' })
    const api = await server(cutOff, problem(409, 'JOB_ALREADY_FINISHED'), json(200, cancelled))
    const client = new FfleetClient({ baseUrl: api.url, retry: QUICK })
    expect((await client.cancel('J1')).state).toBe('cancelled')
    expect(api.seen.map((call) => `${call.method} ${call.url}`)).toEqual([
      'POST /v1/jobs/J1/cancel',
      'POST /v1/jobs/J1/cancel',
      'GET /v1/jobs/J1',
    ])
  })

  test('… and as refused when it had completed', async () => {
    const completed = job({ state: 'completed' })
    const api = await server(cutOff, problem(409, 'JOB_ALREADY_FINISHED'), json(200, completed))
    const client = new FfleetClient({ baseUrl: api.url, retry: QUICK })
    await expect(client.cancel('J1')).rejects.toMatchObject({ code: 'JOB_ALREADY_FINISHED' })
  })

  test('a plain 409 is passed on without another call', async () => {
    const api = await server(problem(409, 'JOB_ALREADY_FINISHED'))
    await expect(new FfleetClient({ baseUrl: api.url }).cancel('J1')).rejects.toMatchObject({ status: 409 })
    expect(api.seen).toHaveLength(1)
  })

  test('a retry whose answer was lost counts as done when the job runs', async () => {
    const api = await server(cutOff, problem(409, 'JOB_NOT_RETRYABLE'), json(200, job({ state: 'queued' })))
    const client = new FfleetClient({ baseUrl: api.url, retry: QUICK })
    expect((await client.retry('J1')).state).toBe('queued')
  })

  test('a removal whose answer was lost counts as done when the job is gone; a plain 404 does not', async () => {
    const lost = await server(cutOff, problem(404, 'NOT_FOUND'))
    await new FfleetClient({ baseUrl: lost.url, retry: QUICK }).remove('J1')
    await close?.()
    const plain = await server(problem(404, 'NOT_FOUND'))
    await expect(new FfleetClient({ baseUrl: plain.url }).remove('J1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('requests', () => {
  test('list walks the pages with filter and key', async () => {
    const api = await server(
      json(200, { items: [job({ id: 'c' }), job({ id: 'b' })], nextCursor: 'next/1' }),
      json(200, { items: [job({ id: 'a' })], nextCursor: null }),
    )
    const client = new FfleetClient({ baseUrl: api.url, apiKey: 'secret' })
    const ids: string[] = []
    for await (const item of client.list({ state: 'failed', tags: { customer: '4 2' }, limit: 2 })) ids.push(item.id)
    expect(ids).toEqual(['c', 'b', 'a'])
    expect(api.seen.map((call) => call.url)).toEqual([
      '/v1/jobs?state=failed&limit=2&tag.customer=4+2',
      '/v1/jobs?state=failed&limit=2&cursor=next%2F1&tag.customer=4+2',
    ])
    expect(api.seen[0]!.headers.authorization).toBe('Bearer secret')
  })

  test('the key goes to the server alone, not where a link leads', async () => {
    const api = await server((response) => void response.writeHead(204).end())
    const client = new FfleetClient({ baseUrl: api.url, apiKey: 'secret' })
    for (const link of ['/v1/jobs/J1/events?token=x', `${api.url}/v1/jobs/J1/events?token=x`]) {
      for await (const _ of client.watchLink(link, { after: '1-0' })) expect.unreachable()
    }
    expect(api.seen.map((call) => call.url)).toEqual(Array(2).fill('/v1/jobs/J1/events?token=x&after=1-0'))
    expect(api.seen.map((call) => call.headers.authorization)).toEqual(['Bearer secret', undefined])
  })

  test('ids and names cannot leave their place in the path', async () => {
    const api = await server(json(200, {}))
    const client = new FfleetClient({ baseUrl: api.url })
    await client.get('../queue?x=1#y')
    await client.report('a b')
    await client.log('a', { attempt: 2 })
    await client.logLines('a/', { search: 'é&b', level: 'error', after: 0 })
    await client.preset('x/y')
    expect(api.seen.map((call) => call.url)).toEqual([
      '/v1/jobs/..%2Fqueue%3Fx%3D1%23y',
      '/v1/jobs/a%20b/report',
      '/v1/jobs/a/log?attempt=2',
      '/v1/jobs/a%2F/log/lines?search=%C3%A9%26b&level=error&after=0',
      '/v1/presets/x%2Fy',
    ])
  })

  test('an output is streamed, with range and size', async () => {
    const bytes = new Uint8Array(300_000).map((_, i) => i % 251)
    const api = await server((response, { headers }) => {
      expect(headers.range).toBe('bytes=10-')
      response.writeHead(206, { 'content-type': 'video/mp4', 'content-length': bytes.length, etag: '"x"' }).end(bytes)
    })
    const download = await new FfleetClient({ baseUrl: api.url }).output('J1', 'main', { range: { first: 10 } })
    expect(download).toMatchObject({ bytes: bytes.length, mediaType: 'video/mp4', etag: '"x"' })
    expect(new Uint8Array(await download.arrayBuffer())).toEqual(bytes)
  })

  test('a download runs on beyond the time limit of calls, and ends with its signal', async () => {
    const api = await server((response) => {
      response.writeHead(200)
      const more = setInterval(() => response.write('x'), 20)
      response.on('close', () => clearInterval(more))
    })
    const abort = new AbortController()
    const client = new FfleetClient({ baseUrl: api.url, timeoutMs: 100 })
    const { stream } = await client.output('J1', 'main', { signal: abort.signal })
    const reader = stream.getReader()
    const until = Date.now() + 250
    while (Date.now() < until) expect((await reader.read()).done).toBe(false)
    abort.abort(new Error('enough'))
    await expect(async () => {
      for (;;) await reader.read()
    }).rejects.toThrow('enough')
  })

  test('health tells live from ready, and rejects when nobody answers', async () => {
    const api = await server((response, { url }) => void response.writeHead(url === '/healthz' ? 200 : 503).end('{}'))
    const client = new FfleetClient({ baseUrl: api.url, retry: QUICK })
    expect(await client.health()).toEqual({ live: true, ready: false })
    await close?.()
    close = undefined
    await expect(client.health()).rejects.toBeInstanceOf(FfleetConnectionError)
  })
})
