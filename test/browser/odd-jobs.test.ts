/** Jobs that are like no other: the page shows them as they are, and breaks on none. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { NormalizedJob } from '../../src/contract/index.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { startChromium } from '../helpers/chromium.js'
import { aJob, aSnapshot } from '../helpers/jobs.js'
import { long, some } from '../helpers/long.js'
import { type ScriptedWorker, startScriptedWorker, talking } from '../helpers/scripted-worker.js'
import { waitFor } from '../helpers/wait-for.js'
import { openPage } from '../helpers/watch-page.js'

/** What somebody may call a file. */
const NAMES = [
  '<b>bold</b><img src=x onerror=alert(1)>.mp4',
  `it's "quoted" & \\back\\ \`ticks\` $HOME 100% #1?.mp4`,
  '🎬 映画 — fin—.mp4',
  'עברית/‮gpj.exe‬ العربية.mp4',
  `${'long'.repeat(60)}.mp4`,
]

let api: TestApi
let worker: ScriptedWorker
let browser: Browser

beforeAll(async () => {
  api = await startApi()
  worker = await startScriptedWorker(api.redisUrl)
  browser = await startChromium()
})
afterEach(() => worker.rest())
afterAll(async () => {
  await browser?.close()
  await worker?.close()
  await api?.close()
})

const submit = async (more: Partial<NormalizedJob> = {}) => (await api.queue.jobs.submit(aJob(more), {})).id
const inputOf = (uri: string) => ({ ...aJob().input, uri })
const ended = (id: string) => expect.poll(async () => (await api.queue.jobs.get(id))?.state).toBe('completed')
const broadest = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)

test.each(some(NAMES, 3))('a file that is called %s', async (name) => {
  const tags = { [name.slice(0, 20)]: name.slice(0, 40) }
  const id = await submit({ input: inputOf(name), tags })
  const { page, broken } = await openPage(browser, api.url)
  const row = page.locator(`#row-${id}`)
  await expect.poll(() => row.locator('.name').textContent()).toBe(name)
  expect(await row.locator('b, img').count()).toBe(0)
  await row.locator('.name').click()
  await expect.poll(() => page.locator('h1').textContent()).toBe(name)
  expect(await page.locator('.job-head .tag').textContent()).toBe(`${name.slice(0, 20)}=${name.slice(0, 40)}`)
  expect(await page.title()).toContain(name.split('/').at(-1))
  expect(await broadest(page)).toBeLessThanOrEqual(0)
  expect(broken).toEqual([])
  await page.close()
})

long('a job of 16 outputs', async () => {
  const [one] = aJob().outputs
  const outputs = Array.from({ length: 16 }, (_, i) => ({ ...one!, name: `output-${i + 1}` }))
  const id = await submit({ outputs })
  const { page, broken } = await openPage(browser, `${api.url}/jobs/${id}`)
  await expect.poll(() => page.locator('.outputs li').count()).toBe(16)
  expect(await page.locator('.outputs').getByText('not there yet').count()).toBe(16)
  expect(await broadest(page)).toBeLessThanOrEqual(0)
  expect(broken).toEqual([])
  await page.close()
})

test('a job that waits for another one says so, with the way to that one, until it may run', async () => {
  const first = await submit({ priority: 100 })
  const id = await submit({ priority: 100, after: [first] })
  const { page, broken } = await openPage(browser, api.url)
  await expect.poll(() => page.locator(`#row-${id} .waiting`).textContent()).toBe(`waits for job …${first.slice(-6)}`)
  await page.locator(`#row-${id} .waiting a`).click()
  await expect.poll(() => page.url()).toBe(`${api.url}/jobs/${first}`)
  await page.goto(`${api.url}/jobs/${id}`)
  const now = page.locator('.now-head')
  await expect.poll(() => now.textContent()).toContain(`waits for job …${first.slice(-6)}`)
  await api.queue.jobs.cancel(first)
  await expect.poll(() => page.locator('.notice.bad').textContent()).toContain('PREDECESSOR_FAILED')
  await expect.poll(() => now.textContent()).not.toContain('waits for job')
  expect(broken).toEqual([])
  await page.close()
})

test('progress of which nothing is known is shown as unknown, not as 0', async () => {
  let end = () => {}
  const told = new Promise<void>((resolve) => {
    end = resolve
  })
  const unknown = { percent: null, basis: 'unknown' as const, outTimeUs: null, frame: null, fps: null, speed: null }
  // Before those that wait still.
  const id = await submit({ priority: 100 })
  worker.work(async (attempt) => {
    const more = { attempt: attempt.number, ...unknown, dupFrames: null, dropFrames: null }
    await attempt.progress(1, aSnapshot(more), true)
    await told
    return { kind: 'completed' }
  })
  const { page, broken } = await openPage(browser, `${api.url}/jobs/${id}`)
  await page.locator('.now .track.unknown').waitFor()
  const facts = page.locator('.now .facts dd')
  await expect.poll(() => facts.allTextContents()).toEqual(['–', '–', '–', '–', '–', '–', '–', '–', '– / –'])
  expect(await page.locator('.now .percent').textContent()).toBe('–')
  expect(await page.locator('.now [role=progressbar]').getAttribute('aria-valuenow')).toBeNull()
  // Its worker keeps no report.
  expect(await page.locator('.plots').count()).toBe(0)
  end()
  await page.locator('.now .state[data-state=completed]').waitFor()
  expect(broken).toEqual([])
  await page.close()
})

test('a job that never was', async () => {
  const { page, broken } = await openPage(browser, `${api.url}/jobs/01HZZZZZZZZZZZZZZZZZZZZZZZ`)
  await page.getByText('There is no such job.').waitFor()
  await page.locator('main').getByRole('link', { name: 'Jobs' }).click()
  await page.locator('.table').waitFor()
  expect(broken).toEqual([])
  await page.close()
})

test('a job that was deleted meanwhile is shown as it was known, and says so', async () => {
  const id = await submit()
  worker.work(talking(1))
  await ended(id)
  const { page, broken } = await openPage(browser, `${api.url}/jobs/${id}`)
  await page.locator('.now .state[data-state=completed]').waitFor()
  await api.queue.jobs.remove(id)
  await waitFor(async () => {
    // Somebody comes back to the tab.
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    expect(await page.locator('main').textContent()).toContain('The job was deleted meanwhile')
  })
  expect(await page.locator('.now .state').getAttribute('data-state')).toBe('completed')
  expect(broken).toEqual([])
  await page.close()
})

test('a job that is deleted from its page leads back to the list, where it is not', async () => {
  const id = await submit()
  worker.work(talking(1))
  await ended(id)
  const { page, broken } = await openPage(browser, `${api.url}/jobs/${id}`)
  await page.getByRole('button', { name: 'Delete …' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete 1 job' }).click()
  await page.locator('.rows .row').first().waitFor()
  expect(await page.locator(`#row-${id}`).count()).toBe(0)
  expect(broken).toEqual([])
  await page.close()
})

long('a long history is drawn in few strokes', async () => {
  const id = await submit()
  worker.work(talking(3_000))
  await ended(id)
  const { page, broken } = await openPage(browser, 'about:blank')
  await page.addInitScript(() => {
    const looks = Object.assign(window, { drawn: 0 })
    new MutationObserver(() => looks.drawn++).observe(document, { subtree: true, childList: true, characterData: true })
  })
  await page.goto(`${api.url}/jobs/${id}`)
  await page.locator('.plot canvas').first().waitFor()
  expect(await page.evaluate(() => (window as unknown as { drawn: number }).drawn)).toBeLessThan(100)
  expect(broken).toEqual([])
  await page.close()
})
