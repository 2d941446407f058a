/** Hostile names, special files, and words of files and requests where people read them: the command line, the page, logs. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, link, mkdir, open, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import type { ErrorCode, Job } from '../../src/contract/index.js'
import { startChromium } from '../helpers/chromium.js'
import { cli } from '../helpers/cli.js'
import { some } from '../helpers/long.js'
import { openPage } from '../helpers/watch-page.js'
import { ESCAPES, MARKUP, METADATA } from './files/metadata.js'
import { type Harness, startHarness } from './harness.js'
import { NAMES, ODD_NAMES } from './names.js'

let harness: Harness
let contained = 0
let tried = 0
const media = (name: string) => join(harness.stack.mediaRoot, name)
const outputs = [{ preset: 'flac' }]
/** For tests that start many processes, or load many pages. */
const LONG_MS = 240_000

beforeAll(async () => {
  harness = await startHarness({})
  await copyFile(await makeClip('h264-aac'), media('in.mp4'))
  await mkdir(media('folder'))
})
afterAll(async () => {
  console.info(`hostile names: ${tried} tried, ${contained} contained, canary hits ${harness.canary.hits.length}`)
  await harness.stop()
})

async function refuses(input: string, code: ErrorCode): Promise<void> {
  tried += 1
  const { status, body, text } = await harness.submit({ input, outputs })
  expect([status, body.code, body.errors?.[0]?.pointer]).toEqual([422, code, '/input'])
  expect(harness.leaksIn(text)).toEqual([])
  contained += 1
}

async function runs(input: string): Promise<Job> {
  tried += 1
  const { body, text } = await harness.submit({ input, outputs, maxAttempts: 1 })
  expect(body.id, text).toBeDefined()
  const job = await harness.stack.client.wait(body.id!, { timeoutMs: 55_000 })
  expect(harness.leaksIn(await harness.toldOf(job.id))).toEqual([])
  expect(await harness.leaksInOutputs(job)).toEqual([])
  contained += 1
  return job
}

describe('a name that is refused', () => {
  test.each(NAMES)('$code: $input', ({ input, code }) =>
    refuses(typeof input === 'string' ? input : input(harness.target), code),
  )
})

test.each(some(ODD_NAMES, 2))('the name %j is only a name', async (name) => {
  await copyFile(await makeClip('audio-only'), media(name))
  expect(await runs(name)).toMatchObject({ state: 'completed', error: null })
  await rm(media(name))
})

describe('what is no plain file of the root', () => {
  test.each([
    ['fifo', 'NOT_A_REGULAR_FILE', (path: string) => execFileSync('mkfifo', [path])],
    ['folder', 'NOT_A_REGULAR_FILE', () => {}],
    ['link-out', 'PATH_OUTSIDE_ROOT', (path: string) => symlink(harness.secret.soundFile, path)],
    ['link-device', 'PATH_OUTSIDE_ROOT', (path: string) => symlink('/dev/zero', path)],
    ['link-process', 'PATH_OUTSIDE_ROOT', (path: string) => symlink('/proc/self/environ', path)],
    ['link-loop', 'INPUT_NOT_FOUND', (path: string) => symlink('link-loop', path)],
    ['link-folder/secret.wav', 'PATH_OUTSIDE_ROOT', () => symlink(harness.secret.folder, media('link-folder'))],
  ] as const)('%s: %s', async (name, code, make) => {
    await make(media(name))
    await refuses(name, code)
  })

  test('a socket', async () => {
    const server = createServer().listen(media('socket'))
    await once(server, 'listening')
    await refuses('socket', 'NOT_A_REGULAR_FILE')
    server.close()
  })

  test.skipIf(process.getuid?.() !== 0)('a device', async () => {
    execFileSync('mknod', [media('device'), 'c', '1', '5'])
    await refuses('device', 'NOT_A_REGULAR_FILE')
  })

  test('a second name of a file outside, which is a file of the root, but no media', async () => {
    await link(harness.secret.textFile, media('hard-link.mp4'))
    expect((await runs('hard-link.mp4')).error?.code).toBe('NOT_MEDIA')
  })

  test('a file of 200 GB of nothing', async () => {
    const file = await open(media('sparse.mp4'), 'w')
    await file.truncate(200 * 2 ** 30)
    await file.close()
    expect((await runs('sparse.mp4')).error?.code).toBe('INPUT_TOO_LARGE')
  })

  test('a link that changes while jobs run', async () => {
    await symlink('in.mp4', media('race.mp4'))
    let isOver = false
    const swapping = (async () => {
      for (let i = 0; !isOver; i++) {
        await symlink(i % 2 ? 'in.mp4' : harness.secret.soundFile, media('race.next'))
        await rename(media('race.next'), media('race.mp4'))
      }
    })()
    for (let i = 0; i < 5; i++) {
      const { body, text } = await harness.submit({ input: 'race.mp4', outputs, maxAttempts: 1 })
      expect(harness.leaksIn(text)).toEqual([])
      if (body.id === undefined) continue
      const job = await harness.stack.client.wait(body.id, { timeoutMs: 55_000 })
      expect(await harness.leaksInOutputs(job)).toEqual([])
    }
    isOver = true
    await swapping
  })
})

describe('words that are more than words', () => {
  let jobs: Job[]
  let browser: Browser
  /** What a terminal would act on; its own lines, colours and cursor are the command line's. */
  const ACTED_ON = /\u001b(?:\]|\[2J|\[6n)|[\u0007\u0008\u009b\u202e\u2066]/

  beforeAll(async () => {
    browser = await startChromium()
    jobs = await Promise.all(METADATA.attacks.map((attack) => harness.attack(attack)))
    const name = `${ESCAPES}<img src=x onerror=window.owned=1>.wav`
    await copyFile(await makeClip('audio-only'), media(name))
    await writeFile(media(`${ESCAPES}none.mp4`), 'no media')
    for (const input of [name, `${ESCAPES}none.mp4`]) {
      const { body } = await harness.submit({ input, outputs, tags: { [MARKUP.slice(0, 60)]: MARKUP }, maxAttempts: 1 })
      jobs.push(await harness.stack.client.wait(body.id!))
    }
  }, 120_000)
  afterAll(() => browser?.close())

  test.each(some(['show', 'report', 'log', 'watch', 'log --level info'], 2))(
    'ffleet %s keeps them off the terminal',
    { timeout: LONG_MS },
    async (command) => {
      const hostile = jobs.filter(({ input }) => /^(?:escapes|bidi|lines)|\u001b/.test(input.uri))
      // A job that failed at its probe has no log.
      const asked = command.startsWith('log') ? hostile.filter(({ state }) => state === 'completed') : hostile
      expect(asked.length).toBeGreaterThan(3)
      for (const { id } of asked) {
        const [name, ...options] = command.split(' ')
        const env = { FFLEET_URL: harness.stack.baseUrl }
        const { stdout } = await cli([name!, id, ...options], { env, terminal: true })
        expect(stdout.trim()).not.toBe('')
        expect(ACTED_ON.exec(stdout.slice(0, 200_000)), `${id} ${JSON.stringify(stdout.slice(0, 400))}`).toBeNull()
      }
    },
  )

  test('ffleet ls does so, too', async () => {
    const { stdout } = await cli(['ls'], { env: { FFLEET_URL: harness.stack.baseUrl }, terminal: true })
    expect(stdout).toContain(jobs.at(-1)!.id.slice(-4))
    expect(ACTED_ON.exec(stdout)).toBeNull()
  })

  test('the page shows them as text', { timeout: LONG_MS }, async () => {
    const { page, broken } = await openPage(browser, harness.stack.baseUrl)
    for (const { id, input } of jobs) {
      await page.goto(`${harness.stack.baseUrl}/jobs/${id}`)
      await expect.poll(() => page.locator('h1').textContent()).toContain(input.uri.slice(-8))
      expect(await page.evaluate(() => (window as { owned?: number }).owned)).toBeUndefined()
      expect(await page.locator('img[src="x"], svg[onload], script:not([src])').count()).toBe(0)
    }
    expect(broken).toEqual([])
  })

  test('no log has them raw', () => {
    for (const part of [harness.stack.api, ...harness.stack.workers]) {
      expect(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.exec(part.output())).toBeNull()
    }
  })
})

test('the canary heard nothing, and no log tells the secret', () => {
  expect(harness.canary.hits).toEqual([])
  expect(harness.leaksInLogs()).toEqual([])
})
