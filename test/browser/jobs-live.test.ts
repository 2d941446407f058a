/** A job from the form to its end, as somebody sees it who watches. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChromium } from '../helpers/chromium.js'
import { PACED, startFleet } from '../helpers/fleet-stack.js'
import { long } from '../helpers/long.js'
import type { Stack } from '../helpers/stack.js'
import { keepShown, metricOf, openPage, percentsSo } from '../helpers/watch-page.js'

let stack: Stack
let browser: Browser

beforeAll(async () => {
  stack = await startFleet({ env: { ...PACED, FFLEET_SLOTS: '3' } })
  await stack.startWorker()
  browser = await startChromium()
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

const submitLong = () => stack.client.submit({ input: 'long.mp4', outputs: [{ preset: 'tiny' }] })
const rising = (values: number[]) => values.toSorted((a, b) => a - b)

test('a job is picked, checked, sent, and watched until its output plays', async () => {
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/new`)
  await page.getByRole('button', { name: 'long.mp4' }).click()
  expect(await page.getByLabel('Path in the media root').inputValue()).toBe('long.mp4')
  await page.locator('fieldset select').first().selectOption('tiny')
  await page.getByRole('button', { name: 'Check without running' }).click()
  await page.getByText('It would run.').waitFor()
  const preview = await page.locator('.preview').textContent()
  expect(preview).toContain('0:06.0')
  expect(preview).toContain('1 video, 1 audio')
  expect(await stack.client.listPage()).toMatchObject({ items: [] })

  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await page.waitForURL(/\/jobs\/\w{26}$/)
  await page.locator('.now .percent').waitFor()
  await keepShown(page, '.now .percent')
  await page.locator('.now .state[data-state=completed]').waitFor()
  const shown = await percentsSo(page)
  expect(shown).toEqual(rising(shown))
  expect(shown.length).toBeGreaterThan(5)
  expect(shown.at(-1)).toBe(100)
  await expect.poll(() => page.locator('video').evaluate((video: HTMLVideoElement) => video.duration)).toBeCloseTo(6, 0)
  expect(await page.title()).toContain('completed')
  expect(broken).toEqual([])
  await page.close()
})

long('a page that is loaded anew in the middle goes on where the job is', async () => {
  const { id } = await submitLong()
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/jobs/${id}`)
  await expect.poll(async () => (await stack.client.get(id)).progress?.percent ?? 0).toBeGreaterThan(25)
  const { progress } = await stack.client.get(id)
  await page.reload()
  await page.locator('.now .percent').waitFor()
  await keepShown(page, '.now .percent')
  await page.locator('.now .state[data-state=completed]').waitFor()
  const shown = await percentsSo(page)
  expect(shown[0]).toBeGreaterThanOrEqual(progress!.percent!)
  expect(shown).toEqual(rising(shown))
  expect(shown.at(-1)).toBe(100)
  expect(broken).toEqual([])
  await page.close()
})

long('tabs share one stream of the fleet, which outlives the tab that was there first', async () => {
  const context = await browser.newContext()
  const { page: first } = await openPage(context, stack.baseUrl)
  await first.locator('.row').first().waitFor()
  const { page: second, broken } = await openPage(context, `${stack.baseUrl}/?state=active`)
  const watchers = () => metricOf(stack.baseUrl, 'ffleet_watchers{scope="fleet"}')
  await expect.poll(watchers).toBe(1)
  await first.close()
  const { id } = await submitLong()
  await second.locator(`#row-${id} .percent`).filter({ hasText: '%' }).waitFor()
  await keepShown(second, `#row-${id} .percent`)
  await expect.poll(async () => (await percentsSo(second)).length).toBeGreaterThan(2)
  const shown = await percentsSo(second)
  expect(shown).toEqual(rising(shown))
  expect(await watchers()).toBe(1)
  // It has ended, so it is not listed here.
  await second.locator(`#row-${id}`).waitFor({ state: 'detached' })
  expect(broken).toEqual([])
  await context.close()
  await expect.poll(watchers).toBe(0)
})

long('the page of a job follows the fleet as well, so that it hears that the job runs again', async () => {
  const { id } = await submitLong()
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/jobs/${id}`)
  await page.locator('.now .percent').filter({ hasText: '%' }).waitFor()
  await stack.client.cancel(id)
  await page.locator('.now .state[data-state=cancelled]').waitFor()
  await stack.client.retry(id)
  await page.locator('.now .state[data-state=active]').waitFor()
  await page.locator('.now .state[data-state=completed]').waitFor()
  expect(await page.locator('.phases').textContent()).toContain('Attempt 2')
  expect(broken).toEqual([])
  await page.close()
})

long('a tab that is not seen holds no stream of its own, and is right all the same', async () => {
  const context = await browser.newContext()
  await context.addInitScript(() => {
    let hidden = false
    Object.defineProperty(document, 'hidden', { get: () => hidden })
    addEventListener('see', ({ detail }: CustomEventInit<boolean>) => {
      hidden = !detail
      document.dispatchEvent(new Event('visibilitychange'))
    })
  })
  const { id } = await submitLong()
  const { page, broken } = await openPage(context, `${stack.baseUrl}/jobs/${id}`)
  const see = (seen: boolean) => page.evaluate((detail) => dispatchEvent(new CustomEvent('see', { detail })), seen)
  const watchers = () => metricOf(stack.baseUrl, 'ffleet_watchers{scope="job"}')
  await page.locator('.now .percent').filter({ hasText: '%' }).waitFor()
  await keepShown(page, '.now .percent')
  await expect.poll(watchers).toBe(1)
  await see(false)
  await expect.poll(watchers).toBe(0)
  const before = (await percentsSo(page)).length
  await expect.poll(async () => (await percentsSo(page)).length).toBeGreaterThan(before)
  await see(true)
  await page.locator('.now .state[data-state=completed]').waitFor()
  const shown = await percentsSo(page)
  expect(shown).toEqual(rising(shown))
  expect(shown.at(-1)).toBe(100)
  expect(broken).toEqual([])
  await context.close()
})

long('somebody who asked is told of the end, wherever they are by then', async () => {
  const context = await browser.newContext({ permissions: ['notifications'] })
  // What the system shows cannot be read: what it is asked to show can.
  await context.addInitScript(() => {
    const asked: string[] = []
    Object.assign(window, {
      asked,
      Notification: class extends Notification {
        constructor(title: string, options?: NotificationOptions) {
          super(title, options)
          asked.push(title)
        }
      },
    })
  })
  const { id } = await submitLong()
  const { page, broken } = await openPage(context, `${stack.baseUrl}/jobs/${id}`)
  await page.getByRole('button', { name: 'Notify me when it ends' }).click()
  await page.getByRole('button', { name: 'Will notify', pressed: true }).waitFor()
  await page.getByRole('navigation').getByText('Fleet').click()
  await page.reload()
  await stack.client.wait(id)
  await expect
    .poll(() => page.evaluate(() => (window as unknown as { asked: string[] }).asked))
    .toEqual(['long.mp4: completed'])
  expect(broken).toEqual([])
  await context.close()
})

long('the bar with the pictures seeks in the video, and goes along with it', async () => {
  const { id } = await stack.client.submit({
    input: 'long.mp4',
    outputs: [{ preset: 'tiny' }, { preset: 'thumbnails' }],
  })
  await stack.client.wait(id)
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/jobs/${id}`)
  const video = page.locator('video')
  await expect.poll(() => video.evaluate(({ readyState }: HTMLVideoElement) => readyState)).toBeGreaterThan(0)
  const own = page.locator('li:has(video)')
  await own.getByRole('slider', { name: 'Seek' }).press('End')
  await own.getByRole('img', { name: 'Picture at 0:05.4' }).waitFor()
  expect(await video.evaluate(({ currentTime }: HTMLVideoElement) => currentTime)).toBeCloseTo(5.4)
  await video.evaluate((each: HTMLVideoElement) => {
    each.currentTime = 1
  })
  await own.getByRole('img', { name: 'Picture at 0:00.6' }).waitFor()
  expect(broken).toEqual([])
  await page.close()
})

test('who follows by a link that counts no more is told so, at once and when it is opened', async () => {
  const job = await submitLong()
  const { page, broken } = await openPage(browser, stack.baseUrl + job.links.watch)
  await page.locator('.watch .state[data-state=active]').waitFor()
  await stack.client.revokeWatchLinks(job.id)
  for (const again of [true, false]) {
    await page.getByText('This link is not valid, or it has run out.').waitFor()
    if (again) await page.reload()
  }
  expect(broken).toEqual([])
  await page.close()
  await stack.client.cancel(job.id)
})
