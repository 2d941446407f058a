/** The list by keyboard alone, and the filters in its address. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { startChromium } from '../helpers/chromium.js'
import { aJob } from '../helpers/jobs.js'
import { long } from '../helpers/long.js'
import { openPage } from '../helpers/watch-page.js'

let api: TestApi
let browser: Browser
let page: Page
let broken: readonly string[]
/** Newest first, as they are listed. */
const ids: string[] = []

beforeAll(async () => {
  api = await startApi()
  for (let n = 1; n <= 8; n++) {
    const tags = { customer: String(n % 2) }
    ids.unshift((await api.queue.jobs.submit(aJob({ tags }), {})).id)
  }
  browser = await startChromium()
})
afterAll(async () => {
  await browser?.close()
  await api?.close()
})
beforeEach(async () => {
  ;({ page, broken } = await openPage(browser, `${api.url}/?order=newest`))
  await page.locator('.rows .row').first().waitFor()
})
afterEach(async () => {
  expect(broken).toEqual([])
  await page.close()
})

const current = () => page.locator('.rows .row[data-current]').getAttribute('id')
const press = async (...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key)
}
/** What has the focus, and whether somebody sees that it has. */
const focused = () =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLElement
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    const name = element.getAttribute('aria-label') ?? element.textContent?.trim() ?? ''
    return { what: element.localName, name, seen: outlineStyle !== 'none' && outlineWidth !== '0px' }
  })

test('j and k move, Enter opens, and Back comes to where one was', async () => {
  await press('j', 'j', 'j', 'k')
  expect(await current()).toBe(`row-${ids[1]}`)
  await press('Enter')
  await page.waitForURL(`**/jobs/${ids[1]}`)
  await page.locator('.now .state').waitFor()
  await page.goBack()
  await page.locator('.rows .row').first().waitFor()
})

test('several are chosen and cancelled once somebody has said yes to how many, then run again', async () => {
  await press('j', 'x', 'j', 'x', 'j', 'j', 'x')
  expect(await page.locator('.bulk strong').textContent()).toBe('3 jobs selected')
  await press('c')
  const dialog = page.getByRole('dialog')
  expect(await dialog.locator('#question').textContent()).toContain('Cancel 3 jobs?')
  await press('Escape')
  // Closed is not gone yet: until the page has heard of it, it takes no second question.
  await page.locator('dialog').waitFor({ state: 'detached' })
  expect((await api.queue.jobs.get(ids[0]!))?.state).toBe('queued')
  await press('c')
  await dialog.getByRole('button', { name: 'Cancel 3 jobs' }).press('Enter')
  await page.getByText('3 of 3 cancelled.').waitFor()
  await expect.poll(() => page.locator('.rows .row[data-state=cancelled]').count()).toBe(3)
  expect(await page.locator('.bulk strong').count()).toBe(0)

  // One that waits is left as it is.
  await press('k', 'x', 'j', 'x', 'k', 'k', 'x')
  await press('r')
  expect(await dialog.locator('#question').textContent()).toMatch(/^Run 2 jobs again\? 1 of the selected 3 are left/)
  await dialog.getByRole('button', { name: 'Run 2 jobs again' }).press('Enter')
  await page.getByText('2 of 2 queued again.').waitFor()
  await expect.poll(() => page.locator('.rows .row[data-state=cancelled]').count()).toBe(1)
})

long('what is deleted is listed no more', async () => {
  const { id } = await api.queue.jobs.submit(aJob(), {})
  await page.locator(`#row-${id}`).waitFor()
  await api.queue.jobs.cancel(id)
  await page.locator(`#row-${id}[data-state=cancelled]`).waitFor()
  await page.locator(`#row-${id}`).getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Delete …' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete 1 job' }).click()
  await page.locator(`#row-${id}`).waitFor({ state: 'detached' })
})

test('Tab comes to everything there is, and one sees where', async () => {
  const reached: string[] = []
  await press('Tab')
  for (let n = 0; n < 40; n++) {
    const { what, name, seen } = await focused()
    if (what === 'body') break
    expect(seen, `${what} ${name}`).toBe(true)
    reached.push(what === 'div' || what === 'select' || what === 'input' ? name : `${what} ${name}`)
    await press('Tab')
  }
  expect(reached.join('\n')).toMatch(
    /Skip to the content\n.*ffleet\n.*Jobs\n.*Fleet\n.*New job\nLanguage\nColours\n.*all\n.*queued.*\n.*active.*\n.*completed.*\n.*failed.*\n.*cancelled.*\nSearch.*\n.*More filters\n(a Fleet\n)?Jobs\n.*in\.mp4/,
  )
})

long('a question that is answered gives the focus back', async () => {
  await page.locator('.rows .row[data-state=queued]').first().getByRole('checkbox').check()
  const cancel = page.getByRole('button', { name: 'Cancel …' })
  await cancel.focus()
  await press('Enter')
  const no = page.getByRole('dialog').getByRole('button', { name: 'No, leave it' })
  await no.waitFor()
  expect((await focused()).name).toBe('No, leave it')
  await no.press('Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  expect((await focused()).name).toBe('Cancel …')
})

test('filters stand in the address, and outlive a reload and Back', async () => {
  await page.getByRole('group', { name: 'By state' }).getByRole('button', { name: 'queued' }).click()
  await press('/')
  await page.keyboard.type('in.mp4')
  await page.getByRole('button', { name: 'More filters' }).click()
  await page.getByLabel('Tags').fill('customer=1')
  await page.getByLabel('Tags').press('Enter')
  await page.getByLabel('Preset').selectOption('h264-360p')
  await page.waitForURL(/text=in\.mp4/)
  const wanted = { order: 'newest', state: 'queued', text: 'in.mp4', 'tag.customer': '1', preset: 'h264-360p' }
  const asked = () => Object.fromEntries(new URL(page.url()).searchParams)
  await expect.poll(asked).toEqual(wanted)
  const shown = async () => {
    const rows = await page.locator('.rows .row').evaluateAll((all) => all.map(({ id }) => id.slice(4)))
    const jobs = await Promise.all(rows.map((id) => api.queue.jobs.get(id)))
    return jobs.length > 0 && jobs.every((job) => job?.tags.customer === '1' && job.state === 'queued')
  }
  await expect.poll(shown).toBe(true)
  await page.reload()
  await expect.poll(shown).toBe(true)
  expect(await page.getByRole('searchbox').inputValue()).toBe('in.mp4')
  expect(await page.getByLabel('Tags').inputValue()).toBe('customer=1')
  expect(await page.getByLabel('Preset').inputValue()).toBe('h264-360p')
  await page.locator('.rows .row .name').first().click()
  await page.locator('.now .state').waitFor()
  await page.goBack()
  await expect.poll(shown).toBe(true)
  expect(asked()).toEqual(wanted)

  await page.getByLabel('Error code').selectOption('STALLED')
  await page.getByText('No job fits.').waitFor()
  expect(asked()).toEqual({ ...wanted, code: 'STALLED' })
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await expect.poll(() => page.locator('.rows .row').count()).toBe(8)
  expect(asked()).toEqual({})
  expect(await page.getByRole('searchbox').inputValue()).toBe('')
})

test('a time in the address is the same for whoever it is sent to', async () => {
  const far = await browser.newPage({ timezoneId: 'Asia/Tokyo' })
  await far.goto(`${api.url}/?since=2026-01-02T00:00:00Z`)
  const since = far.getByLabel('Sent since')
  expect(await since.inputValue()).toBe('2026-01-02T09:00')
  await since.fill('2026-01-02T09:30')
  await expect.poll(() => new URL(far.url()).searchParams.get('since')).toBe('2026-01-02T00:30:00Z')
  await far.close()
})
