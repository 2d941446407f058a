/** What the page says when jobs wait and nobody takes them, and how the fleet is steered from it. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChromium } from '../helpers/chromium.js'
import { PACED, startFleet } from '../helpers/fleet-stack.js'
import { encodersIn } from '../helpers/invariants.js'
import { long } from '../helpers/long.js'
import type { Stack } from '../helpers/stack.js'
import { openPage } from '../helpers/watch-page.js'

let stack: Stack
let browser: Browser

beforeAll(async () => {
  stack = await startFleet({ env: PACED })
  browser = await startChromium()
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

const submit = async (input: string) => (await stack.client.submit({ input, outputs: [{ preset: 'tiny' }] })).id

long('a worker that is gone leaves jobs that wait: the list says so until one comes', async () => {
  const doomed = await stack.startWorker()
  const id = await submit('long.mp4')
  const { page, broken } = await openPage(browser, stack.baseUrl)
  await page.locator(`#row-${id}[data-state=active]`).waitFor()
  await submit('in.mp4')
  await page.locator('.rows .row[data-state=queued]').waitFor()
  const notice = page.locator('main .notice')
  expect(await notice.count()).toBe(0)
  doomed.signal('SIGKILL')
  await doomed.ended
  await expect.poll(() => notice.textContent()).toMatch(/wait.*: no worker is running\./)
  await notice.getByRole('link').click()
  await page.getByText('No worker is there.').waitFor()
  const next = await stack.startWorker()
  await page.locator('.workers > li[data-state=running]').waitFor()
  await page.goBack()
  await notice.waitFor({ state: 'detached' })
  await page.locator(`#row-${id}[data-state=completed]`).waitFor()
  expect(broken).toEqual([])
  await page.close()
  next.signal('SIGTERM')
  await next.ended
})

test('the queue is paused from the page, the list says so, and it goes on from there', async () => {
  await stack.startWorker()
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/workers`)
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
  await page.getByText('Paused: nothing new is started.').waitFor()
  const id = await submit('in.mp4')
  const { page: own } = await openPage(browser, `${stack.baseUrl}/jobs/${id}`)
  await own.getByText('1 job waits: the queue is paused.').waitFor()
  await own.close()
  const { page: list } = await openPage(browser, stack.baseUrl)
  await list.getByText('1 job waits: the queue is paused.').waitFor()
  await page.getByRole('button', { name: 'Resume' }).click()
  await list.locator(`#row-${id}[data-state=completed]`).waitFor()
  await list.getByText('the queue is paused').waitFor({ state: 'detached' })
  await page.reload()
  // Two bars where its minute turned meanwhile.
  const made = page
    .getByRole('img', { name: 'Media per second over the last hour' })
    .locator('[data-state=active]')
    .first()
  expect(await made.evaluate((bar: SVGRectElement) => bar.height.baseVal.value)).toBeGreaterThan(0)
  expect(broken).toEqual([])
  await page.close()
  await list.close()
})

test('a worker is drained from the page: it finishes what it runs, and goes', async () => {
  const id = await submit('long.mp4')
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/workers`)
  await page.locator('.slots .percent').filter({ hasText: '%' }).waitFor()
  // It must not be done before somebody has read what the list says.
  const encoders = await encodersIn(stack.outputRoot)
  for (const pid of encoders) process.kill(pid, 'SIGSTOP')
  await page.getByRole('button', { name: 'Drain …' }).click()
  const [worker] = await stack.client.workers()
  await page.getByRole('dialog').getByText(`Drain ${worker!.id}?`).waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Drain' }).click()
  await page.locator('.workers > li[data-state=draining]').waitFor()
  const other = await submit('in.mp4')
  const { page: list } = await openPage(browser, stack.baseUrl)
  await list.getByText('1 job waits: every worker is about to end and takes no more.').waitFor()
  for (const pid of encoders) process.kill(pid, 'SIGCONT')
  expect(await stack.workers.at(-1)!.ended).toEqual({ code: 0, signal: null })
  await page.getByText('No worker is there.').waitFor()
  await list.locator(`#row-${id}[data-state=completed]`).waitFor()
  expect(await list.locator(`#row-${other}`).getAttribute('data-state')).toBe('queued')
  expect(broken).toEqual([])
  await page.close()
  await list.close()
  await stack.client.cancel(other)
})

long('what a worker hands back as it ends is queued again, on every page', async () => {
  const worker = await stack.startWorker({ FFLEET_DRAIN_TIMEOUT_MS: '100' })
  const id = await submit('long.mp4')
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/jobs/${id}`)
  const { page: list } = await openPage(browser, stack.baseUrl)
  await page.locator('.now .percent').filter({ hasText: '%' }).waitFor()
  await list.locator(`#row-${id}[data-state=active]`).waitFor()
  worker.signal('SIGTERM')
  await worker.ended
  await list.locator(`#row-${id}[data-state=queued]`).waitFor()
  await page.locator('.now .state[data-state=queued]').waitFor()
  expect(broken).toEqual([])
  await page.close()
  await list.close()
})
