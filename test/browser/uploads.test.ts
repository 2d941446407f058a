/** Files dropped on the form for new jobs: sent, cut, gone on with after a reload, refused, taken back. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import { addKey } from '../../src/callers/index.js'
import { problemsOf } from '../helpers/accessibility.js'
import { startApi } from '../helpers/api-server.js'
import { startChromium } from '../helpers/chromium.js'
import { dropFiles, limitSending } from '../helpers/drop-files.js'
import { startFleet } from '../helpers/fleet-stack.js'
import { long } from '../helpers/long.js'
import type { Stack } from '../helpers/stack.js'
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.js'
import { openPage } from '../helpers/watch-page.js'

const MAX_BYTES = 3_000_000
const SLOW = 500_000

let stack: Stack
let proxy: TcpProxy
let browser: Browser
let context: BrowserContext
let page: Page
let broken: readonly string[]
/** `Upload-Offset` of each request that sent bytes. */
let offsets: number[]
const files: Record<'film' | 'other' | 'large', string> = {
  film: 'my film.mp4',
  other: '映画 & "more".mp4',
  large: 'large.mp4',
}

beforeAll(async () => {
  stack = await startFleet({ env: { FFLEET_MAX_INPUT_BYTES: String(MAX_BYTES) } }, {})
  proxy = await startTcpProxy({ port: Number(new URL(stack.baseUrl).port) })
  browser = await startChromium()
  const folder = join(stack.folder, 'mine')
  await mkdir(join(folder, 'a folder'), { recursive: true })
  const clip = await readFile(await makeClip('h264-aac'))
  for (const [name, file] of Object.entries(files)) {
    // A box of MP4 that says to be nothing, so that it takes its time to be sent.
    const free = Buffer.alloc(name === 'large' ? MAX_BYTES : 1_000_000)
    free.writeUInt32BE(free.length)
    free.write('free', 4)
    files[name as keyof typeof files] = join(folder, file)
    await writeFile(join(folder, file), Buffer.concat([clip, free]))
  }
})
afterAll(async () => {
  await browser?.close()
  await proxy?.close()
  await stack?.stop()
})
beforeEach(async () => {
  context = await browser.newContext()
  await open(`http://127.0.0.1:${proxy.port}/new`)
  await takesFiles()
})
afterEach(async () => {
  expect(broken).toEqual([])
  await context.close()
})

async function open(url: string) {
  ;({ page, broken } = await openPage(context, url))
  offsets = []
  page.on('request', (request) => {
    if (request.method() === 'PATCH') offsets.push(Number(request.headers()['upload-offset']))
  })
}

/** Files that are dropped before the page knows what the caller may do are let fall. */
const takesFiles = () => page.locator('input[type=file]:enabled').waitFor({ state: 'attached' })
const choose = (...paths: string[]) => page.getByLabel('Choose files').setInputFiles(paths)
const row = (file: string) => page.locator('.upload', { hasText: file.split('/').at(-1)! })
const preset = () => page.locator('fieldset select').first().selectOption('tiny')
const sends = (file: string, state: string) =>
  row(file)
    .and(page.locator(`[data-send="${state}"]`))
    .waitFor()
const share = async (file: string) => Number(await row(file).getByRole('progressbar').getAttribute('aria-valuenow'))

test('a dropped file goes on when the server is back, and by itself after a reload; its job was sent before it was whole', async () => {
  await limitSending(page, SLOW)
  await dropFiles(page, [files.film])
  await expect.poll(() => share(files.film)).toBeGreaterThan(5)
  proxy.refuse()
  proxy.cut()
  await sends(files.film, 'away')
  await row(files.film).getByText('The server is not reached').waitFor()
  proxy.accept()
  await sends(files.film, 'sending')
  await expect.poll(() => offsets.at(-1)).toBeGreaterThan(0)

  await preset()
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await page.waitForURL(/\/jobs\/\w{26}$/)
  await page.getByText('waits for a file that is being sent').waitFor()
  const before = offsets.at(-1)!
  await page.reload()
  await sends(files.film, 'sending')
  await expect.poll(() => offsets.at(-1)).toBeGreaterThan(before)
  await limitSending(page, Number.POSITIVE_INFINITY)
  await row(files.film).waitFor({ state: 'detached' })
  await stack.startWorker()
  await page.locator('.now .state[data-state=completed]').waitFor()
  await page.reload()
  await page.locator('.now .state[data-state=completed]').waitFor()
  expect(await page.locator('.upload').count()).toBe(0)
  expect(await page.locator('h1').textContent()).toBe('my film.mp4')
})

test('chosen files make a job each, or one; after a reload they are chosen again, and none is sent twice', async () => {
  await limitSending(page, SLOW)
  await choose(files.film, files.other)
  for (const file of [files.film, files.other]) await expect.poll(() => share(file)).toBeGreaterThan(5)
  await page.reload()
  for (const file of [files.film, files.other]) await sends(file, 'left')
  await row(files.other).getByText('choose or drop the same file again').waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await problemsOf(page)).toEqual([])
  }
  await page.setViewportSize({ width: 360, height: 740 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth), 'no wider than a phone').toBe(360)
  expect(await page.getByRole('button', { name: /^Send/ }).isDisabled()).toBe(true)
  offsets.length = 0
  await limitSending(page, Number.POSITIVE_INFINITY)
  await dropFiles(page, [files.other, files.film, join(files.film, '../a folder')])
  await page.getByRole('alert').getByText('a folder').waitFor()
  for (const file of [files.film, files.other]) await sends(file, 'whole')
  expect(await page.locator('.upload').count()).toBe(2)
  expect(offsets).toEqual([expect.any(Number), expect.any(Number)])
  expect(offsets.every((offset) => offset > 0)).toBe(true)

  await preset()
  await page.getByLabel('One job of all').check()
  await page.getByLabel('Crossfade between them').fill('500')
  expect(JSON.parse((await page.locator('.copy pre').first().textContent())!)).toMatchObject({
    inputs: [expect.stringMatching(/^upload:/), { uri: expect.stringMatching(/^upload:/), crossfadeMs: 500 }],
  })
  await page.getByLabel('A job for each file').check()
  await page.locator('.field:has(> span:text-is("path")) input').fill('same.mp4')
  await page.getByText('Each job would write to this path').waitFor()
  expect(await page.getByRole('button', { name: 'Send 2 jobs' }).isDisabled()).toBe(true)
  await page.locator('.field:has(> span:text-is("path")) input').fill('')
  await page.getByRole('button', { name: 'Send 2 jobs' }).click()
  await expect.poll(() => page.locator('.row .state[data-state=completed]').count()).toBe(3)
  expect(await page.locator('.upload').count()).toBe(0)
  expect(await page.locator('.row .name').allTextContents()).toEqual([
    '映画 & "more".mp4',
    'my film.mp4',
    'my film.mp4',
  ])
})

test('a file that is too large is refused with the limit, and what was begun is taken back by keyboard', async () => {
  await limitSending(page, SLOW)
  await choose(files.large, files.film)
  await sends(files.large, 'refused')
  await row(files.large).getByText(String(MAX_BYTES)).waitFor()
  expect(await page.getByRole('button', { name: /^Send/ }).isDisabled()).toBe(true)
  await row(files.large).getByRole('button', { name: 'Take back' }).press('Enter')
  await row(files.large).waitFor({ state: 'detached' })
  await sends(files.film, 'sending')
  const request = JSON.parse((await page.locator('.copy pre').first().textContent())!) as { input: string }
  const upload = `${stack.baseUrl}/v1/uploads/${request.input.replace('upload:', '')}`
  expect((await fetch(upload)).status).toBe(200)
  await row(files.film).getByRole('button', { name: 'Take back' }).press('Enter')
  await page.getByLabel('Path in the media root').waitFor()
  await expect.poll(async () => (await fetch(upload)).status).toBe(404)
  await page.reload()
  await page.getByLabel('Path in the media root').waitFor()
  expect(await page.locator('.upload').count()).toBe(0)
})

long('who is signed out meanwhile signs in again, and the file goes on', async () => {
  const keyFile = join(stack.folder, 'keys.json')
  const { key } = await addKey(keyFile, { name: 'me', role: 'submit', tenant: null })
  const api = await startApi({ keyFile })
  const signIn = async () => {
    await page.getByLabel('API key').fill(key)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    await takesFiles()
  }
  try {
    await page.close()
    await open(`${api.url}/new`)
    await signIn()
    await context.clearCookies()
    await dropFiles(page, [files.film])
    await page.getByLabel('API key').waitFor()
    await signIn()
    await limitSending(page, SLOW)
    await dropFiles(page, [files.film])
    await expect.poll(() => share(files.film)).toBeGreaterThan(5)
    await context.clearCookies()
    // What is sent is let in already; the next request is not.
    await page.evaluate(() => fetch('/v1/queue'))
    await page.reload()
    await signIn()
    await sends(files.film, 'sending')
    await expect.poll(() => offsets.at(-1)).toBeGreaterThan(0)
  } finally {
    await page.close()
    await api.close()
  }
})
