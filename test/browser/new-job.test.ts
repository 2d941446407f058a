/** The form for a new job: what is picked, refused, and cannot be known. */
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import { startChromium } from '../helpers/chromium.js'
import { startFleet } from '../helpers/fleet-stack.js'
import { long } from '../helpers/long.js'
import type { Stack } from '../helpers/stack.js'
import { openPage } from '../helpers/watch-page.js'

const FOLDER = '<i>50% off #1?'
const FILE = `it's "our" 映画 & more.mp4`

let stack: Stack
let browser: Browser
let page: Page
let broken: readonly string[]

beforeAll(async () => {
  stack = await startFleet({}, { 'in.mp4': 'h264-aac' })
  await mkdir(join(stack.mediaRoot, FOLDER))
  await copyFile(join(stack.mediaRoot, 'in.mp4'), join(stack.mediaRoot, FOLDER, FILE))
  browser = await startChromium()
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})
beforeEach(async () => {
  ;({ page, broken } = await openPage(browser, `${stack.baseUrl}/new`))
})
afterEach(async () => {
  expect(broken).toEqual([])
  await page.close()
})

const check = () => page.getByRole('button', { name: 'Check without running' }).click()
const send = () => page.getByRole('button', { name: 'Send', exact: true }).click()
const field = (name: string) => page.locator(`.field:has(> span:text-is("${name}")) input`).first()
const preset = (n = 0) => page.locator('fieldset').nth(n).locator('select').first()

long('without a worker nobody can look at the input, and the page says so', async () => {
  await page.getByRole('button', { name: 'in.mp4' }).click()
  await check()
  const told = page.locator('.new .notice')
  await told.first().waitFor()
  expect(await told.allTextContents()).not.toContain('')
  expect(await page.getByText('It would run.').count()).toBe(0)
})

test('a file is picked whatever it and its folder are called', async () => {
  await stack.startWorker()
  await page.getByRole('button', { name: `${FOLDER}/` }).click()
  await page.getByRole('button', { name: FILE }).click()
  expect(await page.getByLabel('Path in the media root').inputValue()).toBe(`${FOLDER}/${FILE}`)
  await preset().selectOption('tiny')
  await page.getByText('Video, differently from the preset').click()
  await field('height').fill('90')
  await check()
  await page.getByText('It would run.').waitFor()
  await send()
  await page.locator('.now .state[data-state=completed]').waitFor()
  expect(await page.locator('h1').textContent()).toBe(`${FOLDER}/${FILE}`)
  await page.getByRole('link', { name: 'Run again with changes' }).click()
  await expect.poll(() => page.getByLabel('Path in the media root').inputValue()).toBe(`${FOLDER}/${FILE}`)
  await expect.poll(() => preset().inputValue()).toBe('tiny')
  expect(await field('height').inputValue()).toBe('90')
})

test('what is refused is said at its field, and can be put right', async () => {
  await page.getByLabel('Path in the media root').fill('no-such.mp4')
  await send()
  await expect.poll(() => page.getByRole('alert').textContent()).toContain('INPUT_NOT_FOUND')
  await page.getByRole('button', { name: 'in.mp4' }).click()
  await expect.poll(() => page.getByRole('alert').count()).toBe(0)
  await preset().selectOption('tiny')
  await page.getByRole('button', { name: 'Add an output' }).click()
  await preset(1).selectOption('tiny')
  const name = (n: number) => page.locator('fieldset').nth(n).locator('.field:has(> span:text-is("name")) input')
  await name(0).fill('main')
  await name(1).fill('main')
  await send()
  const fault = page.locator('fieldset').nth(1).locator('.fault', { hasText: 'names are unique' })
  await fault.waitFor()
  await name(1).fill('other')
  await fault.waitFor({ state: 'detached' })
  await send()
  await page.waitForURL(/\/jobs\/\w{26}$/)
  await page.locator('.now .state[data-state=completed]').waitFor()
  expect(await page.locator('.outputs .output-head strong').allTextContents()).toEqual(['main', 'other'])
})

long('there are 16 outputs at most, and one at least', async () => {
  const add = page.getByRole('button', { name: 'Add an output' })
  for (let n = 1; n < 16; n++) await add.click()
  expect(await page.locator('fieldset').count()).toBe(16)
  expect(await add.isDisabled()).toBe(true)
  for (let n = 16; n > 1; n--) await page.getByRole('button', { name: 'Remove' }).last().click()
  expect(await page.locator('fieldset').count()).toBe(1)
  expect(await page.getByRole('button', { name: 'Remove' }).count()).toBe(0)
})

test('a picture and text over it, and subtitles in it, are said in fields of their own', async () => {
  await Promise.all(
    Object.entries({ 'logo.png': 'png', 'in.srt': 'short-srt' } as const).map(async ([file, clip]) =>
      copyFile(await makeClip(clip), join(stack.mediaRoot, file)),
    ),
  )
  await page.getByRole('button', { name: 'in.mp4' }).click()
  await preset().selectOption('tiny')
  const part = (summary: string) => page.locator('details', { has: page.locator(`summary:text-is("${summary}")`) })
  const fill = async (summary: string, values: Record<string, string>) => {
    if (!(await part(summary).evaluate((details: HTMLDetailsElement) => details.open))) {
      await part(summary).locator('summary').click()
    }
    for (const [name, value] of Object.entries(values)) {
      const said = part(summary).locator(`.field:has(> span:text-is("${name}")) :is(input, select)`)
      await ((await said.evaluate((each) => each.tagName)) === 'SELECT' ? said.selectOption(value) : said.fill(value))
    }
  }
  const logo = 'A picture over it, such as a logo'
  await fill(logo, { uri: 'no-logo.png', position: 'top-left', opacity: '0.5', startMs: '500' })
  await fill('Text over it', { template: '{file} {time}' })
  await fill('A file of subtitles beside it', { uri: 'in.srt', language: 'eng' })
  await fill('Tracks: subtitles kept or burnt, audio, chapters', { subtitles: 'burn' })
  await check()
  await part(logo).locator('.fault').waitFor()
  await fill(logo, { uri: 'logo.png', opacity: '', startMs: '' })
  await check()
  await page.getByText('It would run.').waitFor()
  expect(JSON.parse((await page.locator('.copy pre').first().textContent())!)).toEqual({
    input: { uri: 'in.mp4', subtitles: [{ uri: 'in.srt', language: 'eng' }] },
    outputs: [
      {
        preset: 'tiny',
        video: { watermark: { uri: 'logo.png', position: 'top-left' }, text: { template: '{file} {time}' } },
        tracks: { subtitles: 'burn' },
      },
    ],
  })
  // The video's own fields stay folded.
  expect(await page.locator('details[open] > summary').allTextContents()).not.toContain(
    'Video, differently from the preset',
  )
})
