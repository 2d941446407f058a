/** What goes out with every answer, and which pages of other origins may read it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addKey } from '../../src/callers/index.js'
import { aRequest, ask, post } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

/** The head alone, as a stream has no end. */
async function headOf(url: string, init: RequestInit = {}): Promise<Response> {
  const stop = new AbortController()
  const response = await fetch(url, { redirect: 'manual', ...init, signal: stop.signal })
  stop.abort()
  return response
}

describe('every answer', () => {
  it('tells browsers to be careful with it, whatever it is of', async () => {
    const { body: document } = await ask<{ paths: Record<string, object> }>(`${api.url}/openapi.json`, null)
    const { id } = (await post(`${api.url}/v1/jobs`, 'Job', aRequest())).body
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => [method.toUpperCase(), path.replace('{id}', id)] as const),
    )
    expect(operations.length).toBeGreaterThan(20)
    const [, asset] = /="([^"]*assets\/[^"]+)"/.exec(await (await fetch(api.url)).text())!
    const shown = ['/', '/jobs/x', '/workers', '/new', `/${asset}`, '/docs', '/docs/', '/docs/json', '/openapi.json']
    const refused = ['/nope', '/v1/jobs/%zz', `/v1/presets/${'x'.repeat(2_000)}`, '/assets/nope.js']
    const gets = [...shown, ...refused].map((path) => ['GET', path] as const)
    for (const [method, path] of [...operations, ...gets, ['PUT', '/v1/jobs'], ['OPTIONS', '/v1/jobs']] as const) {
      const { headers } = await headOf(api.url + path.replaceAll(/\{\w+\}/g, 'any'), { method })
      const told = (name: string) => [method, path, headers.get(name)]
      expect(told('x-content-type-options')).toEqual([method, path, 'nosniff'])
      expect(told('cross-origin-resource-policy')).toEqual([method, path, 'same-origin'])
      expect(told('referrer-policy')).toEqual([method, path, 'no-referrer'])
      expect(told('content-security-policy')[2], path).toMatch(/^default-src 'none';.*frame-ancestors /)
      expect(told('access-control-allow-origin')).toEqual([method, path, null])
      expect(told('strict-transport-security')).toEqual([method, path, null])
    }
  })
})

describe('pages of other origins', () => {
  const OWN = 'https://app.example'
  let folder: string
  let key: string
  let keyed: TestApi
  let local: TestApi
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ffleet-cors-'))
    const keyFile = join(folder, 'keys.json')
    key = (await addKey(keyFile, { name: 'app', role: 'submit', tenant: null })).key
    const corsOrigins = [OWN, 'http://localhost:5173']
    ;[keyed, local] = await Promise.all([startApi({ keyFile, corsOrigins }), startApi({ corsOrigins })])
  })
  afterAll(async () => {
    await Promise.all([keyed?.close(), local?.close()])
    await rm(folder, { recursive: true, force: true })
  })

  const preflight = (origin: string, path = '/v1/jobs', method = 'POST') =>
    headOf(keyed.url + path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,content-type',
      },
    })
  const shared = ({ headers }: Response) => headers.get('access-control-allow-origin')

  it('are let in by their exact origin, before a key is asked for', async () => {
    const { status, headers } = await preflight(OWN)
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, OWN])
    const { paths } = (await (await fetch(`${keyed.url}/openapi.json`)).json()) as { paths: Record<string, object> }
    const methods = new Set(Object.values(paths).flatMap((each) => Object.keys(each).map((name) => name.toUpperCase())))
    expect(
      headers
        .get('access-control-allow-methods')
        ?.split(', ')
        .filter((name) => name !== 'HEAD')
        .sort(),
    ).toEqual([...methods].filter((name) => name !== 'HEAD' && name !== 'OPTIONS').sort())
    expect(headers.get('access-control-allow-headers')?.toLowerCase()).toMatch(/authorization.*last-event-id/)
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    expect(headers.get('vary')).toContain('Origin')
    expect(headers.get('access-control-max-age')).toMatch(/^\d+$/)
  })

  it('may read every answer: refusals, what there is, and streams', async () => {
    for (const [path, authorization, status] of [
      ['/v1/jobs', '', 401],
      ['/v1/jobs', `Bearer ${key}`, 200],
      ['/v1/events', `Bearer ${key}`, 200],
      ['/nope', '', 404],
    ] as const) {
      const head = headOf(keyed.url + path, { headers: { origin: OWN, ...(authorization && { authorization }) } })
      expect([path, (await head).status, shared(await head)]).toEqual([path, status, OWN])
      expect((await head).headers.get('access-control-allow-credentials')).toBeNull()
    }
  })

  it.each([
    'https://app.example:8443',
    'http://app.example',
    'https://x.app.example',
    'https://app.example.evil',
    'null',
  ])('not as %s', async (origin) => {
    expect(shared(await preflight(origin))).toBeNull()
    const answer = await headOf(`${keyed.url}/v1/jobs`, { headers: { origin, authorization: `Bearer ${key}` } })
    expect([answer.status, shared(answer), answer.headers.get('vary')]).toEqual([200, null, 'Origin'])
  })

  it('change nothing with the cookie of somebody who has signed in', async () => {
    const signIn = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ key }) }
    const cookie = (await fetch(`${keyed.url}/v1/session`, signIn)).headers.get('set-cookie')!.split(';', 1)[0]!
    const body = JSON.stringify(aRequest())
    const headers = { 'content-type': 'application/json', cookie, origin: OWN }
    expect((await fetch(`${keyed.url}/v1/jobs`, { method: 'POST', headers, body })).status).toBe(403)
    expect((await fetch(`${keyed.url}/v1/jobs`, { headers })).status).toBe(200)
  })

  it('may do what the own page may, where there are no keys', async () => {
    const send = (origin: string) => {
      const headers = { 'content-type': 'application/json', origin, 'sec-fetch-site': 'cross-site' }
      return fetch(`${local.url}/v1/jobs`, { method: 'POST', headers, body: JSON.stringify(aRequest()) })
    }
    expect((await send(OWN)).status).toBe(202)
    expect((await send('https://evil.example')).status).toBe(403)
  })
})
