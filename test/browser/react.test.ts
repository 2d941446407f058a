/** The example for React, in the browser that it is for. */
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Browser, Request } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FfleetClient } from '../../src/client/index.js'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { startChromium } from '../helpers/chromium.js'
import { type ScriptedWorker, startScriptedWorker, talking } from '../helpers/scripted-worker.js'

const EXAMPLES = join(import.meta.dirname, '../../docs/reference/examples')
/** Mounted twice by StrictMode, and with a button that takes it away. */
const APP = `
  import { StrictMode, useState } from 'react'
  import { createRoot } from 'react-dom/client'
  import { JobBar } from './use-job.tsx'
  function App() {
    const [shown, setShown] = useState(true)
    const ids = new URLSearchParams(location.search).getAll('id')
    return <><button onClick={() => setShown(false)}>away</button>{shown && ids.map((id) => <JobBar key={id} id={id} />)}</>
  }
  createRoot(document.body).render(<StrictMode><App /></StrictMode>)
`

let api: TestApi
let worker: ScriptedWorker
let browser: Browser
let bundle: string

beforeAll(async () => {
  const built = await build({
    stdin: { contents: APP, resolveDir: EXAMPLES, loader: 'tsx' },
    alias: { ffleet: join(EXAMPLES, '../../../src/index.ts') },
    jsx: 'automatic',
    bundle: true,
    write: false,
    platform: 'browser',
    define: { 'process.env.NODE_ENV': '"development"' },
  })
  bundle = built.outputFiles[0]!.text
  api = await startApi()
  worker = await startScriptedWorker(api.redisUrl)
  browser = await startChromium()
})
afterAll(async () => {
  await browser?.close()
  await worker?.close()
  await api?.close()
})

test('shows a job live to its end, says what is not there, and lets go of what it follows', async () => {
  const client = new FfleetClient({ baseUrl: api.url })
  const { id } = await client.submit({ input: 'in.mp4', outputs: [{ preset: 'h264-360p' }] })
  const page = await browser.newPage({ bypassCSP: true })
  const broken: string[] = []
  page.on('pageerror', (error) => broken.push(String(error)))
  await page.goto(`${api.url}/healthz?id=${id}`)
  await page.setContent('')
  await page.addScriptTag({ content: bundle })
  await page.getByText('queued').waitFor()
  expect(await page.locator('progress').getAttribute('value')).toBeNull()

  let goOn = () => {}
  const held = new Promise<void>((done) => {
    goOn = done
  })
  worker.work(talking(100, (n) => n === 50 && held))
  await page.locator('progress[value="49.5"]').waitFor()
  expect(await page.locator('output').textContent()).toBe('active')
  goOn()
  await page.getByText('completed').waitFor()

  let open = 0
  const ofEvents = (request: Request) => (request.url().includes('/events') ? 1 : 0)
  page.on('request', (request) => void (open += ofEvents(request)))
  page.on('requestfailed', (request) => void (open -= ofEvents(request)))
  page.on('requestfinished', (request) => void (open -= ofEvents(request)))
  const waiting = await client.submit({ input: 'in.mp4', outputs: [{ preset: 'h264-360p' }], delayMs: 3_600_000 })
  const none = '01M82CWC75EH2YYWGVK577ZGCG'
  await page.goto(`${api.url}/healthz?id=${waiting.id}&id=${none}`)
  await page.setContent('')
  await page.addScriptTag({ content: bundle })
  await page.getByText('queued').waitFor()
  await page.getByRole('alert').waitFor()
  await expect.poll(() => open).toBe(1)
  await page.getByRole('button', { name: 'away' }).click()
  await expect.poll(() => open).toBe(0)
  expect(broken).toEqual([])
})
