/** A browser signs in with a key, and out again. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addKey, revokeKey } from '../../src/callers/index.js'
import { FfleetClient } from '../../src/client/index.js'
import { aRequest } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { startChromium } from '../helpers/chromium.js'

let folder: string
let keyFile: string
let key: string
let api: TestApi
let browser: Browser

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-sign-in-'))
  keyFile = join(folder, 'keys.json')
  key = (await addKey(keyFile, { name: 'me', role: 'submit', tenant: null })).key
  api = await startApi({ keyFile })
  browser = await startChromium()
})
afterAll(async () => {
  await browser?.close()
  await api?.close()
  await rm(folder, { recursive: true, force: true })
})

test('with a wrong key not, with a right one it sees live jobs in all tabs, and nothing once it is out or the key has ended', async () => {
  const client = new FfleetClient({ baseUrl: api.url, apiKey: key })
  const context = await browser.newContext()
  const page = await context.newPage()
  const broken: string[] = []
  page.on('pageerror', (error) => broken.push(String(error)))
  await page.goto(api.url)
  await page.getByLabel('API key').fill('ffleet_000000000000_wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('This is no valid key of this server.').waitFor()
  expect(await context.cookies()).toEqual([])

  const signIn = async () => {
    await page.getByLabel('API key').fill(key)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
  }
  await signIn()
  expect(await context.cookies()).toMatchObject([{ name: 'ffleet', httpOnly: true, sameSite: 'Strict', path: '/' }])
  expect(await page.evaluate(() => document.cookie)).toBe('')

  const other = await context.newPage()
  await other.goto(api.url)
  for (const each of [page, other]) {
    const { id } = await client.submit(aRequest({ delayMs: 3_600_000 }))
    await each.locator(`a[href$="${id}"]`).first().waitFor()
  }
  const status = (init?: RequestInit) =>
    page.evaluate((given) => fetch('/v1/queue/pause', given).then((response) => response.status), init)
  expect(await status({ method: 'POST' })).toBe(403)

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('API key').waitFor()
  expect(await context.cookies()).toEqual([])
  await signIn()

  await revokeKey(keyFile, 'me')
  await page.getByLabel('API key').waitFor()
  await other.getByLabel('API key').waitFor()
  expect(broken).toEqual([])
  await context.close()
})

test('a cookie alone changes nothing for a page of another site', async () => {
  const { key: fresh } = await addKey(keyFile, { name: 'other', role: 'admin', tenant: null })
  const signIn = () =>
    fetch(`${api.url}/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key: fresh }),
    })
  await expect.poll(async () => (await signIn()).status).toBe(200)
  const [set = ''] = (await signIn()).headers.getSetCookie()
  expect(set).toMatch(/; HttpOnly; SameSite=Strict$/)
  const cookie = set.split(';')[0]!
  const pause = (headers: Record<string, string>) =>
    fetch(`${api.url}/v1/queue/pause`, { method: 'POST', headers: { cookie, ...headers } })
  expect((await pause({ origin: 'https://evil.example' })).status).toBe(403)
  expect((await pause({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect((await pause({ origin: api.url })).status).toBe(200)
  for (const wrong of [`${cookie}x`, cookie.slice(0, -1), 'ffleet=', cookie.replace('.', '.z')]) {
    expect((await fetch(`${api.url}/v1/jobs`, { headers: { cookie: wrong } })).status).toBe(401)
  }
  const session = await fetch(`${api.url}/v1/session`, { headers: { cookie } })
  expect(await session.json()).toMatchObject({ name: 'other', role: 'admin', tenant: null, endsAt: expect.any(String) })
  const stream = await fetch(`${api.url}/v1/events`, { headers: { cookie } })
  expect(stream.status).toBe(200)
  await revokeKey(keyFile, 'other')
  // The stream ends with the key.
  await stream.text()
  expect((await fetch(`${api.url}/v1/session`, { headers: { cookie } })).status).toBe(401)
})
