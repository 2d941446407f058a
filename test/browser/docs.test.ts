import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { startChromium } from '../helpers/chromium.js'
import { long, some } from '../helpers/long.js'

let api: TestApi
let browser: Browser
let page: Page

beforeAll(async () => {
  api = await startApi()
  browser = await startChromium()
  page = await browser.newPage()
  await page.goto(`${api.url}/docs`)
})
afterAll(async () => {
  await browser?.close()
  await api?.close()
})

/** Tries a route of the page as it stands, with these values in the fields that must be filled; gives the answer. */
async function tries(method: string, path: string, fields: Record<string, string> = {}) {
  const route = page.locator(`.opblock-${method}`, { has: page.locator(`[data-path="${path}"]`) })
  await route.locator('.opblock-summary-control').click()
  await route.locator('.try-out__btn').click()
  for (const [name, value] of Object.entries(fields)) {
    await route.locator(`tr[data-param-name="${name}"] input`).fill(value)
  }
  await route.locator('.execute').click()
  const answer = route.locator('.live-responses-table')
  const status = Number.parseInt((await answer.locator('.response .response-col_status').textContent()) ?? '', 10)
  const body = (await answer.locator('.response .highlight-code').textContent()) ?? ''
  await route.locator('.opblock-summary-control').click()
  return { status, body }
}

long('a job is submitted from /docs as the page suggests it, looked at, and cancelled', async () => {
  const submitted = await tries('post', '/v1/jobs')
  expect(submitted.status).toBe(202)
  const id = /"id": "(\w{26})"/.exec(submitted.body)![1]!
  expect((await tries('get', '/v1/jobs')).body).toContain(id)
  expect((await tries('get', '/v1/jobs/{id}', { id })).status).toBe(200)
  expect((await tries('post', '/v1/jobs/{id}/cancel', { id })).body).toContain('cancelled')
})

test.each(some(['/v1/presets', '/v1/media', '/v1/workers', '/v1/queue', '/healthz', '/readyz'], 3))(
  '%s answers from /docs as it stands',
  async (path) => {
    expect((await tries('get', path)).status).toBe(200)
  },
)
