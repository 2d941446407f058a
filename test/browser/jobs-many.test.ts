/** The list of a fleet that has much to do: 200 jobs run, 100,000 wait. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createQueue, type Queue } from '../../src/queue/index.js'
import { startChromium } from '../helpers/chromium.js'
import { aJob, aSnapshot } from '../helpers/jobs.js'
import { long } from '../helpers/long.js'
import { type AttemptScript, type ScriptedWorker, startScriptedWorker } from '../helpers/scripted-worker.js'
import { type Stack, startStack } from '../helpers/stack.js'
import { waitFor } from '../helpers/wait-for.js'
import { openPage } from '../helpers/watch-page.js'

const RUNNING = 200
const QUEUED = 100_000
/** What a screen holds, and some above and below. */
const MOST_DRAWN = 60

let stack: Stack
let queue: Queue
let worker: ScriptedWorker
let browser: Browser
let ended = false

/** Tells of progress each second until it is told to end. */
const eachSecond: AttemptScript = async (attempt) => {
  for (let n = 1; !ended; n++) {
    const percent = Math.min(99, n / 10)
    await attempt.progress(n, aSnapshot({ attempt: attempt.number, percent }), true)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
  return { kind: 'completed' }
}

async function submit(count: number, uri: string): Promise<void> {
  let left = count
  const input = { ...aJob().input, uri }
  const sender = async () => {
    while (left-- > 0) await queue.jobs.submit(aJob({ input }), {})
  }
  await Promise.all(Array.from({ length: 100 }, sender))
}

beforeAll(async () => {
  stack = await startStack({ workers: 0 })
  queue = await createQueue({ redis: stack.redis.url })
  worker = await startScriptedWorker(stack.redis.url)
  browser = await startChromium()
})
afterAll(async () => {
  ended = true
  await browser?.close()
  await worker?.close()
  await queue?.close()
  await stack?.stop()
})

const drawn = (page: Page) => page.locator('.rows .row').count()
const listed = (page: Page) =>
  page
    .locator('.rows')
    .evaluate((rows: HTMLElement) =>
      Math.round(rows.offsetHeight / (rows.firstElementChild as HTMLElement).offsetHeight),
    )
/** 100,000 submissions take a while on a busy machine. */
const PUTTING_MS = 300_000
const toBottom = (page: Page) =>
  page.locator('.table').evaluate((table) => {
    table.scrollTop = table.scrollHeight
  })

test('jobs that come faster than the list is read are all listed', async () => {
  const { page, broken } = await openPage(browser, stack.baseUrl)
  await page.getByText('No jobs yet.').waitFor()
  await submit(RUNNING + 350, 'first.mp4')
  await page.locator('.rows .row').first().waitFor()
  await waitFor(async () => {
    await toBottom(page)
    expect(await listed(page)).toBe(RUNNING + 350)
  })
  expect(await drawn(page)).toBeLessThan(MOST_DRAWN)
  expect(broken).toEqual([])
  await page.close()
})

test('200 jobs that run are all listed and live, and only those that are seen are drawn', async () => {
  for (let i = 0; i < RUNNING; i++) worker.work(eachSecond)
  await expect.poll(async () => (await stack.client.queue()).counts.active).toBe(RUNNING)
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/?state=active`)
  await page.locator('.rows .row').first().waitFor()
  await waitFor(async () => expect(await listed(page)).toBe(RUNNING))
  expect(await drawn(page)).toBeLessThan(MOST_DRAWN)
  const top = await page.locator('.rows .row .percent').first().textContent()
  await expect.poll(() => page.locator('.rows .row .percent').first().textContent()).not.toBe(top)
  // Those far below are as live when somebody gets there.
  await toBottom(page)
  const last = page.locator('.rows .row').last()
  await expect.poll(() => last.getAttribute('aria-rowindex')).toBe(String(RUNNING + 1))
  await expect.poll(() => last.locator('.cell-age').textContent()).toMatch(/^[\d.]+ s ago$/)
  expect(broken).toEqual([])
  await page.close()
})

long(
  '100,000 jobs wait: the list opens, pages on as somebody scrolls, and counts right',
  async () => {
    const before = (await stack.client.queue()).counts.queued
    await submit(QUEUED - before, 'more.mp4')
    const { page, broken } = await openPage(browser, stack.baseUrl)
    const asked: string[] = []
    page.on('request', (request) => request.url().includes('cursor=') && asked.push(request.url()))
    await page.locator('.rows .row').first().waitFor()
    await expect.poll(() => page.locator('.states [data-state=queued] .count').textContent()).toBe('100,000')
    expect(await page.locator('.states [data-state=active] .count').textContent()).toBe(String(RUNNING))
    // What runs stands on top.
    expect(await page.locator('.rows .row').first().getAttribute('data-state')).toBe('active')
    const atFirst = await listed(page)
    expect(atFirst).toBeLessThanOrEqual(RUNNING + 200)
    for (let pages = 1; pages <= 5; pages++) {
      const was = await listed(page)
      await toBottom(page)
      await expect.poll(() => listed(page)).toBeGreaterThan(was)
      expect(await drawn(page)).toBeLessThan(MOST_DRAWN)
    }
    expect(new Set(asked).size).toBe(asked.length)
    expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(2_500)
    expect(broken).toEqual([])
    await page.close()
  },
  PUTTING_MS,
)
