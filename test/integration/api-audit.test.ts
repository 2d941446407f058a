/** Who changed what, or tried to, stands in the log. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACCESS } from '../../src/api/callers/access.js'
import { addKey } from '../../src/callers/index.js'
import { ROLES, type Role } from '../../src/contract/index.js'
import { startApi, type TestApi } from '../helpers/api-server.js'

let folder: string
let api: TestApi
const keys = {} as Record<Role, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-api-audit-'))
  const keyFile = join(folder, 'keys.json')
  for (const role of ROLES) keys[role] = (await addKey(keyFile, { name: `of-${role}`, role, tenant: null })).key
  api = await startApi({ keyFile, limits: { reads: 0, changes: 100, unknown: 0, streams: 0 } })
})
afterAll(async () => {
  await api?.close()
  await rm(folder, { recursive: true, force: true })
})

const changes = Object.entries(ACCESS).flatMap(([row, needed]) => {
  const [method = '', route = ''] = row.split(' ')
  return method === 'GET' || method === 'OPTIONS'
    ? []
    : [{ method, needed, path: route.replaceAll(/:\w+/g, '01M82CWC75EH2YYWGVK577ZGCG') }]
})
const isRole = (needed: string): needed is Role => (ROLES as readonly string[]).includes(needed)
const told = () => api.logged.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'audit')

async function change(path: string, method: string, headers: Record<string, string>, body?: object) {
  const before = told().length
  const json: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(api.url + path, {
    method,
    headers: { ...headers, ...json },
    ...(body && { body: JSON.stringify(body) }),
  })
  await response.arrayBuffer()
  return {
    status: response.status,
    lines: async () => told().slice(before),
    cookie: response.headers.get('set-cookie'),
  }
}

describe('every change', () => {
  it.each(changes.filter(({ needed }) => isRole(needed)))(
    '$method $path leaves one line',
    async ({ method, path, needed }) => {
      for (const role of ROLES) {
        const { status, lines } = await change(path, method, { authorization: `Bearer ${keys[role]}` })
        await expect
          .poll(lines)
          .toEqual([expect.objectContaining({ by: `of-${role}`, key: expect.any(String), method, url: path, status })])
        const isAllowed = role !== 'worker' && ROLES.indexOf(role) >= ROLES.indexOf(needed as Role)
        expect([role, status === 403]).toEqual([role, !isAllowed])
      }
    },
  )

  it('of a browser does, too: signing in and out, and what a page of another site tried', async () => {
    const open = changes.filter(({ needed }) => !isRole(needed)).map(({ method, path }) => `${method} ${path}`)
    expect(open).toEqual(['POST /v1/session', 'DELETE /v1/session'])
    const signedIn = await change('/v1/session', 'POST', {}, { key: keys.operate })
    await expect.poll(signedIn.lines).toEqual([expect.objectContaining({ by: 'of-operate', status: 200 })])
    const cookie = signedIn.cookie!.split(';', 1)[0]!
    const foreign = await change('/v1/queue/pause', 'POST', { cookie, origin: 'https://elsewhere.example' })
    await expect
      .poll(foreign.lines)
      .toEqual([expect.objectContaining({ by: 'of-operate', url: '/v1/queue/pause', status: 403 })])
    const signedOut = await change('/v1/session', 'DELETE', { cookie })
    await expect.poll(signedOut.lines).toEqual([expect.objectContaining({ by: 'of-operate', status: 204 })])
  })

  it('is told without its secrets, and not when it is one too many', async () => {
    const path = '/v1/queue/resume'
    const headers = { authorization: `Bearer ${keys.submit}` }
    let last = await change(path, 'POST', headers)
    while (last.status !== 429) last = await change(path, 'POST', headers)
    const marker = await change(path, 'POST', { authorization: `Bearer ${keys.admin}` })
    await expect.poll(marker.lines).toEqual([expect.objectContaining({ by: 'of-admin', status: 200 })])
    expect(told().filter(({ status }) => status === 429)).toEqual([])
    for (const key of Object.values(keys)) expect(api.logged.join('')).not.toContain(key.slice(-43))
  })
})
