/** The page through the proxies of the deployment guide, configured as it says, in a browser that knows them by name. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { startChromium } from '../helpers/chromium.js'
import { PACED, startFleet, TINY } from '../helpers/fleet-stack.js'
import { long, some } from '../helpers/long.js'
import { freePort, type Stack } from '../helpers/stack.js'
import { waitFor } from '../helpers/wait-for.js'
import { readDocPage } from './pages.js'
import { isInstalled } from './program.js'
import { LOGIN, NAME, type RunningProxy, startCaddy, startNginx } from './proxy.js'

const { blocks } = readDocPage('docs/guides/deploy.md')
const START = { nginx: startNginx, caddy: startCaddy }
const KINDS = [
  ['nginx', 'below a path', '/transcode'],
  ['nginx', 'at the root', ''],
  ['caddy', 'below a path', '/transcode'],
  ['caddy', 'at the root', ''],
] as const
const installed = { nginx: await isInstalled('nginx'), caddy: await isInstalled('caddy') }

let stack: Stack
let browser: Browser
let done: string
beforeAll(async () => {
  stack = await startFleet({ env: PACED })
  await stack.startWorker()
  const { id } = await stack.client.submit({ input: 'in.mp4', outputs: [{ ...TINY, name: 'main' }] })
  done = (await stack.client.wait(id)).id
  browser = await startChromium(`--host-resolver-rules=MAP ${NAME} 127.0.0.1`, '--ignore-certificate-errors')
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

test('the guide has all of them', () => {
  const found = blocks.filter(({ language }) => language === 'nginx' || language === 'caddy')
  expect(found.map(({ language, code }) => [language, code.includes('/transcode')])).toEqual(
    KINDS.map(([program, , prefix]) => [program, prefix !== '']),
  )
})

describe.each(some(KINDS, 2))('%s, %s', (program, _place, prefix) => {
  describe.runIf(installed[program])('', () => {
    let proxy: RunningProxy
    let base: string
    let context: BrowserContext
    let page: Page
    let wrong: string[]

    beforeAll(async () => {
      const [below, root] = blocks.filter(({ language }) => language === program)
      const { code } = (prefix === '' ? root : below)!
      const folder = join(stack.folder, `${program}${prefix.replace('/', '-')}`)
      await rm(folder, { recursive: true, force: true })
      proxy = await START[program](code, new URL(stack.baseUrl).host, folder)
      base = proxy.url + prefix
    })
    afterAll(() => proxy?.stop())

    beforeEach(async () => {
      context = await browser.newContext({ httpCredentials: LOGIN, acceptDownloads: true })
      page = await context.newPage()
      wrong = []
      page.on('pageerror', (error) => wrong.push(String(error)))
      page.on('response', (response) => {
        if (!response.url().startsWith(`${base}/`)) wrong.push(`${response.url()} is outside`)
        // Of an attempt that has just begun there is no log yet.
        const none = response.status() === 404 && response.url().includes('/log/')
        if (response.status() >= 400 && !none) wrong.push(`${response.status()} ${response.url()}`)
      })
    })
    afterEach(() => context.close())

    /** What follows from the program, wherever the page is. */
    const onceAProgram = test.runIf(prefix !== '')
    /** What follows from the page and the API, once one program has led to it. */
    const once = program === KINDS[0][0] ? test : long

    /** What the page's own scripts get from an address below the page. */
    const ask = (path: string, init: RequestInit = {}) =>
      page.evaluate(
        async ([url, options]) => {
          const answer = await fetch(url, options)
          return { status: answer.status, location: answer.headers.get('location'), text: await answer.text() }
        },
        [base + path, init] as const,
      )
    const row = (id: string) => page.locator(`#row-${id}`)
    const listed = (tab: Page) => tab.locator('.rows .row').first().waitFor()
    const delayed = async () => {
      const { id } = await stack.client.submit({ input: 'in.mp4', outputs: [{ preset: 'tiny' }], delayMs: 3_600_000 })
      return id
    }

    test('nobody comes in without the login', async () => {
      const stranger = await browser.newContext()
      const tab = await stranger.newPage()
      await expect(tab.goto(`${base}/v1/jobs`)).rejects.toThrow('ERR_INVALID_AUTH_CREDENTIALS')
      await stranger.close()
    })

    test('jobs are listed live, over one stream for all tabs', async () => {
      await page.goto(`${base}/`)
      await listed(page)
      const other = await context.newPage()
      await other.goto(`${base}/workers`)
      await other.locator('.workers > li').first().waitFor()
      const { id } = await stack.client.submit({ input: 'long.mp4', outputs: [TINY] })
      // Its row comes, and its bar moves, by events alone: the list is not read again for progress.
      await expect.poll(() => row(id).getAttribute('data-state')).toBe('active')
      await expect
        .poll(async () => Number(await row(id).locator('[aria-valuenow]').getAttribute('aria-valuenow')))
        .toBeGreaterThan(0)
      expect((await stack.client.get(id)).state).toBe('active')
      expect(await (await fetch(`${stack.baseUrl}/metrics`)).text()).toContain('ffleet_watchers{scope="fleet"} 1\n')
      await stack.client.cancel(id)
      await expect.poll(() => row(id).getAttribute('data-state')).toBe('cancelled')
      expect(wrong).toEqual([])
    })

    onceAProgram('an event comes when it happens, not when the stream ends', async () => {
      await page.goto(`${base}/`)
      const id = await delayed()
      for (const accept of ['text/event-stream', 'application/x-ndjson']) {
        const first = await page.evaluate(
          async ([url, type]) => {
            const { body } = await fetch(url, { headers: { accept: type } })
            const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
            let text = ''
            while (!text.includes('job.queued')) text += (await reader.read()).value
            await reader.cancel()
            return text
          },
          [`${base}/v1/jobs/${id}/events`, accept] as const,
        )
        expect(first).toContain('job.queued')
      }
      await stack.client.cancel(id)
    })

    onceAProgram('a stream that its reader has left is left by the proxy, too', async () => {
      const id = await delayed()
      const watchers = async () => {
        return /^ffleet_watchers\{scope="job"\} (\d+)$/m.exec(
          await (await fetch(`${stack.baseUrl}/metrics`)).text(),
        )![1]
      }
      await page.goto(`${base}/jobs/${id}`)
      await expect.poll(watchers).toBe('1')
      await page.close()
      await expect.poll(watchers).toBe('0')
      await stack.client.cancel(id)
    })

    test('a job is shown by its own address, and its output plays and is taken along', async () => {
      await page.goto(`${base}/jobs/${done}`)
      const video = page.locator('video.media')
      await expect.poll(() => video.evaluate((each: HTMLVideoElement) => each.duration)).toBeGreaterThan(1)
      await video.evaluate((each: HTMLVideoElement) => {
        each.muted = true
        return each.play()
      })
      const [download] = await Promise.all([page.waitForEvent('download'), page.locator('a[download]').click()])
      const { outputs } = await stack.client.get(done)
      const bytes = await readFile(join(stack.outputRoot, outputs[0]!.path))
      expect((await readFile(await download.path())).equals(bytes)).toBe(true)
      await page.locator('nav a[data-page="/"]').click()
      await listed(page)
      expect(page.url()).toBe(`${base}/`)
      await page.goBack()
      await video.waitFor()
      await page.locator('a.skip').focus()
      await page.keyboard.press('Enter')
      expect(page.url()).toBe(`${base}/jobs/${done}#content`)
      await video.waitFor()
      expect(wrong).toEqual([])
    })

    once('a job is sent and cancelled from the page, and its watch link leads to it', async () => {
      await page.goto(`${base}/new`)
      await page.locator('.media-browser .file', { hasText: 'long.mp4' }).click()
      await page.locator('select').filter({ hasText: 'tiny' }).first().selectOption('tiny')
      await page.locator('button.main').click()
      await page.waitForURL(`${base}/jobs/*`)
      const id = page.url().split('/').at(-1)!
      const watch = await page.locator('.actions a.button[target=_blank]').getAttribute('href')
      expect(watch).toMatch(new RegExp(`^${prefix}/v1/jobs/${id}/events\\?token=`))
      await page.locator('.job-head .danger').click()
      await page.locator('dialog .danger').click()
      await expect.poll(async () => (await stack.client.get(id)).state).toBe('cancelled')
      expect((await ask(watch!.slice(prefix.length))).text).toContain('job.cancelled')
      expect(wrong).toEqual([])
    })

    once('what the API says of addresses holds below the path', async () => {
      await page.goto(`${base}/docs`)
      await page.locator('.opblock').first().waitFor()
      const { text } = await ask('/openapi.json')
      expect(JSON.parse(text).servers).toEqual([{ url: prefix || '/' }])
      const body = JSON.stringify({ input: 'in.mp4', outputs: [{ preset: 'tiny' }], delayMs: 3_600_000 })
      const sent = await ask('/v1/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      const { id } = JSON.parse(sent.text)
      expect(sent).toMatchObject({ status: 202, location: `${prefix}/v1/jobs/${id}` })
      expect((await ask(`/v1/jobs/${id}/cancel`, { method: 'POST' })).status).toBe(202)
      expect(wrong).toEqual([])
    })

    onceAProgram('a page of another origin changes nothing', async () => {
      const id = await delayed()
      const cancel = `${base}/v1/jobs/${id}/cancel`
      const other = base.replace(NAME, 'evil.example')
      const form = `<form method="post" action="${cancel}"></form>`
      await page.route(`${other}/`, (route) => route.fulfill({ contentType: 'text/html', body: form }))
      await page.goto(`${other}/`)
      // The header that a proxy tells its name by is one that a browser asks for before it sends it.
      const told = await page.evaluate(
        ([url, host]) => {
          const init = { method: 'POST', headers: { 'x-forwarded-host': host } }
          return fetch(url, init).then(
            ({ status }) => String(status),
            ({ message }: Error) => message,
          )
        },
        [cancel, new URL(other).host] as const,
      )
      expect(told).toBe('Failed to fetch')
      const [answer] = await Promise.all([
        page.waitForResponse(cancel),
        page.evaluate(() => document.forms[0]!.submit()),
      ])
      expect(answer.status()).toBe(403)
      expect((await stack.client.get(id)).state).toBe('queued')
      await stack.client.cancel(id)
    })

    once.runIf(prefix !== '')('when the API restarts the page says that it is not live, and comes back', async () => {
      await page.goto(`${base}/`)
      await listed(page)
      stack.api.signal('SIGTERM')
      await stack.api.ended
      expect((await ask('/healthz')).status).toBe(502)
      // What is just asked for may be told to have failed, too.
      const notices = page.locator('.notice.bad')
      await notices.first().waitFor()
      await stack.startApi()
      await expect.poll(() => notices.count()).toBe(0)
      const id = await delayed()
      await row(id).waitFor()
      await stack.client.cancel(id)
      await expect.poll(() => row(id).getAttribute('data-state')).toBe('cancelled')
    })

    if (prefix !== '') {
      test('the path without its slash leads to the page', async () => {
        await page.goto(base)
        await listed(page)
        expect(page.url()).toBe(`${base}/`)
      })
    }

    once('a login in the address does, too', async () => {
      const own = await browser.newContext()
      const tab = await own.newPage()
      await tab.goto(`${base.replace('//', `//${LOGIN.username}:${LOGIN.password}@`)}/`)
      await listed(tab)
      await tab.locator('nav a[data-page="/new"]').click()
      await tab.locator('.media-browser .file').first().waitFor()
      await own.close()
    })
  })
})

test.runIf(installed.nginx)('a proxy that cannot tell the path is told of by FFLEET_BASE_PATH', async () => {
  const port = String(await freePort())
  const api = stack.startPart('api', { FFLEET_PORT: port, FFLEET_BASE_PATH: '/transcode/' })
  onTestFinished(async () => {
    api.signal('SIGTERM')
    await api.ended
  })
  await waitFor(() => fetch(`http://127.0.0.1:${port}/readyz`))
  const config = blocks.find(({ language }) => language === 'nginx')!.code.replace(/^.*X-Forwarded-Prefix.*\n/m, '')
  const proxy = await startNginx(config, `127.0.0.1:${port}`, join(stack.folder, 'nginx-by-setting'))
  onTestFinished(() => proxy.stop())
  const context = await browser.newContext({ httpCredentials: LOGIN })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  await page.goto(`${proxy.url}/transcode/jobs/${done}`)
  await page.locator('video.media').waitFor()
  await page.locator('nav a[data-page="/"]').click()
  await page.locator('.rows .row').first().waitFor()
  expect(page.url()).toBe(`${proxy.url}/transcode/`)
})
