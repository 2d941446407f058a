/** What goes out with every answer, and which pages of other origins may read it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
