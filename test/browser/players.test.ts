/** Ladders as people see and hear them: from the API, in a page of another origin that has a key, by three players. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import { addKey } from '../../src/callers/index.js'
import { FfleetClient } from '../../src/client/index.js'
import { startChromium } from '../helpers/chromium.js'
import type { FileServer } from '../helpers/file-server.js'
import { ALL } from '../helpers/long.js'
import type * as Page from '../helpers/players/page.js'
import type { PlayerName } from '../helpers/players/players.js'
import { startPlayerSite } from '../helpers/players/site.js'
import { type Stack, startStack } from '../helpers/stack.js'
import { openPage } from '../helpers/watch-page.js'

declare const players: typeof Page
declare global {
  interface Window {
    player: Page.Screen
  }
}

const LADDER = { rungs: [{ height: 180 }, { height: 90 }], segmentMs: 1_000, poster: true, thumbnails: true }
const encryptedBy = (keyUri: string) => ({ method: 'AES-128' as const, keyUri })
/** The most that picture and sound may be apart: a frame of sound, in seconds. */
const APART_S = 1_024 / 48_000

let folder: string
let site: FileServer
let stack: Stack
let browser: Browser
let key: string
let client: FfleetClient
let id: string
let base: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-players-'))
  const keyFile = join(folder, 'keys.json')
  const made = await addKey(keyFile, { name: 'maker', role: 'submit', tenant: null })
  key = (await addKey(keyFile, { name: 'player', role: 'read', tenant: null })).key
  site = await startPlayerSite()
  stack = await startStack({
    env: {
      FFLEET_KEYS_FILE: keyFile,
      FFLEET_CORS_ORIGINS: site.url(''),
      FFLEET_FETCH_ALLOW: `127.0.0.1:${site.port}`,
    },
  })
  await copyFile(await makeClip('flash-and-beep'), join(stack.mediaRoot, 'in.mkv'))
  client = new FfleetClient({ baseUrl: stack.baseUrl, apiKey: made.key })
  ;({ id } = await client.submit({
    input: 'in.mkv',
    outputs: [{ preset: 'cmaf', name: 'film', ladder: LADDER }],
  }))
  const job = await client.wait(id)
  expect(job.error).toBeNull()
  base = `${stack.baseUrl}/v1/jobs/${id}/outputs/film`
  browser = await startChromium('--autoplay-policy=no-user-gesture-required')
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
  await site?.close()
  await rm(folder, { recursive: true, force: true })
})

const PLAYED: [PlayerName, string][] = [
  ['hls.js', 'master.m3u8'],
  ['Shaka Player', 'master.m3u8'],
  ['dash.js', 'manifest.mpd'],
  ['Shaka Player', 'manifest.mpd'],
]

// Each reads another format by another player; by the last one both are known.
test.each(ALL ? PLAYED : PLAYED.slice(0, 3))(
  '%s plays %s to its end, over another rung, another language and a seek',
  async (name, file) => {
    const { page, broken } = await openPage(browser, site.url('/'))
    const state = () => page.evaluate(() => window.player.state)
    const until = (s: number) =>
      expect.poll(async () => (await state()).currentTime, { interval: 50 }).toBeGreaterThan(s)
    /** Again where the machine was too busy for it. */
    const measured = async (fromS: number) => {
      for (;;) {
        await until(fromS + 1.9)
        const sync = await page.evaluate(() => window.player.measure())
        if (sync.heard.length > 0) return sync
        await page.evaluate((s) => window.player.seek(s), fromS)
      }
    }
    await page.evaluate(
      async ([of, url, secret]) => {
        window.player = new players.Screen()
        await window.player.open(of, url, secret)
        await window.player.play()
      },
      [name, `${base}/${file}`, key] as const,
    )
    expect(await page.evaluate(() => window.player.player.languages())).toEqual(['en', 'de'])
    await until(0.3)
    expect(await state()).toMatchObject({ lines: 180 })
    await page.evaluate(() => window.player.player.toRung(90))
    await expect.poll(async () => (await state()).lines, { interval: 50 }).toBe(90)
    const before = await measured(0.4)
    await page.evaluate(() => {
      window.player.player.speak('de')
      window.player.player.toRung(180)
      window.player.seek(5.4)
    })
    const after = await measured(5.4)
    await expect.poll(state).toMatchObject({ ended: true, lines: 180 })
    for (const { seen, heard } of [before, after]) {
      expect(seen.length).toBeGreaterThan(10)
      for (const sound of heard) expect(Math.abs(sound - median(seen))).toBeLessThanOrEqual(APART_S)
    }
    expect(before.pitches[0]).toBe(1_000)
    expect(after.pitches[0]).toBe(500)
    expect((await state()).stalls).toBe(0)
    expect(await page.evaluate(() => window.player.player.errors)).toEqual([])
    expect(broken).toEqual([])
    await page.close()
  },
)

test('hls.js and Shaka Player play to its end what is encrypted, by the key from where the playlists say', async () => {
  site.on('/key', (_, response) => {
    response.writeHead(200, { 'content-length': 16 }).end(Buffer.from('3f9a51c7e20d4b8866f1a7b2c4d9e005', 'hex'))
  })
  await copyFile(await makeClip('h264-aac'), join(stack.mediaRoot, 'short.mp4'))
  const ladder = { rungs: [{ height: 90 }], segmentMs: 1_000, encryption: encryptedBy(site.url('/key')) }
  const { id } = await client.submit({ input: 'short.mp4', outputs: [{ preset: 'hls', name: 'film', ladder }] })
  expect((await client.wait(id)).error).toBeNull()
  for (const name of ['hls.js', 'Shaka Player'] as const) {
    const { page, broken } = await openPage(browser, site.url('/'))
    await page.evaluate(
      async ([of, url, secret]) => {
        window.player = new players.Screen()
        await window.player.open(of, url, secret)
        await window.player.play()
      },
      [name, `${stack.baseUrl}/v1/jobs/${id}/outputs/film/master.m3u8`, key] as const,
    )
    await expect.poll(() => page.evaluate(() => window.player.state)).toMatchObject({ ended: true, lines: 90 })
    expect(await page.evaluate(() => window.player.player.errors)).toEqual([])
    expect(broken).toEqual([])
    await page.close()
  }
})

test('the page of the job plays it, by the cookie of who signed in', async () => {
  const { page, broken } = await openPage(browser, stack.baseUrl)
  await page.evaluate(
    (secret) =>
      fetch('/v1/session', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ key: secret }),
      }),
    key,
  )
  const scripts: string[] = []
  page.on('request', (request) => request.resourceType() === 'script' && scripts.push(request.url()))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  const errors: string[] = []
  await page.goto(`${stack.baseUrl}/jobs/${id}`)
  const play = page.getByRole('button', { name: 'Play' })
  await play.waitFor()
  await expect
    .poll(() => page.locator('.screen video').getAttribute('poster'))
    .toBe(`/v1/jobs/${id}/outputs/film/poster.jpg`)
  await page.getByRole('img', { name: 'Picture at' }).waitFor()
  const before = scripts.length
  await play.click()
  const shown = () => page.locator('.screen video').evaluate((video: HTMLVideoElement) => video.currentTime)
  await expect.poll(shown).toBeGreaterThan(0.5)
  const origins = scripts.slice(before).map((url) => new URL(url).origin)
  expect(origins).not.toEqual([])
  expect(origins.filter((origin) => origin !== stack.baseUrl)).toEqual([])
  await page.locator('.choices').getByLabel('Picture').selectOption('160 × 90')
  const lines = () => page.locator('.screen video').evaluate((video: HTMLVideoElement) => video.videoHeight)
  await expect.poll(lines).toBe(90)
  await page.getByLabel('Sound').selectOption('German')
  await expect.poll(() => page.locator('.screen video').evaluate((video: HTMLVideoElement) => video.ended)).toBe(true)
  expect([...broken, ...errors]).toEqual([])
  await page.close()
})

function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)]!
}
