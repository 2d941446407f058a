import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ERRORS, type Problem } from '../../src/contract/index.js'
import { aRequest, ask, post } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

/** Sends headers that `fetch` would not. */
function raw(path: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const { port } = new URL(api.url)
    const { method = 'GET', headers = {}, body } = options
    httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, body: text }))
    })
      .on('error', reject)
      .end(body)
  })
}

describe('every answer', () => {
  it('is a problem where there is nothing, or nothing by that method', async () => {
    for (const path of ['/nope', '/v1', '/v1/jobs/', '/v1/jobs/x/y/z', '/v1/presets/nope', '/docs/static/nope.js']) {
      const { status, body } = await ask<Problem>(`${api.url}${path}`, null)
      expect([path, status, body.code]).toEqual([path, 404, 'NOT_FOUND'])
    }
    for (const [method, path, allowed] of [
      ['PUT', '/v1/jobs', 'GET, HEAD, POST'],
      ['POST', '/v1/jobs/01M82CWC75EH2YYWGVK577ZGCG/events', 'GET'],
      ['DELETE', '/healthz', 'GET, HEAD'],
      ['OPTIONS', '/v1/queue/pause', 'POST'],
    ] as const) {
      const { status, headers, body } = await ask<Problem>(`${api.url}${path}`, null, { method })
      expect([status, body.code, headers.get('allow')]).toEqual([405, 'METHOD_NOT_ALLOWED', allowed])
    }
  })

  it('refuses query parameters that nothing knows', async () => {
    const { body: document } = await ask<{ paths: Record<string, Record<string, unknown>> }>(
      `${api.url}/openapi.json`,
      null,
    )
    const { id } = (await post(`${api.url}/v1/jobs`, 'Job', aRequest())).body
    const bodies: Record<string, object> = {
      '/v1/jobs': aRequest(),
      '/v1/schedules': { name: 'any', cron: '@daily', job: aRequest() },
      '/v1/jobs/{id}/deliveries/replay': { after: '0' },
      '/v1/session': { key: 'any' },
      '/v1/uploads/direct': { bytes: 1 },
    }
    let asked = 0
    for (const [path, methods] of Object.entries(document.paths)) {
      const url = `${api.url}${path.replace('{id}', id).replaceAll(/\{\w+\}/g, 'any')}?nope=true`
      for (const method of Object.keys(methods)) {
        const body = method === 'post' && bodies[path] ? { body: JSON.stringify(bodies[path]) } : {}
        const headers = 'body' in body ? { 'content-type': 'application/json' } : undefined
        const response = await fetch(url, { method: method.toUpperCase(), ...body, ...(headers && { headers }) })
        expect([method, path, response.status]).toEqual([method, path, 422])
        expect(((await response.json()) as Problem).errors[0]?.pointer).toBe('/query/nope')
        asked += 1
      }
    }
    expect(asked).toBeGreaterThan(12)
    const { body: list } = await ask<{ items: unknown[] }>(`${api.url}/v1/jobs`, null)
    expect(list.items).toHaveLength(1)
  })

  it('is a problem for what is not even HTTP', async () => {
    const { port } = new URL(api.url)
    for (const [sent, status] of [
      ['NONSENSE\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ] as const) {
      const answer = await new Promise<string>((resolve) => {
        let text = ''
        const socket = connect(Number(port), '127.0.0.1', () => socket.write(sent))
        socket.on('data', (chunk) => {
          text += chunk
        })
        socket.on('close', () => resolve(text))
      })
      expect(answer).toContain(`HTTP/1.1 ${status} `)
      expect(answer).toContain('application/problem+json')
      expect(answer).toContain('x-content-type-options: nosniff\r\n')
      expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ code: 'INVALID_REQUEST', status })
    }
  })
})

describe('without API keys', () => {
  it('a page that calls this machine by a name of its own gets nothing', async () => {
    for (const path of ['/v1/jobs', '/v1/events', '/healthz', '/docs', '/nope']) {
      const { status, body } = await raw(path, { headers: { host: 'evil.example' } })
      expect([status, JSON.parse(body).code]).toEqual([403, 'FORBIDDEN'])
    }
  })

  it('a page of another origin changes nothing', async () => {
    const body = JSON.stringify(aRequest({ tags: { from: 'elsewhere' } }))
    const json = { 'content-type': 'application/json' }
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'null' },
    ]) {
      const { status } = await raw('/v1/jobs', { method: 'POST', body, headers: { ...json, ...headers } })
      expect(status).toBe(403)
    }
    // A form can be sent without asking, but no form sends JSON.
    const form = await raw('/v1/jobs', { method: 'POST', body, headers: { 'content-type': 'text/plain' } })
    expect(form.status).toBe(422)
    const { body: page } = await ask<{ items: [] }>(`${api.url}/v1/jobs?tag.from=elsewhere`, 'JobPage')
    expect(page.items).toEqual([])
    const own = await raw('/v1/jobs', {
      method: 'POST',
      body,
      headers: { ...json, origin: api.url, 'sec-fetch-site': 'same-origin', host: new URL(api.url).host },
    })
    expect(own.status).toBe(202)
  })
})

describe('the description', () => {
  type Operation = {
    operationId: string
    responses: Record<string, { description: string; content?: Record<string, { schema: { $ref?: string } }> }>
    parameters?: { name: string; in: string }[]
  }
  let description: {
    openapi: string
    paths: Record<string, Record<string, Operation>>
    components: { schemas: Record<string, object> }
  }
  beforeAll(async () => {
    description = (await (await fetch(`${api.url}/openapi.json`)).json()) as typeof description
  })
  const operations = () =>
    Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    )

  it('refers to nothing that it does not hold', () => {
    expect(description.openapi).toBe('3.1.0')
    const references = [...JSON.stringify(description).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, reference]) => reference!,
    )
    expect(references.length).toBeGreaterThan(100)
    const known = Object.keys(description.components.schemas).map((name) => `#/components/schemas/${name}`)
    for (const reference of references) expect(known).toContain(reference)
    expect(JSON.stringify(description)).not.toContain('"$id"')
  })

  it('names every operation and every place in its path', () => {
    const ids = operations().map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { path, operation } of operations()) {
      const places = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name)
      const told = (operation.parameters ?? []).filter((each) => each.in === 'path').map(({ name }) => name)
      expect(told.sort(), path).toEqual(places.sort())
    }
  })

  it('tells for each operation how it can fail, each code under its status', () => {
    for (const { path, method, operation } of operations()) {
      const failures = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400)
      expect(failures.length, path).toBeGreaterThan(1)
      for (const [status, { description: text, content }] of failures) {
        expect(content?.['application/problem+json']?.schema.$ref, `${method} ${path}`).toBe(
          '#/components/schemas/Problem',
        )
        for (const [, code] of text.matchAll(/`([A-Z_]+)`:/g)) {
          expect(String(ERRORS[code as keyof typeof ERRORS].status), code).toBe(status)
        }
      }
    }
  })

  it.each(['/', '/docs'])('%s is shown without anything from elsewhere', async (path) => {
    const start = await fetch(api.url + path)
    const page = await start.text()
    const addresses = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address!)
    expect(addresses.length).toBeGreaterThan(3)
    for (const address of addresses) {
      const { origin } = new URL(address, start.url)
      expect(origin).toBe(api.url)
      expect((await fetch(new URL(address, start.url))).status, address).toBe(200)
    }
    expect(start.headers.get('content-security-policy')).not.toMatch(/https?:|\*/)
  })
})

describe('figures', () => {
  it('tell what was asked and what the queue holds', async () => {
    await post(`${api.url}/v1/jobs`, 'Job', aRequest({ delayMs: 60_000 }))
    await ask(`${api.url}/v1/jobs/nope`, null)
    const response = await fetch(`${api.url}/metrics`)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
    const text = await response.text()
    expect(text).toMatch(
      /ffleet_http_request_duration_seconds_count\{method="POST",route="\/v1\/jobs",status="202"\} [1-9]/,
    )
    expect(text).toMatch(
      /ffleet_http_request_duration_seconds_count\{method="GET",route="\/v1\/jobs\/:id",status="404"\} [1-9]/,
    )
    expect(text).toMatch(/ffleet_jobs\{state="queued"\} [1-9]/)
    expect(text).toMatch(/ffleet_jobs_submitted_total [1-9]/)
    expect(text).toMatch(/ffleet_queue_up 1/)
  })
})

describe('while Redis is away', () => {
  it('says so at once and lives on, and works when it is back', async () => {
    process.kill(api.redisPid(), 'SIGSTOP')
    try {
      const ready = await ask<Problem>(`${api.url}/readyz`, null)
      expect([ready.status, ready.body.code, ready.headers.get('retry-after')]).toEqual([503, 'QUEUE_UNAVAILABLE', '2'])
      expect((await fetch(`${api.url}/healthz`)).status).toBe(200)
      const submitted = await post<Problem>(`${api.url}/v1/jobs`, 'Job', aRequest())
      expect([submitted.status, submitted.body.code]).toEqual([503, 'QUEUE_UNAVAILABLE'])
    } finally {
      process.kill(api.redisPid(), 'SIGCONT')
    }
    await expect.poll(async () => (await fetch(`${api.url}/readyz`)).status, { timeout: 20_000 }).toBe(200)
    expect((await post(`${api.url}/v1/jobs`, 'Job', aRequest())).status).toBe(202)
    expect(api.logged.join('')).not.toContain('request failed')
  })
})
