/** Ladders that are still encoded, as people see them: players begin long before the end, and play on to it. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChromium } from '../helpers/chromium.js'
import type { FileServer } from '../helpers/file-server.js'
import { PACED, startFleet } from '../helpers/fleet-stack.js'
import type * as Page from '../helpers/players/page.js'
import { startPlayerSite } from '../helpers/players/site.js'
import type { Stack } from '../helpers/stack.js'
import { openPage } from '../helpers/watch-page.js'

declare const players: typeof Page
declare global {
  interface Window {
    player: Page.Screen
  }
}

const SECONDS = 14

let site: FileServer
let stack: Stack
let browser: Browser

beforeAll(async () => {
  site = await startPlayerSite()
  stack = await startFleet({ env: { FFLEET_CORS_ORIGINS: site.url('') } }, {})
  const film = ['-f', 'lavfi', '-i', `testsrc2=s=160x120:r=25:d=${SECONDS}`, '-f', 'lavfi', '-i', `sine=d=${SECONDS}`]
  await promisify(execFile)('ffmpeg', [...film, '-preset', 'ultrafast', join(stack.mediaRoot, 'long.mp4')])
  await stack.startWorker(PACED)
  browser = await startChromium('--autoplay-policy=no-user-gesture-required')
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
  await site?.close()
})

test('the page of the job and hls.js play from the first frame on what is still encoded, and over its end', async () => {
  const { client } = stack
  const ladder = { rungs: [{ height: 120 }], segmentMs: 1_000, playable: 'while-encoding' as const }
  const { id } = await client.submit({ input: 'long.mp4', outputs: [{ preset: 'hls', name: 'film', ladder }] })
  const { page, broken } = await openPage(browser, `${stack.baseUrl}/jobs/${id}`)
  const other = await openPage(browser, site.url('/'))
  const video = page.locator('.screen video')
  const shown = () =>
    video.evaluate(({ currentTime, ended, duration }: HTMLVideoElement) => ({ currentTime, ended, duration }))
  const state = () => other.page.evaluate(() => window.player.state)

  await page.getByRole('button', { name: 'Play' }).click()
  const { href } = (await client.get(id)).outputs[0]!.playable!
  await other.page.evaluate(async (url) => {
    window.player = new players.Screen()
    await window.player.open('hls.js', url, '')
    await window.player.play()
  }, stack.baseUrl + href)
  await expect.poll(async () => (await shown()).currentTime).toBeGreaterThan(0)
  await expect.poll(async () => (await state()).currentTime).toBeGreaterThan(0)
  expect(await client.get(id)).toMatchObject({ state: 'active', outputs: [{ sha256: null }] })
  for (const now of [await shown(), await state()]) expect(now.currentTime).toBeLessThan(SECONDS / 2)

  expect(await client.wait(id)).toMatchObject({ state: 'completed', warnings: [] })
  await expect.poll(async () => (await shown()).ended).toBe(true)
  await expect.poll(async () => (await state()).ended).toBe(true)
  expect(Math.abs((await shown()).duration - SECONDS)).toBeLessThan(0.1)
  expect(await other.page.evaluate(() => window.player.player.errors)).toEqual([])
  expect([...broken, ...other.broken]).toEqual([])
  for (const each of [page, other.page]) await each.close()
})
