/** Who may see what was used, and how the command line shows it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addKey } from '../../src/callers/index.js'
import { FfleetClient } from '../../src/client/index.js'
import type { Problem, Usage } from '../../src/contract/index.js'
import { ask } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { cli } from '../helpers/cli.js'
import { startScriptedWorker, talking } from '../helpers/scripted-worker.js'

let folder: string
let api: TestApi
const keys: Record<string, string> = {}
const today = () => new Date().toISOString().slice(0, 10)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-api-usage-'))
  const keyFile = join(folder, 'keys.json')
  for (const [name, role, tenant] of [
    ['shop', 'submit', 'shop'],
    ['blog', 'admin', 'blog'],
    ['none', 'operate', null],
    ['boss', 'admin', null],
  ] as const) {
    keys[name] = (await addKey(keyFile, { name, role, tenant })).key
  }
  api = await startApi({ keyFile })
  const worker = await startScriptedWorker(api.redisUrl)
  worker.work(talking(3))
  await mkdir(join(api.mediaRoot, 'shop'))
  await writeFile(join(api.mediaRoot, 'shop/in.mp4'), 'a shop')
  for (const [name, input] of [
    ['shop', 'shop/in.mp4'],
    ['none', 'in.mp4'],
    ['none', 'in.mp4'],
  ] as const) {
    const client = new FfleetClient({ baseUrl: api.url, apiKey: keys[name]! })
    await client.wait((await client.submit({ input, outputs: [{ preset: 'h264-360p' }] })).id)
  }
  await worker.close()
})
afterAll(async () => {
  await api?.close()
  await rm(folder, { recursive: true, force: true })
})

const usage = async (name: string, query = '') => {
  const headers = { authorization: `Bearer ${keys[name]}` }
  return ask<Usage & Problem>(`${api.url}/v1/usage${query}`, 'Usage', { headers })
}
const whose = async (name: string, query = '') =>
  (await usage(name, query)).body.items.map(({ tenant, jobs, inputBytes }) => [tenant, jobs.completed, inputBytes])

describe('GET /v1/usage', () => {
  it('tells each key its own, and all to `admin` without a tenant', async () => {
    const [none, shop] = [
      [null, 2, 26],
      ['shop', 1, 6],
    ]
    expect(await whose('boss')).toEqual([none, shop])
    expect(await whose('boss', '?tenant=shop')).toEqual([shop])
    expect(await whose('shop')).toEqual([shop])
    expect(await whose('shop', '?tenant=shop')).toEqual([shop])
    expect(await whose('none')).toEqual([none])
    expect(await whose('blog')).toEqual([])
    for (const name of ['blog', 'none']) {
      expect(await usage(name, '?tenant=shop')).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
    }
  })

  it('takes days, at most 400 of them, and says which it took', async () => {
    expect((await usage('boss', '?from=2026-01-30&to=2026-02-01')).body).toEqual({
      from: '2026-01-30',
      to: '2026-02-01',
      items: [],
    })
    const { from, to } = (await usage('boss', '?to=2026-03-01')).body
    expect([from, to]).toEqual(['2026-01-31', '2026-03-01'])
    for (const [query, said] of [
      ['?from=2026-02-02&to=2026-02-01', 'is after'],
      ['?from=2025-01-01&to=2026-02-05', 'At most 400 days'],
    ]) {
      const { status, body } = await usage('boss', query)
      expect([status, body.detail, body.errors.map(({ pointer }) => pointer)]).toEqual([
        422,
        expect.stringContaining(said!),
        ['/query/from'],
      ])
    }
    expect((await usage('boss', '?from=2025-01-01&to=2026-02-04')).status).toBe(200)
    for (const query of ['?from=2026-02-30', '?from=yesterday', '?tenant=A', '?tenant=']) {
      expect([query, (await usage('boss', query)).status]).toEqual([query, 422])
    }
  })
})

describe('ffleet usage', () => {
  const run = (...args: string[]) =>
    cli(['usage', ...args], { env: { FFLEET_URL: api.url, FFLEET_API_KEY: keys.boss! } })

  it('is a table with its sums, lines of JSON, or CSV', async () => {
    const table = (await run('--from', '7d')).stdout.trimEnd().split('\n')
    expect(table.map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ['DAY', 'TENANT', 'DONE'],
      [today(), '-', '2'],
      [today(), 'shop', '1'],
      ['total', '3', '0'],
    ])
    expect(table[2]).toContain('6 B')
    const lines = (await run('--json')).stdout.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).tenant)).toEqual([null, 'shop'])
    const [head, ...rows] = (await run('--csv', '--tenant', 'shop')).stdout.trimEnd().split('\r\n')
    expect(head).toBe('day,tenant,completed,failed,cancelled,attempts,cpuMs,mediaMs,outputMs,inputBytes,outputBytes')
    // Nobody measured CPU time: no figure, and not 0.
    expect(rows).toEqual([`${today()},shop,1,0,0,1,,0,0,6,0`])
    expect((await run('--from', '2026-01-01', '--to', '2026-01-02')).stdout).toBe(
      'Nothing ended from 2026-01-01 to 2026-01-02.\n',
    )
  })
})
