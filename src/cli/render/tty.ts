import type { FleetEvent, Job, JobEvent } from '../../contract/index.js'
import { isTerminal } from '../../contract/states.js'
import { count } from './figures.js'
import { endRows } from './job-end.js'
import { endLine, jobLine } from './job-line.js'
import { apply, describe, type JobView, newJobView } from './job-view.js'
import { LiveLines, type Screen } from './live-lines.js'
import { inOptions } from './option-words.js'
import { playableText } from './playable-text.js'
import type { Renderer } from './renderer.js'
import { shortIds } from './short-ids.js'
import type { Style } from './style.js'
import { facts } from './table.js'
import { displayWidth, printable, shorten } from './text.js'

const FRAME_MS = 100
/** Error lines of ffmpeg shown for one attempt; the rest is in the log. */
const LOG_LINES = 5

export type TtyOptions = {
  screen: Screen
  style: Style
  /** The lines that stay of a job that has ended; default: how it did, which it was, and where its outputs lie. */
  ended?: (job: Job) => string[]
  /** Each row begins with the end of the job's id, as other commands take it. */
  ids?: boolean
  /** A line above the rows. */
  headline?: (views: readonly JobView[]) => string
  /** For the addresses of what has ended. */
  server?: string | null
}

/** A bar for every job that has not ended, drawn again in place; ended ones leave lines above. */
export function createTtyRenderer(options: TtyOptions): Renderer {
  const { screen, style, headline } = options
  const lines = new LiveLines(screen)
  const jobs = new Map<string, JobView>()
  const logLines = new Map<string, number>()
  let kept: string[] = []
  let standstill: string | null = null
  /** Of the widest label so far: bars do not jump when a job with a long name ends. */
  let labelColumns = 0
  const view = (jobId: string): JobView => {
    const known = jobs.get(jobId) ?? newJobView(jobId)
    known.heardAtMs = performance.now()
    jobs.set(jobId, known)
    return known
  }
  const draw = () => {
    const views = [...jobs.values()]
    const waits = standstill !== null && views.some(({ state }) => state === 'queued')
    const below = waits ? [style.warn(shorten(printable(standstill!), lines.columns - 1))] : []
    const above = headline ? [style.dim(shorten(printable(headline(views)), lines.columns - 1))] : []
    const shown = shownOf(views, lines.rows - below.length - above.length)
    labelColumns = Math.max(labelColumns, ...shown.map(({ label }) => displayWidth(printable(label))))
    const ids = options.ids ? shortIds(views.map(({ id }) => id)) : null
    const rows = shown.map((each) => {
      const id = ids?.get(each.id)
      const columns = lines.columns - (id === undefined ? 0 : id.length + 2)
      const width = Math.min(labelColumns, Math.floor(columns / 3))
      const text = jobLine(each, { columns, style, nowMs: performance.now(), labelColumns: width })
      return id === undefined ? text : `${style.accent(id)}  ${text}`
    })
    const rest = views.length - shown.length
    const more = rest > 0 ? [style.dim(`… and ${count(rest, 'more job')}`)] : []
    lines.draw([...above, ...rows, ...more, ...below], kept)
    kept = []
  }
  const end = (ended: JobView) => {
    jobs.delete(ended.id)
    logLines.delete(ended.id)
    if (ended.job === null) return
    if (options.ended) return void kept.push(...options.ended(ended.job))
    const rows = facts(endRows(ended.job, options.server ?? null), style)
    kept.push(endLine(ended, style), ...rows.split('\n').map(indented))
  }
  // Drawn by the clock and not by the event: however many come, a terminal gets ten frames a second.
  const timer = setInterval(draw, FRAME_MS)
  return {
    describe(job) {
      const shown = view(job.id)
      describe(shown, job)
      if (!isTerminal(job.state)) return
      shown.job = job
      end(shown)
    },
    event(event) {
      if (!isJobEvent(event)) {
        kept.push(`${style.dim(event.type)} ${printable(event.worker)}`)
        return
      }
      const shown = view(event.jobId)
      apply(shown, event)
      if (event.type === 'attempt.started') logLines.delete(event.jobId)
      if (event.type === 'log' && event.level === 'error') {
        const n = (logLines.get(event.jobId) ?? 0) + 1
        logLines.set(event.jobId, n)
        if (n <= LOG_LINES) kept.push(`${style.bad('ffmpeg:')} ${printable(event.text)}`)
      }
      if (event.type === 'attempt.failed' && event.willRetry) {
        kept.push(
          `${style.warn(`attempt ${event.attempt} failed:`)} ${event.error.code} ${inOptions(event.error.detail)}`,
        )
      }
      if (event.type === 'output.playable') {
        kept.push(style.dim(printable(`${shown.label}: ${playableText(event, options.server ?? null)}`)))
      }
      if (isTerminal(shown.state)) end(shown)
    },
    position(jobId, position) {
      const shown = jobs.get(jobId)
      if (shown?.state === 'queued') shown.queuePosition = position
    },
    standstill: (reason) => void (standstill = reason),
    note: (text) => void kept.push(style.warn(printable(text))),
    close() {
      clearInterval(timer)
      draw()
      lines.close()
    },
  }
}

function isJobEvent(event: FleetEvent): event is JobEvent {
  return 'jobId' in event
}

function indented(line: string): string {
  return `  ${line}`
}

/** As many as there is room for: active ones first, then what will be started next. */
function shownOf(views: readonly JobView[], rows: number): JobView[] {
  const ordered = [
    ...views.filter((view) => view.state === 'active'),
    ...views.filter((view) => view.state !== 'active').sort((a, b) => placeOf(a) - placeOf(b)),
  ]
  return ordered.slice(0, Math.max(1, ordered.length > rows ? rows - 1 : rows))
}

function placeOf({ queuePosition }: JobView): number {
  return queuePosition ?? Number.MAX_SAFE_INTEGER
}

/** For a view of many jobs. */
export function countOf(views: readonly JobView[]): string {
  const active = views.filter((view) => view.state === 'active').length
  return `${count(active, 'job')} running, ${views.length - active} waiting`
}
