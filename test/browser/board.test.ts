/** bull-board at /admin/queues, behind the same keys. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addKey } from '../../src/callers/index.js'
import { FfleetClient } from '../../src/client/index.js'
import { aRequest } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { startChromium } from '../helpers/chromium.js'

const BOARD = '/admin/queues'
let folder: string
let api: TestApi
let browser: Browser
const keys: Record<string, string> = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-board-'))
  const keyFile = join(folder, 'keys.json')
  const callers = [
    { name: 'boss', role: 'admin', tenant: null },
    { name: 'operator', role: 'operate', tenant: null },
    { name: 'shop', role: 'admin', tenant: 'shop' },
  ] as const
  for (const caller of callers) keys[caller.name] = (await addKey(keyFile, caller)).key
  api = await startApi({ keyFile })
  browser = await startChromium()
})
afterAll(async () => {
  await browser?.close()
  await api?.close()
  await rm(folder, { recursive: true, force: true })
})

test.each(['', '/', '/queue/transcode', '/api/queues', '/static/js/none.js'])(
  '%s answers nobody but who administers the whole fleet',
  async (path) => {
    const status = async (name?: string) => {
      const headers = name === undefined ? {} : { authorization: `Bearer ${keys[name]}` }
      const answer = await fetch(api.url + BOARD + path, { headers })
      await answer.arrayBuffer()
      return answer.status
    }
    expect(await status()).toBe(401)
    expect(await status('operator')).toBe(403)
    expect(await status('shop')).toBe(403)
    expect(await status('boss')).toBe(path.includes('none') ? 404 : 200)
  },
)

test('what goes wrong in it is told as everywhere', async () => {
  const answer = await fetch(`${api.url}${BOARD}/api/queues/none/pause`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${keys.boss}` },
  })
  expect(answer.status).toBe(404)
  expect(await answer.text()).not.toContain('node_modules')
})

test('who is signed in sees the jobs, and what is changed there holds and leaves a line', async () => {
  const client = new FfleetClient({ baseUrl: api.url, apiKey: keys.boss! })
  const { id } = await client.submit(aRequest({ delayMs: 3_600_000 }))
  const page = await (await browser.newContext()).newPage()
  const broken: string[] = []
  page.on('pageerror', (error) => broken.push(String(error)))
  await page.goto(api.url)
  await page.getByLabel('API key').fill(keys.boss!)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()

  await page.goto(`${api.url}${BOARD}/queue/transcode?status=delayed`)
  await page.getByText(id).first().waitFor()
  // Its link leads to the job's own page.
  const [opened] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('link', { name: 'ffleet', exact: true }).first().click(),
  ])
  await opened.waitForURL(`${api.url}/jobs/${id}`)

  await page.evaluate((path) => fetch(path, { method: 'PUT' }), `${BOARD}/api/queues/transcode/pause`)
  expect(await client.queue()).toMatchObject({ paused: true })
  const audit = api.logged.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'audit')
  expect(audit).toContainEqual(
    expect.objectContaining({ by: 'boss', url: `${BOARD}/api/queues/transcode/pause`, status: 200 }),
  )
  expect(broken).toEqual([])
})
