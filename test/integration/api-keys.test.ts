import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addKey, revokeKey, rotateKey } from '../../src/callers/index.js'
import { FfleetClient } from '../../src/client/index.js'
import { type Problem, ROLES, type Role } from '../../src/contract/index.js'
import { aRequest, ask, post } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { cli } from '../helpers/cli.js'

let folder: string
let keyFile: string
let api: TestApi
const keys = {} as Record<Role, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-api-keys-'))
  keyFile = join(folder, 'keys.json')
  for (const role of ROLES) keys[role] = (await addKey(keyFile, { name: role, role, tenant: null })).key
  api = await startApi({ keyFile })
})
afterAll(async () => {
  await api.close()
  await rm(folder, { recursive: true, force: true })
})

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

type Operation = { description?: string; security?: object[] }
async function operations() {
  const { paths } = (await (await fetch(`${api.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>
  }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const needed = /With keys: role `(\w+)`/.exec(operation.description ?? '')?.[1] as Role | undefined
      const url = api.url + path.replaceAll(/\{\w+\}/g, 'any')
      return { method: method.toUpperCase(), path, url, needed, operation }
    }),
  )
}

describe('without a key', () => {
  it('nothing is told but how the process is, what the API is, and the page', async () => {
    let asked = 0
    for (const { method, path, url, needed, operation } of await operations()) {
      if (needed === undefined) {
        expect(operation.security).toEqual([])
        expect(`${method} ${path}`).toMatch(/^\w+ \/(healthz|readyz|v1\/session)$|^OPTIONS \/v1\/uploads$/i)
        continue
      }
      for (const headers of [{}, bearer('nonsense'), { authorization: 'Basic bWU6bWU=' }]) {
        const response = await fetch(url, { method, headers })
        expect([method, path, response.status]).toEqual([method, path, 401])
        expect(response.headers.get('www-authenticate')).toBe('Bearer realm="ffleet"')
        expect(((await response.json()) as Problem).code).toBe('UNAUTHENTICATED')
        asked += 1
      }
    }
    expect(asked).toBeGreaterThan(60)
    for (const path of ['/', '/jobs/any', '/healthz', '/readyz', '/openapi.json', '/docs/']) {
      expect([path, (await fetch(api.url + path)).status]).toEqual([path, 200])
    }
    expect((await fetch(`${api.url}/nope`)).status).toBe(404)
    expect((await fetch(`${api.url}/v1/jobs`, { method: 'HEAD' })).status).toBe(401)
  })

  it('a watch link works all the same, for its job', async () => {
    const { body: job } = await post(`${api.url}/v1/jobs`, 'Job', aRequest(), bearer(keys.submit))
    const stop = new AbortController()
    const response = await fetch(api.url + job.links.watch, { signal: stop.signal })
    expect(response.status).toBe(200)
    stop.abort()
    expect((await fetch(`${api.url + job.links.watch}x`)).status).toBe(401)
    const other = `${api.url}/v1/jobs/01M82CWC75EH2YYWGVK577ZGCG/events?token=${job.links.watch.split('token=')[1]}`
    expect((await fetch(other)).status).toBe(401)
  })
})

describe('a role', () => {
  it.each(ROLES)('%s may do what it may, and nothing beyond', async (role) => {
    for (const { method, path, needed } of await operations()) {
      if (needed === undefined) continue
      // What a worker may ask stands in no document.
      const isAllowed = role !== 'worker' && ROLES.indexOf(role) >= ROLES.indexOf(needed)
      const url = api.url + path.replaceAll(/\{\w+\}/g, 'any')
      // A question that no route takes: whoever is let in is told so, and nothing happens.
      const { status, body } = await ask<Problem>(`${url}?nope=1`, null, {
        method,
        headers: { ...bearer(keys[role]), 'content-type': 'application/json' },
        ...(method === 'POST' && { body: '{}' }),
      })
      expect([method, path, status, body.code]).toEqual([
        method,
        path,
        isAllowed ? 422 : 403,
        isAllowed ? 'INVALID_REQUEST' : 'FORBIDDEN',
      ])
      if (!isAllowed) expect(body.detail).toContain(`has the role ${role}; this needs ${needed}`)
    }
  })

  it('is told to the log with every change', async () => {
    const { body: job } = await post(`${api.url}/v1/jobs`, 'Job', aRequest(), bearer(keys.submit))
    await post(`${api.url}/v1/jobs/${job.id}/cancel`, 'Job', undefined, bearer(keys.admin))
    await post(`${api.url}/v1/queue/pause`, null, undefined, bearer(keys.submit))
    await expect.poll(() => api.logged.join('')).toContain('/v1/queue/pause')
    const lines = api.logged.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'audit')
    expect(lines).toContainEqual(expect.objectContaining({ by: 'submit', made: job.links.self, status: 202 }))
    expect(lines).toContainEqual(expect.objectContaining({ by: 'admin', url: `/v1/jobs/${job.id}/cancel` }))
    expect(lines).toContainEqual(expect.objectContaining({ by: 'submit', url: '/v1/queue/pause', status: 403 }))
    expect(api.logged.join('')).not.toContain(keys.submit)
  })
})

describe('while it runs', () => {
  it('keys come, change and go', async () => {
    const { key } = await addKey(keyFile, { name: 'late', role: 'read', tenant: null })
    const status = async (each: string) => (await fetch(`${api.url}/v1/queue`, { headers: bearer(each) })).status
    await expect.poll(() => status(key)).toBe(200)
    const next = await rotateKey(keyFile, 'late', 0)
    await expect.poll(() => status(next.key)).toBe(200)
    expect(await status(key)).toBe(401)
    await revokeKey(keyFile, 'late')
    await expect.poll(() => status(next.key)).toBe(401)
  })
})

describe('who uses it', () => {
  it('the client sends the key', async () => {
    const client = new FfleetClient({ baseUrl: api.url, apiKey: keys.submit })
    const job = await client.submit(aRequest())
    await expect(client.pause()).rejects.toMatchObject({ code: 'FORBIDDEN', status: 403 })
    expect((await client.get(job.id)).id).toBe(job.id)
  })

  it('the command line takes it from FFLEET_API_KEY, and says where it comes from', async () => {
    const env = { FFLEET_URL: api.url, FFLEET_KEYS_FILE: keyFile }
    const refused = await cli(['queue'], { env })
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('FFLEET_API_KEY')])
    const made = await cli(['keys', 'add', 'shell', '--role', 'read'], { env })
    expect(made.stdout).toMatch(/^ffleet_\w+_[\w-]+\n$/)
    await expect
      .poll(async () => (await cli(['queue'], { env: { ...env, FFLEET_API_KEY: made.stdout.trim() } })).code)
      .toBe(0)
    const { stdout } = await cli(['keys', 'list'], { env })
    expect(stdout).toMatch(/shell +\w{12} +read/)
    expect(stdout).not.toContain(made.stdout.trim().slice(-43))
    expect((await cli(['keys', 'revoke', 'shell'], { env })).stdout).toBe('shell is revoked.\n')
    expect((await cli(['keys', 'revoke', 'shell'], { env })).code).toBe(1)
    expect((await cli(['keys', 'add', 'x'], { env })).code).toBe(2)
    expect((await cli(['keys', 'list'], { env: {} })).stderr).toContain('FFLEET_KEYS_FILE')
  })
})
