import type { FleetEvent, JobEvent } from '../../contract/index.js'
import { isTerminal } from '../../contract/states.js'
import { count } from './figures.js'
import { endLine, jobLine } from './job-line.js'
import { apply, describe, type JobView, newJobView } from './job-view.js'
import { LiveLines, type Screen } from './live-lines.js'
import { inOptions } from './option-words.js'
import type { Renderer } from './renderer.js'
import type { Style } from './style.js'
import { displayWidth, printable } from './text.js'

const FRAME_MS = 100
/** Error lines of ffmpeg shown for one attempt; the rest is in the log. */
const LOG_LINES = 5

export type TtyOptions = {
  screen: Screen
  style: Style
  /** Leaves out the line that stays for a job that has ended, where the caller says more. */
  quietEnd?: boolean
}

/** A bar for every job that has not ended, drawn again in place; ended ones leave a line above. */
export function createTtyRenderer({ screen, style, quietEnd = false }: TtyOptions): Renderer {
  const lines = new LiveLines(screen)
  const jobs = new Map<string, JobView>()
  const logLines = new Map<string, number>()
  let kept: string[] = []
  const view = (jobId: string): JobView => {
    const known = jobs.get(jobId) ?? newJobView(jobId)
    jobs.set(jobId, known)
    return known
  }
  const draw = () => {
    lines.draw(liveLines([...jobs.values()], lines, style), kept)
    kept = []
  }
  const end = (ended: JobView) => {
    jobs.delete(ended.id)
    logLines.delete(ended.id)
    if (!quietEnd) kept.push(endLine(ended, style))
  }
  // Drawn by the clock and not by the event: however many come, a terminal gets ten frames a second.
  const timer = setInterval(draw, FRAME_MS)
  return {
    describe: (job) => describe(view(job.id), job),
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
      if (isTerminal(shown.state)) end(shown)
    },
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

/** As many as the screen has room for, active ones first. */
function liveLines(views: JobView[], lines: LiveLines, style: Style): string[] {
  const nowMs = performance.now()
  const ordered = [
    ...views.filter((view) => view.state === 'active'),
    ...views.filter((view) => view.state !== 'active'),
  ]
  const room = ordered.length > lines.rows ? lines.rows - 1 : lines.rows
  const shown = ordered.slice(0, Math.max(1, room))
  const longest = Math.max(0, ...shown.map((view) => displayWidth(printable(view.label))))
  const labelColumns = Math.min(longest, Math.floor(lines.columns / 3))
  const texts = shown.map((view) => jobLine(view, { columns: lines.columns, style, nowMs, labelColumns }))
  const rest = ordered.length - shown.length
  return rest > 0 ? [...texts, style.dim(`… and ${count(rest, 'more job')}`)] : texts
}
