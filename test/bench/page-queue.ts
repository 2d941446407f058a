import { startChromium } from '../helpers/chromium.js'
import { type Stack, startStack } from '../helpers/stack.js'
import { type Benchmark, interleaved, median, medianText } from './benchmark.js'
import type { BusyFleet } from './busy-fleet.js'
import { type Part, startPart } from './part.js'
import { type Memory, openTab } from './tab.js'

const RUNNING = 200
const QUEUED = 100_000
const ROUNDS = 9
const REACH = 1.5

/** Whether a long queue makes the page slow or large. */
export const pageQueue: Benchmark = {
  name: 'page-queue',
  title: `The page: ${QUEUED.toLocaleString('en')} jobs wait`,
  about:
    `${RUNNING} jobs run and ${QUEUED.toLocaleString('en')} wait behind them; beside it a server with the same ${RUNNING} and none behind. ` +
    `The page is opened at both in turns, ${ROUNDS} times, with nothing in the cache: time from the start of the navigation to the first row, and what is held then.`,
  async run(say) {
    const stacks: Stack[] = []
    const fleets: Part[] = []
    const browser = await startChromium()
    const serverWith = async (queued: number) => {
      const stack = await startStack({ workers: 0 })
      stacks.push(stack)
      const settings: BusyFleet = { redisUrl: stack.redis.url, slots: RUNNING, updatesOfJob: 60 }
      const fleet = await startPart('./busy-fleet.ts', settings)
      fleets.push(fleet)
      await fleet.ask('submit', RUNNING + queued)
      await fleet.ask('work')
      return `${stack.baseUrl}/`
    }
    const look = async (url: string) => {
      const tab = await openTab(browser, url)
      const looked = { firstRowMs: await tab.firstRowMs(), ...(await tab.memory()) }
      await tab.close()
      return looked
    }
    try {
      const [full, empty] = [await serverWith(QUEUED), await serverWith(0)]
      await look(full)
      const rounds = await interleaved(
        { rounds: ROUNDS, limitMs: 60_000 },
        { full: () => look(full), empty: () => look(empty) },
      )
      for (const { full, empty } of rounds)
        say(`${full.firstRowMs.toFixed(0)} ms, beside it ${empty.firstRowMs.toFixed(0)} ms`)
      const of = (side: 'full' | 'empty', what: keyof Memory | 'firstRowMs') =>
        median(rounds.map((round) => round[side][what]))
      const ratios = rounds.map(({ full, empty }) => full.firstRowMs / empty.firstRowMs)
      const held = (what: string, name: keyof Memory, text: (value: number) => string) => ({
        what,
        ffleet: text(of('full', name)),
        beside: `none waits ${text(of('empty', name))}`,
        compared: (of('full', name) / of('empty', name)).toFixed(2),
        target: null,
        reached: null,
      })
      return [
        {
          what: 'first row',
          ffleet: `${of('full', 'firstRowMs').toFixed(0)} ms`,
          beside: `none waits ${of('empty', 'firstRowMs').toFixed(0)} ms`,
          compared: medianText(ratios, 2),
          target: `≤ ${REACH}`,
          reached: median(ratios) <= REACH,
        },
        held('rows held', 'held', String),
        held('rows in the document', 'drawn', String),
        held('nodes of the document', 'nodes', String),
        held('heap of the page', 'page', (bytes) => `${(bytes / 1e6).toFixed(2)} MB`),
      ]
    } finally {
      await browser.close()
      await Promise.all(fleets.map((each) => each.stop()))
      await Promise.all(stacks.map((each) => each.stop()))
    }
  },
}
