import { setTimeout as sleep } from 'node:timers/promises'
import { startChromium } from '../helpers/chromium.js'
import { startStack } from '../helpers/stack.js'
import type { Benchmark, Figure } from './benchmark.js'
import type { BusyFleet } from './busy-fleet.js'
import { startPart } from './part.js'
import { type Memory, openTab } from './tab.js'

const RUNNING = 200
const UPDATES_OF_JOB = 60
/** 200 a second for an hour. */
const HOUR = RUNNING * 3_600
/** Told before: by then the list holds as many rows as it keeps. */
const WARM_UP = 240_000
const POINTS = 6
/** As many at once as may be on their way: the server leaves out progress for a reader that is far behind. */
const PIECE = 4_000
const LONGEST_WAY_MS = 30_000
const LIMIT_MS = 5 * 60_000
const SETTLE_MS = 3_000
const MEASURE_MS = 10_000
const REACH_MB = 0.1
const REACH_PERCENT = 25

/** Whether a tab that is left open grows. */
export const pageMemory: Benchmark = {
  name: 'page-memory',
  title: 'The page: an hour of events',
  about:
    `As above, as fast as it gets through: after ${WARM_UP.toLocaleString('en')} updates, by when the list holds as many rows as it keeps, the ` +
    `${HOUR.toLocaleString('en')} updates of an hour, or as many as come in ${LIMIT_MS / 60_000} minutes. The heaps of the page and of its shared worker after a collection, ` +
    `at ${POINTS + 1} points; the slope is that of the straight line that fits them best. Then the pace is as above again, and processor time is taken for ${MEASURE_MS / 1_000} s.`,
  async run(say) {
    const stack = await startStack({ workers: 0 })
    const settings: BusyFleet = { redisUrl: stack.redis.url, slots: RUNNING, updatesOfJob: UPDATES_OF_JOB }
    const fleet = await startPart('./busy-fleet.ts', settings)
    const browser = await startChromium()
    try {
      await fleet.ask('submit', RUNNING + Math.ceil(((WARM_UP + HOUR) / UPDATES_OF_JOB) * 1.1))
      await fleet.ask('work')
      const tab = await openTab(browser, `${stack.baseUrl}/`)
      let told = 0
      const tell = async (count: number) => {
        for (const end = told + count; told < end; told += PIECE) {
          const wanted = (await tab.updates()) + PIECE
          await fleet.ask('tell', PIECE)
          const toldMs = performance.now()
          while ((await tab.updates()) < wanted) {
            if (performance.now() - toldMs > LONGEST_WAY_MS) throw new Error('Updates did not come to the page.')
            await sleep(20)
          }
        }
      }
      const startMs = performance.now()
      const points: (Memory & { at: number })[] = []
      const look = async () => {
        points.push({ at: told - WARM_UP, ...(await tab.memory()) })
        say(pointText(points.at(-1)!))
      }
      await tell(WARM_UP)
      await look()
      while (points.length <= POINTS && performance.now() - startMs < LIMIT_MS) {
        await tell(HOUR / POINTS)
        await look()
      }
      const tookMs = performance.now() - startMs
      await fleet.ask('live')
      await sleep(SETTLE_MS)
      const { process: share } = await tab.cpuDuring(MEASURE_MS)
      const of = points.at(-1)!.at
      return [
        slopeOf(
          'heap of the page',
          points.map(({ at, page }) => [at, page]),
        ),
        slopeOf(
          'heap of the shared worker',
          points.map(({ at, worker }) => [at, worker]),
        ),
        countOf(
          'nodes of the document',
          points.map(({ nodes }) => nodes),
        ),
        countOf(
          'rows held',
          points.map(({ held }) => held),
        ),
        {
          what: 'updates',
          ffleet: of.toLocaleString('en'),
          beside: `of ${HOUR.toLocaleString('en')}`,
          compared: `in ${(tookMs / 1_000).toFixed(0)} s`,
          target: null,
          reached: null,
        },
        {
          what: 'processor time of the tab afterwards',
          ffleet: `${(share * 100).toFixed(1)} %`,
          beside: '',
          compared: `${RUNNING} updates a second`,
          target: `≤ ${REACH_PERCENT} %`,
          reached: share * 100 <= REACH_PERCENT,
        },
      ]
    } finally {
      await browser.close()
      await fleet.stop()
      await stack.stop()
    }
  },
}

const inMb = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`

const pointText = ({ at, page, worker, nodes, held, drawn }: Memory & { at: number }) =>
  `${at.toLocaleString('en')} updates: page ${inMb(page)}, shared worker ${inMb(worker)}, ${nodes} nodes, ${held} rows held, ${drawn} drawn`

function slopeOf(what: string, points: [at: number, bytes: number][]): Figure {
  const mean = (values: number[]) => values.reduce((sum, each) => sum + each, 0) / values.length
  const [middle, level] = [mean(points.map(([at]) => at)), mean(points.map(([, bytes]) => bytes))]
  const rise = mean(points.map(([at, bytes]) => (at - middle) * (bytes - level)))
  const slope = (rise / mean(points.map(([at]) => (at - middle) ** 2))) * 100_000
  return {
    what: `${what}, per 100,000 updates`,
    ffleet: `${slope < 0 ? '' : '+'}${inMb(slope)}`,
    beside: `at first ${inMb(points[0]![1])}`,
    compared: `at last ${inMb(points.at(-1)![1])}`,
    target: `≤ +${REACH_MB} MB`,
    reached: slope <= REACH_MB * 1e6,
  }
}

function countOf(what: string, counts: number[]): Figure {
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  return {
    what,
    ffleet: most.toLocaleString('en'),
    beside: `least ${least.toLocaleString('en')}`,
    compared: '',
    target: null,
    reached: null,
  }
}
