/** The form for a new job: what is picked, refused, and cannot be known. */
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startChromium } from '../helpers/chromium.js'
import { startFleet } from '../helpers/fleet-stack.js'
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

test('without a worker nobody can look at the input, and the page says so', async () => {
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

test('there are 16 outputs at most, and one at least', async () => {
  const add = page.getByRole('button', { name: 'Add an output' })
  for (let n = 1; n < 16; n++) await add.click()
  expect(await page.locator('fieldset').count()).toBe(16)
  expect(await add.isDisabled()).toBe(true)
  for (let n = 16; n > 1; n--) await page.getByRole('button', { name: 'Remove' }).last().click()
  expect(await page.locator('fieldset').count()).toBe(1)
  expect(await page.getByRole('button', { name: 'Remove' }).count()).toBe(0)
})
