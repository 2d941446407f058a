import { dirname } from 'node:path'
import type { Job } from '../../contract/index.js'
import { printJsonLine } from '../print.js'
import { createRenderer, type Renderer } from '../render/index.js'
import { styleOf } from '../render/style.js'
import { type Ended, outcomeOf, tally } from '../render/tally.js'
import type { RunItem, RunResult } from './run-item.js'
import type { Watching } from './run-local.js'
import { runSummary, shortSummary, shownPath } from './run-summary.js'

type ShowOptions = {
  json: boolean
  /** More inputs than one: each end is told as it comes, and all of them once more at the end. */
  several: boolean
  /** For the addresses of what has ended. */
  server: string | null
}

/** What a person, or a program, sees of a run. */
export class Show {
  readonly #options: ShowOptions
  readonly #renderer: Renderer
  readonly #items = new Map<string, RunItem>()
  #planned = 0
  #ended = 0

  constructor(options: ShowOptions) {
    this.#options = options
    const { json, several, server } = options
    this.#renderer = createRenderer({
      json,
      server,
      ended: (job) => (several ? this.#endOf(job) : []),
      ...(several && { headline: () => `${this.#ended} of ${this.#planned} done` }),
    })
  }

  note(text: string): void {
    this.#renderer.note(text)
  }

  /** Shows the run until it is over. */
  async watching(run: (watching: Watching) => Promise<RunResult>): Promise<RunResult> {
    try {
      return await run({
        renderer: this.#renderer,
        onPlanned: (jobs) => {
          this.#planned = jobs
        },
        onSubmitted: (job, item) => {
          this.#items.set(job.id, item)
        },
        onEnded: () => {
          this.#ended++
        },
      })
    } finally {
      this.#renderer.close()
    }
  }

  /** What all of it came to. */
  result(items: readonly RunItem[]): void {
    const { json, several, server } = this.#options
    if (several) {
      const out = items.every(isGood) ? process.stdout : process.stderr
      if (json) printJsonLine(summaryJson(items, server))
      else {
        const reports = items.find(({ records }) => records?.reportFile)?.records?.reportFile
        const where = reports ? [`reports in ${shownPath(dirname(dirname(reports)))}`] : []
        out.write(`${[tally(items.map(endOf), styleOf(out, process.env)), ...where].join('\n')}\n`)
      }
      return
    }
    const [item] = items
    if (json || item?.job == null) return
    const { job, records, outputPaths } = item
    const out = job.state === 'completed' ? process.stdout : process.stderr
    out.write(`${runSummary(job, records, { outputPaths, server }, styleOf(out, process.env))}\n`)
  }

  #endOf(job: Job): string[] {
    const outputPaths = this.#items.get(job.id)?.outputPaths ?? []
    const style = styleOf(process.stdout, process.env)
    return shortSummary(job, { outputPaths, server: this.#options.server }, style).split('\n')
  }
}

const isGood = ({ job, skipped }: RunItem) => skipped !== null || job?.state === 'completed'

function endOf({ input, job, error, skipped }: RunItem): Ended {
  if (skipped !== null) return { input, outcome: 'skipped', why: skipped }
  if (error !== null) return { input, outcome: 'refused', why: error.message }
  return { input, ...outcomeOf(job) }
}

/** The last line of `--json` for several inputs. */
function summaryJson(items: readonly RunItem[], server: string | null): object {
  const ends = items.map((item) => ({ item, end: endOf(item) }))
  const n = (outcome: Ended['outcome']) => ends.filter(({ end }) => end.outcome === outcome).length
  return {
    type: 'run.summary',
    done: n('done'),
    failed: n('failed') + n('refused') + n('not done'),
    cancelled: n('cancelled'),
    skipped: n('skipped'),
    inputs: ends.map(({ item, end }) => ({
      input: item.input,
      outcome: end.outcome,
      why: end.why,
      jobId: item.job?.id ?? null,
      outputs: (item.job?.state === 'completed' ? item.job.outputs : []).map(({ name, path, href }, i) => ({
        name,
        path: item.outputPaths[i] ?? path,
        url: server !== null && href !== null ? server + href : null,
      })),
      reportFile: item.records?.reportFile ?? null,
    })),
  }
}
