import { setTimeout as sleep } from 'node:timers/promises'
import { startChromium } from '../helpers/chromium.js'
import { startStack } from '../helpers/stack.js'
import type { Benchmark } from './benchmark.js'
import type { BusyFleet } from './busy-fleet.js'
import { startPart } from './part.js'
import { openTab } from './tab.js'

const RUNNING = 200
const UPDATES_OF_JOB = 60
const QUEUED = 1_000
const SETTLE_MS = 3_000
const MEASURE_MS = 20_000
const BURST = 20_000
const REACH_PERCENT = 25

/** What a tab costs that shows a busy fleet. */
export const pageLive: Benchmark = {
  name: 'page-live',
  title: `The page: ${RUNNING} jobs live`,
  about:
    `A tab of Chromium shows ${RUNNING} running jobs, each with an update a second until it ends after ${UPDATES_OF_JOB} and the next of the queue begins: ` +
    `slots of the real queue that do as a script bids (\`test/bench/busy-fleet.ts\`), and a real API. Processor time over ${MEASURE_MS / 1_000} s, as a share of one core; ` +
    'beside it the same tab before anything moves. A change is one batch of changes to the document, wherever in it. ' +
    `The burst is ${BURST.toLocaleString('en')} updates as fast as they get through.`,
  async run(say) {
    const stack = await startStack({ workers: 0 })
    const settings: BusyFleet = { redisUrl: stack.redis.url, slots: RUNNING, updatesOfJob: UPDATES_OF_JOB }
    const fleet = await startPart('./busy-fleet.ts', settings)
    const browser = await startChromium()
    try {
      await fleet.ask('submit', RUNNING + QUEUED)
      await fleet.ask('work')
      const tab = await openTab(browser, `${stack.baseUrl}/`)
      await sleep(SETTLE_MS)
      const still = await tab.cpuDuring(MEASURE_MS / 2)
      await fleet.ask('live')
      await sleep(SETTLE_MS)
      const before = await fleet.ask<Told>('figures')
      const updatesBefore = await tab.updates()
      const live = await tab.cpuDuring(MEASURE_MS)
      const updates = (await tab.updates()) - updatesBefore
      const after = await fleet.ask<Told>('figures')
      say(
        `${updates} updates came of ${after.told - before.told} told, ${after.ended - before.ended} jobs ended; ` +
          `raster and compositing ${percent(live.process - live.page - live.worker)}`,
      )
      const steady = await tab.changesDuring(() => sleep(MEASURE_MS / 4))
      await fleet.ask('rest')
      const burst = await tab.changesDuring(() => fleet.ask('tell', BURST))
      const told = { target: null, reached: null }
      const share = (what: string, of: keyof typeof live) => ({
        what,
        ffleet: percent(live[of]),
        beside: `at rest ${percent(still[of])}`,
        compared: '',
      })
      const changing = (what: string, { changes, frames }: typeof burst) => ({
        what,
        ffleet: changes.toLocaleString('en'),
        beside: `frames ${frames.toLocaleString('en')}`,
        compared: (changes / frames).toFixed(2),
        target: '≤ 1',
        reached: changes <= frames,
      })
      return [
        {
          ...share('processor time of the tab with its shared worker', 'process'),
          compared: `${updates.toLocaleString('en')} updates`,
          target: `≤ ${REACH_PERCENT} %`,
          reached: live.process * 100 <= REACH_PERCENT,
        },
        { ...share('of that the thread of the page', 'page'), ...told },
        { ...share('of that the shared worker', 'worker'), ...told },
        changing(`changes in ${MEASURE_MS / 4_000} s`, steady),
        changing('changes in the burst', burst),
      ]
    } finally {
      await browser.close()
      await fleet.stop()
      await stack.stop()
    }
  },
}

type Told = { told: number; ended: number; running: number }

const percent = (share: number) => `${(share * 100).toFixed(1)} %`
