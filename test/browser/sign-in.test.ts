/** A browser signs in with a key, and out again. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addKey, revokeKey } from '../../src/callers/index.js'
import { FfleetClient } from '../../src/client/index.js'
import { aRequest } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { startChromium } from '../helpers/chromium.js'
import { some } from '../helpers/long.js'

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

test.each(
  some(
    [
      ['read', null, 'light'],
      ['read', null, 'dark'],
      ['operate', 'shop', 'light'],
      ['admin', null, 'light'],
    ] as const,
    2,
  ),
)(
  'a key of role %s and tenant %s is offered what it may do, and told why not the rest (%s)',
  async (role, tenant, colorScheme) => {
    const name = `${role}-${tenant ?? 'none'}-${colorScheme}`
    const { key: own } = await addKey(keyFile, { name, role, tenant })
    const { key: sender } = await addKey(keyFile, { name: `${name}-sender`, role: 'admin', tenant })
    if (tenant !== null) {
      await mkdir(join(api.mediaRoot, tenant), { recursive: true })
      await writeFile(join(api.mediaRoot, tenant, 'in.mp4'), 'not looked at')
    }
    const input = tenant === null ? 'in.mp4' : `${tenant}/in.mp4`
    const client = new FfleetClient({ baseUrl: api.url, apiKey: sender })
    const isKnown = () =>
      client.presets().then(
        () => true,
        () => false,
      )
    await expect.poll(isKnown).toBe(true)
    const { id } = await client.submit(aRequest({ input, delayMs: 3_600_000 }))
    const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 800 } })
    try {
      const page = await context.newPage()
      await page.goto(`${api.url}/jobs/${id}`)
      await page.getByLabel('API key').fill(own)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('button', { name: 'Sign out' }).waitFor()

      const maySubmit = role !== 'read'
      const mayOperate = role !== 'read' && tenant === null
      const noRole = `The key ${name} has the role read; this needs submit.`
      const isTold = (text: string, told: boolean) => expect.poll(() => page.getByText(text).count()).toBe(told ? 1 : 0)
      const offered = (button: string | RegExp, may: boolean) =>
        expect.poll(() => page.getByRole('button', { name: button }).first().isEnabled()).toBe(may)
      await offered('Cancel …', maySubmit)
      await isTold(noRole, !maySubmit)
      await picture(page, `job-${name}`)

      await page.goto(`${api.url}/workers`)
      await offered(/^(Pause|Resume)/, mayOperate)
      const ofTheFleet = `This is of the whole fleet; your key belongs to the tenant ${tenant}.`
      // Beside what it may not do, and in the place of the workers.
      await expect.poll(() => page.getByText(ofTheFleet).count()).toBe(tenant === null ? 0 : 2)
      await isTold(`The key ${name} has the role read; this needs operate.`, role === 'read')
      await picture(page, `fleet-${name}`)

      await page.goto(`${api.url}/new?from=${id}`)
      await offered('Send', maySubmit)
      await isTold(noRole, !maySubmit)

      await page.goto(api.url)
      await page.locator(`#row-${id} input[type=checkbox]`).check()
      await offered('Cancel …', maySubmit)
      await isTold(noRole, !maySubmit)
      await page.keyboard.press('c')
      await expect.poll(() => page.getByRole('dialog').count()).toBe(maySubmit ? 1 : 0)
      if (maySubmit) await page.keyboard.press('Escape')
      await picture(page, `jobs-${name}`)
      if (role === 'read') {
        await page.getByLabel('Language').selectOption('ja')
        await page.getByText(`キー ${name} の権限は read です。この操作には submit が必要です。`).waitFor()
      }
    } finally {
      await context.close()
    }
  },
)

/** With FFLEET_PICTURES_IN they are kept, for whoever changes the page to look at. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.FFLEET_PICTURES_IN
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) })
}
