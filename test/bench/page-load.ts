import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { startChromium } from '../helpers/chromium.js'
import { startStack } from '../helpers/stack.js'
import { type Benchmark, type Figure, interleaved, median, medianText } from './benchmark.js'

const ROUNDS = 15
const REACH_KB = 120
const REACH = 2
const BUILT = fileURLToPath(new URL('../../dist/dashboard/', import.meta.url))
/** Beside the page's own files, so that the same server serves it in the same way. */
const EMPTY_PAGE = 'empty.html'

/** What has to come before anything is seen, and when it is. */
export const pageLoad: Benchmark = {
  name: 'page-load',
  title: 'The page: the first look',
  about:
    'Files of the built page, gzipped: what its document names, which is what the first paint waits for, and whatever comes later. ' +
    `First contentful paint with nothing in the cache, beside that of a document of one word that the same server serves, ${ROUNDS} times in turns.`,
  async run(say) {
    const stack = await startStack({ workers: 0 })
    const browser = await startChromium()
    const empty = `${BUILT}assets/${EMPTY_PAGE}`
    try {
      const figures = await sizes()
      await writeFile(empty, '<!doctype html><html lang="en"><title>empty</title><p>Empty</p></html>')
      const sides = {
        page: () => firstPaintMs(browser, `${stack.baseUrl}/`),
        empty: () => firstPaintMs(browser, `${stack.baseUrl}/assets/${EMPTY_PAGE}`),
      }
      await sides.page()
      await sides.empty()
      const rounds = await interleaved({ rounds: ROUNDS, limitMs: 60_000 }, sides)
      for (const { page, empty } of rounds) say(`${page.toFixed(0)} ms, empty page ${empty.toFixed(0)} ms`)
      const of = (side: keyof typeof sides) => `${median(rounds.map((round) => round[side])).toFixed(0)} ms`
      const ratios = rounds.map(({ page, empty }) => page / empty)
      return [
        {
          what: 'first contentful paint',
          ffleet: of('page'),
          beside: `empty page ${of('empty')}`,
          compared: medianText(ratios, 2),
          target: `≤ ${REACH}`,
          reached: median(ratios) <= REACH,
        },
        ...figures,
      ]
    } finally {
      await rm(empty, { force: true })
      await browser.close()
      await stack.stop()
    }
  },
}

async function firstPaintMs(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.goto(url)
  const ms = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => {
          const paint = list.getEntriesByName('first-contentful-paint')[0]
          if (paint !== undefined) resolve(paint.startTime)
        }).observe({ type: 'paint', buffered: true })
      }),
  )
  await context.close()
  return ms
}

async function sizes(): Promise<Figure[]> {
  const document = await readFile(`${BUILT}index.html`, 'utf8')
  const names = (await readdir(`${BUILT}assets`)).filter((name) => /\.(js|css|svg)$/.test(name))
  const gzipped = async (file: string) => gzipSync(await readFile(BUILT + file), { level: 9 }).length
  const first = names.filter((name) => document.includes(`assets/${name}`))
  const later = names.filter((name) => !first.includes(name))
  const bytes = await Promise.all(['index.html', ...first.map((name) => `assets/${name}`)].map(gzipped))
  const kb = bytes.reduce((sum, each) => sum + each, 0) / 1_000
  return [
    {
      what: 'before the first paint',
      ffleet: `${kb.toFixed(1)} kB`,
      beside: '',
      compared: `${bytes.length} files`,
      target: `≤ ${REACH_KB} kB`,
      reached: kb <= REACH_KB,
    },
    ...(await Promise.all(
      later.map(async (name) => ({
        // Without the hash of what it holds.
        what: `later: ${name.replace(/-[\w-]{8}(?=\.\w+$)/, '')}`,
        ffleet: `${((await gzipped(`assets/${name}`)) / 1_000).toFixed(1)} kB`,
        beside: '',
        compared: '',
        target: null,
        reached: null,
      })),
    )),
  ]
}
