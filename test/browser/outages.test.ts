/** Server and Redis go away while somebody watches: the page says so, comes back by itself, and no figure goes back. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChromium } from '../helpers/chromium.js'
import { PACED, startFleet } from '../helpers/fleet-stack.js'
import { long } from '../helpers/long.js'
import type { Stack } from '../helpers/stack.js'
import { keepShown, openPage, percentsSo } from '../helpers/watch-page.js'

let stack: Stack
let browser: Browser

beforeAll(async () => {
  // No attempt is lost meanwhile: percent has to rise all the way.
  stack = await startFleet({
    redis: { persist: true },
    env: { ...PACED, FFLEET_SLOTS: '2', FFLEET_LOCK_DURATION_MS: '60000' },
  })
  await stack.startWorker()
  browser = await startChromium()
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

const rising = (values: number[]) => values.toSorted((a, b) => a - b)

/** The page of the job, and the list with it. */
async function watchLong(): Promise<{ id: string; pages: Page[]; broken: (readonly string[])[] }> {
  const { id } = await stack.client.submit({ input: 'long.mp4', outputs: [{ preset: 'tiny' }] })
  const opened = await Promise.all([openPage(browser, `${stack.baseUrl}/jobs/${id}`), openPage(browser, stack.baseUrl)])
  const pages = opened.map(({ page }) => page)
  for (const [i, selector] of ['.now .percent', `#row-${id} .percent`].entries()) {
    await pages[i]!.locator(selector).filter({ hasText: '%' }).waitFor()
    await keepShown(pages[i]!, selector)
  }
  return { id, pages, broken: opened.map(({ broken }) => broken) }
}

async function endsRight({ id, pages, broken }: Awaited<ReturnType<typeof watchLong>>): Promise<void> {
  await stack.client.wait(id)
  for (const page of pages) {
    await page.locator(`.now .state[data-state=completed], #row-${id}[data-state=completed]`).waitFor()
    const shown = await percentsSo(page)
    expect(shown).toEqual(rising(shown))
    expect(shown.at(-1)).toBe(100)
    await page.close()
  }
  expect(broken.flat()).toEqual([])
}

const lost = (page: Page) => page.getByText('Connection lost').first()

test('the server is started anew in the middle of a job', async () => {
  const watching = await watchLong()
  stack.api.signal('SIGKILL')
  await stack.api.ended
  for (const page of watching.pages) await lost(page).waitFor()
  await stack.startApi()
  for (const page of watching.pages) await lost(page).waitFor({ state: 'detached' })
  await endsRight(watching)
})

test('a job is opened while the server is away: it comes when the server does', async () => {
  const { page, broken } = await openPage(browser, stack.baseUrl)
  await page.locator('.row .name').first().waitFor()
  await expect
    .poll(() =>
      page.evaluate(
        () => performance.getEntriesByType('resource').filter(({ name }) => /job-page.*js/.test(name)).length,
      ),
    )
    .toBeGreaterThan(0)
  stack.api.signal('SIGKILL')
  await stack.api.ended
  await lost(page).waitFor()
  await page.locator('.row .name').first().click()
  await stack.startApi()
  await page.locator('.now .percent').waitFor()
  await lost(page).waitFor({ state: 'detached' })
  expect(broken).toEqual([])
  await page.close()
})

long('Redis is started anew in the middle of a job', async () => {
  const watching = await watchLong()
  const away = (page: Page) => page.getByText('The server cannot reach its queue')
  stack.redis.signal('SIGKILL')
  for (const page of watching.pages) await away(page).waitFor()
  await stack.redis.restart()
  for (const page of watching.pages) await away(page).waitFor({ state: 'detached' })
  await endsRight(watching)
})
