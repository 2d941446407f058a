/** Every page, in both themes and on a phone: nothing that axe finds, and a picture of each. */
import { copyFile, mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Job } from '../../src/contract/index.js'
import { problemsOf } from '../helpers/accessibility.js'
import { startChromium } from '../helpers/chromium.js'
import { PACED, startFleet } from '../helpers/fleet-stack.js'
import { some } from '../helpers/long.js'
import type { Stack } from '../helpers/stack.js'

/** With FFLEET_PICTURES=1 the pictures are those of the docs; whoever changes the page looks at them. */
const PICTURES = process.env.FFLEET_PICTURES === '1' ? resolve(import.meta.dirname, '../../docs/images') : null

/** What a busy fleet might have; each takes a while. */
const SHOWN = [
  'trailers/the river.mov',
  'trailers/the river (director’s cut).mov',
  'interviews/2026-11-28 studio b.mov',
  'interviews/2026-11-30 studio a.mov',
  'concerts/summer night 1.mkv',
  'concerts/summer night 2.mkv',
  'lectures/algebra 01.mp4',
  'lectures/algebra 02.mp4',
  'lectures/algebra 03.mp4',
  'news/2026-11-30 été.mp4',
]

let stack: Stack
let browser: Browser
const ids = { completed: '', failed: '' }

beforeAll(async () => {
  stack = await startFleet(
    { env: { ...PACED, FFLEET_SLOTS: '2' } },
    { 'in.mp4': 'h264-aac', 'long.mp4': 'h264-aac-6s' },
  )
  await stack.startWorker({}, [])
  const { client, mediaRoot } = stack
  for (const name of SHOWN) {
    await mkdir(dirname(join(mediaRoot, name)), { recursive: true })
    await copyFile(join(mediaRoot, 'long.mp4'), join(mediaRoot, name))
  }
  const outputs = [{ preset: 'tiny', name: 'main' }, { preset: 'poster' }, { preset: 'thumbnails' }]
  const done = await client.submit({
    input: 'trailers/the river.mov',
    outputs,
    tags: { customer: 'acme', season: '3' },
  })
  const bad = await client.submit({
    input: 'interviews/2026-11-28 studio b.mov',
    outputs: [{ preset: 'tiny' }],
    timeoutMs: 700,
    maxAttempts: 2,
  })
  ids.completed = (await client.wait(done.id)).id
  ids.failed = (await client.wait(bad.id)).id
  for (const [i, input] of SHOWN.entries()) {
    await client.submit({ input, outputs: [{ preset: 'tiny', name: '720p' }, { preset: 'poster' }], priority: i % 3 })
  }
  browser = await startChromium()
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

const PAGES = {
  jobs: { path: () => '/', shows: '.rows .row' },
  job: { path: () => `/jobs/${ids.completed}`, shows: '.plot canvas' },
  failed: { path: () => `/jobs/${ids.failed}`, shows: '.diagnosis' },
  fleet: { path: () => '/workers', shows: '.workers > li' },
  new: { path: () => '/new', shows: '.media-browser li' },
  watch: { path: ({ links }: Job) => links.watch, shows: '.watch .bar' },
  embed: { path: ({ links }: Job) => `${links.watch}&embed=1`, shows: '.embedded .bar' },
}

describe.each(Object.entries(PAGES))('%s', (name, { path, shows }) => {
  test.each(some(['light', 'dark'] as const, 2))('%s', async (colorScheme) => {
    const { client } = stack
    const running = await client.submit({
      input: 'trailers/the river (director’s cut).mov',
      priority: 100,
      outputs: [{ preset: 'tiny' }, { preset: 'tiny-other' }],
    })
    const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 800 }, timezoneId: 'UTC' })
    const broken: string[] = []
    page.on('pageerror', (error) => broken.push(String(error.stack)))
    page.on('console', (message) => message.type() === 'error' && broken.push(message.text()))
    await page.goto(stack.baseUrl + path(running))
    await page.locator(shows).first().waitFor()
    expect(await page.evaluate(() => document.getAnimations().length), 'nothing moves by itself').toBe(0)
    expect(await problemsOf(page)).toEqual([])
    if (PICTURES) {
      // With something to see.
      if (name !== 'new') await page.waitForTimeout(3_000)
      await page.screenshot({ path: join(PICTURES, `page-${name}-${colorScheme}.png`) })
    }
    await page.setViewportSize({ width: 360, height: 740 })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(wide, 'nothing is wider than a phone').toBe(360)
    expect(await problemsOf(page)).toEqual([])
    expect(broken).toEqual([])
    await page.close()
    await client.cancel(running.id).catch(() => {})
  })
})

test('a system that turns dark while a page is open turns its plots dark as well', async () => {
  const plots = async (...schemes: ('light' | 'dark')[]) => {
    const page = await browser.newPage({ colorScheme: schemes[0]!, timezoneId: 'UTC' })
    await page.goto(stack.baseUrl + PAGES.job.path())
    const canvas = page.locator('.plot canvas').first()
    await canvas.waitFor()
    for (const colorScheme of schemes.slice(1)) await page.emulateMedia({ colorScheme })
    return { page, drawn: () => canvas.evaluate((element) => (element as HTMLCanvasElement).toDataURL()) }
  }
  const [light, dark, turned] = [await plots('light'), await plots('dark'), await plots('light', 'dark')]
  await expect.poll(async () => (await light.drawn()) === (await dark.drawn())).toBe(false)
  await expect.poll(async () => (await turned.drawn()) === (await dark.drawn())).toBe(true)
  for (const { page } of [light, dark, turned]) await page.close()
})
