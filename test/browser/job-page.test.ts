/** What the page of a job says when something is wrong with it. */
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { JobRequest } from '../../src/contract/index.js'
import { startChromium } from '../helpers/chromium.js'
import { PACED, program, startFleet } from '../helpers/fleet-stack.js'
import { long } from '../helpers/long.js'
import type { Stack } from '../helpers/stack.js'
import { openPage } from '../helpers/watch-page.js'

let stack: Stack
let browser: Browser

beforeAll(async () => {
  stack = await startFleet(
    {},
    { 'in.mp4': 'h264-aac', 'long.mp4': 'h264-aac-6s', 'cut.mp4': 'truncated-faststart', 'many.mkv': 'sixty-streams' },
  )
  browser = await startChromium()
})
afterEach(async () => {
  for (const worker of stack.workers.splice(0)) {
    worker.signal('SIGKILL')
    await worker.ended
  }
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

const submit = async (more: Partial<JobRequest> = {}) =>
  (await stack.client.submit({ input: 'in.mp4', outputs: [{ preset: 'tiny' }], ...more })).id
const withFfmpeg = (file: string, more: Record<string, string> = {}) =>
  stack.startWorker({ FFLEET_FFMPEG: program(file), ...more })

long('ffmpeg that runs and does not advance is shown as stalled, in the list too', async () => {
  await withFfmpeg('reports-but-never-advances.mjs', { FFLEET_STALL_TIMEOUT_MS: '60000' })
  const id = await submit()
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/jobs/${id}`)
  await page.locator('.now .state[data-stalled]').waitFor()
  expect(await page.locator('.now .state').textContent()).toBe('stalled')
  await page.getByText('ffmpeg runs, but media time has stood still for').waitFor()
  await page.getByRole('navigation').getByText('Jobs').click()
  await expect.poll(() => page.locator(`#row-${id} .state`).textContent()).toBe('stalled')
  expect(broken).toEqual([])
  await page.close()
  await stack.client.cancel(id)
})

test('a job that failed says why, and shows the line of the log that says it, as often as asked', async () => {
  await withFfmpeg('exits-with-code.mjs', { FFLEET_STAND_IN_STDERR: 'Something [odd] "went" (wrong) <here>' })
  const id = await submit()
  await stack.client.wait(id)
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/jobs/${id}`)
  expect(await page.locator('.diagnosis').textContent()).toContain('ENCODER_FAILED')
  const show = page.getByRole('button', { name: 'Show in the log' })
  const search = page.getByRole('searchbox', { name: 'Search the log' })
  for (let times = 0; times < 2; times++) {
    await show.click()
    await expect
      .poll(() => page.locator('.line[data-found]').allTextContents())
      .toEqual([expect.stringContaining('Something [odd] "went" (wrong) <here>')])
    expect(await page.locator('.lines').evaluate((log) => log === document.activeElement)).toBe(true)
    await search.fill('no such line')
    await page.getByText('No line fits.').waitFor()
  }
  expect(broken).toEqual([])
  await page.close()
})

long('the line is found also where it names a file', async () => {
  await stack.startWorker()
  const id = await submit({ input: 'cut.mp4' })
  await stack.client.wait(id)
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/jobs/${id}`)
  await page.getByRole('button', { name: 'Show in the log' }).click()
  const found = page.locator('.line[data-found]')
  await found.waitFor()
  expect(await page.locator('.lines .line').count(), 'what stands around it is shown').toBeGreaterThan(1)
  const seen = await found.evaluate((line) => {
    const [own, log] = [line.getBoundingClientRect(), line.parentElement!.getBoundingClientRect()]
    return own.top >= log.top && own.bottom <= log.bottom
  })
  expect(seen, 'the line is in sight').toBe(true)
  expect(broken).toEqual([])
  await page.close()
})

long('the line is shown of the attempt that it is of', async () => {
  const env = { FFLEET_STAND_IN_STDERR: 'No space left on device' }
  await withFfmpeg('exits-with-code.mjs', env)
  const id = await submit({ maxAttempts: 2 })
  await stack.client.wait(id)
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/jobs/${id}`)
  await expect.poll(() => page.locator('.diagnosis').count()).toBe(2)
  const attempt = page.getByRole('combobox', { name: 'Try' })
  expect(await attempt.inputValue()).toBe('2')
  await page.locator('.diagnosis').last().getByRole('button', { name: 'Show in the log' }).click()
  await expect.poll(() => attempt.inputValue()).toBe('1')
  await page.locator('.line[data-found]').waitFor()
  expect(broken).toEqual([])
  await page.close()
})

long('a job that kills its workers is poisoned, and its page tells of every attempt', async () => {
  const id = await submit({ input: 'long.mp4' })
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/jobs/${id}`)
  await page.getByText('No attempt has begun yet.').waitFor()
  for (const attempt of [1, 2]) {
    const doomed = await stack.startWorker({ ...PACED, FFLEET_POISON_STARTS: '2' })
    await page.getByText(`Attempt ${attempt} of 3`).waitFor()
    await page.locator('.now .percent').filter({ hasText: '%' }).waitFor()
    doomed.signal('SIGKILL')
    await doomed.ended
  }
  await stack.startWorker({ FFLEET_POISON_STARTS: '2' })
  await page.locator('.now .state[data-state=failed]').waitFor()
  await expect.poll(() => page.locator('main').textContent()).toContain('POISONED')
  await expect.poll(() => page.locator('.phases .why[data-outcome=lost]').count()).toBe(2)
  expect(broken).toEqual([])
  await page.close()
})

long('a file of 60 streams shows the first, and the others when asked', async () => {
  await stack.startWorker()
  const id = await submit({ input: 'many.mkv' })
  await stack.client.wait(id)
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/jobs/${id}`)
  const input = page.locator('section', { has: page.getByRole('heading', { name: 'Input' }) })
  await expect.poll(() => input.locator('.streams li:visible').count()).toBe(8)
  await input.getByText('52 more streams').click()
  expect(await input.locator('.streams li:visible').count()).toBe(60)
  expect(broken).toEqual([])
  await page.close()
})

test('what the webhook of a job was told stands on its page', async () => {
  const id = await submit({
    webhook: { url: 'https://hooks.invalid/ffleet?token=secret', events: ['job.queued'] },
  })
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/jobs/${id}`)
  const told = page.locator('.deliveries')
  await told.getByText('job.queued').first().waitFor()
  expect(await told.textContent()).toContain('https://hooks.invalid/ffleet')
  expect(await told.textContent()).not.toContain('secret')
  expect(broken).toEqual([])
  await page.close()
})
