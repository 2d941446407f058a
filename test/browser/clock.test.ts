/** The clock of the browser is an hour off: what the page says is by that of the server. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChromium } from '../helpers/chromium.js'
import { PACED, startFleet } from '../helpers/fleet-stack.js'
import type { Stack } from '../helpers/stack.js'
import { openPage } from '../helpers/watch-page.js'

const HOUR_MS = 3_600_000
const SECONDS = /^(heard )?\d+(\.\d)? s ago$/

let stack: Stack
let browser: Browser

beforeAll(async () => {
  stack = await startFleet({ env: { ...PACED, FFLEET_SLOTS: '2' } })
  await stack.startWorker()
  browser = await startChromium()
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

test.each([
  ['ahead', HOUR_MS],
  ['behind', -HOUR_MS],
])('%s', async (_, offMs) => {
  const context = await browser.newContext()
  await context.addInitScript((ms) => {
    const Real = Date
    const now = () => Real.now() + ms
    globalThis.Date = new Proxy(Real, {
      construct: (target, given) => Reflect.construct(target, given.length === 0 ? [now()] : given),
      get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
    })
  }, offMs)
  const outputs = [{ preset: 'tiny' }]
  const done = await stack.client.wait((await stack.client.submit({ input: 'in.mp4', outputs })).id)
  const { id } = await stack.client.submit({ input: 'long.mp4', outputs })

  const { page, broken } = await openPage(context, stack.baseUrl)
  expect(Math.abs((await page.evaluate(() => Date.now())) - Date.now())).toBeGreaterThan(HOUR_MS / 2)
  await page.locator(`#row-${id} .percent`).filter({ hasText: '%' }).waitFor()
  for (const each of [done.id, id]) {
    await expect.poll(() => page.locator(`#row-${each} .cell-age`).textContent()).toMatch(SECONDS)
  }
  await page.locator(`#row-${id} .name`).click()
  await page.locator('.now .percent').filter({ hasText: '%' }).waitFor()
  expect(await page.locator('.now-head .figure').textContent()).toMatch(SECONDS)
  expect(await page.locator('.job-head time').textContent()).toMatch(SECONDS)
  // An attempt that runs has run for seconds, and fills its line.
  expect(await page.locator('.phases li > .figure').last().textContent()).toMatch(/^\d+(\.\d)? s$/)
  await page.getByRole('navigation').getByText('Fleet').click()
  await expect.poll(() => page.locator('.worker-head .figure').textContent()).toMatch(/heard \d+(\.\d)? s ago$/)
  expect(broken).toEqual([])
  await context.close()
  await stack.client.cancel(id).catch(() => {})
})
