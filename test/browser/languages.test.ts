/** In Japanese there is no text of the page left in English. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { language } from '../../src/dashboard/words/language.js'
import { words } from '../../src/dashboard/words/texts.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { startChromium } from '../helpers/chromium.js'
import { aJob } from '../helpers/jobs.js'
import { some } from '../helpers/long.js'
import { type ScriptedWorker, startScriptedWorker, talking } from '../helpers/scripted-worker.js'
import { waitFor } from '../helpers/wait-for.js'
import { openPage } from '../helpers/watch-page.js'

let api: TestApi
let worker: ScriptedWorker
let browser: Browser
let done: string

beforeAll(async () => {
  api = await startApi()
  worker = await startScriptedWorker(api.redisUrl)
  done = (await api.queue.jobs.submit(aJob(), {})).id
  worker.work(talking(5))
  await waitFor(async () => expect((await api.queue.jobs.get(done))?.state).toBe('completed'))
  await worker.rest()
  await api.queue.jobs.submit(aJob(), {})
  browser = await startChromium()
})
afterAll(async () => {
  await browser?.close()
  await worker?.close()
  await api?.close()
})

/** The texts of the page without gaps that are not the same in both languages. */
function englishTexts(): Set<string> {
  const leaves = (value: unknown): string[] =>
    typeof value === 'string' ? [value] : typeof value === 'object' ? Object.values(value!).flatMap(leaves) : []
  const en = leaves(words.value)
  language.value = 'ja'
  const ja = new Set(leaves(words.value))
  language.value = 'en'
  return new Set(en.filter((text) => !ja.has(text)))
}

/** All that people read or hear, but for what the server says and what is typed. */
const textsOf = (page: Page) =>
  page.evaluate(() => {
    const texts: string[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ALL)
    for (let node: Node | null = walker.nextNode(); node !== null; node = walker.nextNode()) {
      // The fields of a request have the names that the API gives them.
      if (node.parentElement?.closest('.field') != null) continue
      if (node instanceof Text) texts.push(node.data)
      if (!(node instanceof Element)) continue
      for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-valuetext']) {
        texts.push(node.getAttribute(name) ?? '')
      }
    }
    return texts.map((text) => text.trim()).filter((text) => text !== '')
  })

test.each(some(['/', '/?preset=h264-360p', '/workers', '/jobs/01HZZZZZZZZZZZZZZZZZZZZZZZ', '/new', '/jobs/'], 2))(
  '%s',
  async (path) => {
    const context = await browser.newContext({ locale: 'ja-JP' })
    const { page, broken } = await openPage(context, api.url)
    await page.goto(`${api.url}${path === '/jobs/' ? path + done : path}`)
    await page.locator('main').first().waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('ja')
    const english = englishTexts()
    const texts = await textsOf(page)
    expect(texts.length).toBeGreaterThan(15)
    expect(texts.filter((text) => english.has(text))).toEqual([])
    expect(broken).toEqual([])
    await context.close()
  },
)

test('somebody may choose another language, and it stays', async () => {
  const { page } = await openPage(browser, api.url)
  await page.getByLabel('Language').selectOption('ja')
  await page.getByRole('link', { name: '新しいジョブ' }).first().waitFor()
  await page.reload()
  await page.getByRole('link', { name: '新しいジョブ' }).first().waitFor()
  await page.close()
})
