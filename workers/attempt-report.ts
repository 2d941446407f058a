import type {
  AttemptOutcome,
  AttemptReport,
  Diagnosis,
  JobError,
  OutputReport,
  PassReport,
  Probe,
  SourceReport,
} from '../src/contract/index.js'
import { TIMELINE_COLUMNS } from '../src/contract/index.js'
import type { FfmpegResult } from '../src/ffmpeg/index.js'
import { type Estimate, Timeline, timelineRow } from '../src/progress/index.js'
import type { ReportPart, ReportWriter } from '../src/storage/reports/store.js'
import { endedPass, inBrief, startedPass } from './pass-report.js'

/**
 * Writes the report of one attempt as it happens: whoever loses the worker in the middle still finds the command that
 * ran and the log so far. The attempt does not wait for the disk until its `end`. Writing fails silently but for a word
 * to `onError`: a full disk must not fail an encode.
 */
export type AttemptReporter = {
  input(probe: Probe): void
  /** An input was fetched. */
  source(source: SourceReport): void
  /** A pass is about to run; `argv` is what will be spawned. */
  passStarted(label: string, argv: readonly string[]): void
  /** How far it has come; written now and then, so that a pass of hours has a course while it runs. */
  passGoesOn(estimate: Estimate): void
  /** `isPart`: one of many passes of its kind, of which less is kept. */
  passEnded(label: string, result: FfmpegResult, kind?: { isPart: boolean }): void
  /** A pass that another worker ran. */
  passElsewhere(pass: PassReport): void
  output(report: OutputReport): void
  /** Resolves when everything is written. */
  end(outcome: AttemptOutcome, error: JobError | null, diagnosis: Diagnosis | null): Promise<void>
}

/** The course of a running pass is written first after so long, then each time after this share of what passed. */
const FIRST_COURSE_MS = 15_000
const COURSE_SHARE = 1 / 8

export function createAttemptReporter(options: {
  store: Pick<ReportWriter, 'append'>
  jobId: string
  attempt: number
  worker: string
  host: string
  ffmpegVersion: string
  /** Hides host folders in what people will read. */
  redact: (text: string) => string
  onError: (error: unknown) => void
}): AttemptReporter {
  const { store, jobId, redact, ffmpegVersion } = options
  const report: AttemptReport = {
    attempt: options.attempt,
    worker: options.worker,
    host: options.host,
    startedAt: new Date().toISOString(),
    finishedAt: null,
    outcome: 'running',
    error: null,
    diagnosis: null,
    passes: [],
  }
  let untold: Omit<ReportPart, 'attempt' | 'from'> = {}
  /** Passes from this one on have not been told as they are. */
  let from = 0
  let course = { timeline: new Timeline(), startedMs: 0, dueMs: 0 }
  let isRunning = false
  let ended = false
  let waiting = false
  let written = Promise.resolve()
  /** What is to be told while another write is under way goes with the one that waits already. */
  function save(): Promise<void> {
    if (waiting) return written
    waiting = true
    written = written
      .then(() => {
        waiting = false
        // Whole at the end, whatever was lost on the way: an attempt of a thousand passes is not told a thousand times.
        const first = ended ? 0 : from
        const part = { ...untold, attempt: { ...report, passes: report.passes.slice(first) }, from: first }
        untold = {}
        from = report.passes.length
        return store.append(jobId, part, { last: ended }).catch((error) => {
          changed(first)
          throw error
        })
      })
      .catch(options.onError)
    return written
  }

  function changed(pass: number): void {
    from = Math.min(from, pass)
  }

  return {
    input(probe) {
      untold.input = probe // with the first pass, which is about to begin, or with the end
    },
    source(source) {
      report.sources = [...(report.sources ?? []), source]
    },
    output(output) {
      untold.outputs = [...(untold.outputs ?? []), output]
      void save()
    },
    passStarted(label, argv) {
      isRunning = true
      changed(report.passes.push(startedPass(label, ffmpegVersion, argv.map(redact))) - 1)
      const startedMs = performance.now()
      course = { timeline: new Timeline(), startedMs, dueMs: startedMs + FIRST_COURSE_MS }
      void save()
    },
    passGoesOn(estimate) {
      const nowMs = performance.now()
      const atMs = Math.round(nowMs - course.startedMs)
      course.timeline.push(timelineRow(atMs, estimate))
      if (nowMs < course.dueMs) return
      course.dueMs = nowMs + Math.max(FIRST_COURSE_MS, atMs * COURSE_SHARE)
      const pass = report.passes.at(-1)!
      pass.timeline = { columns: TIMELINE_COLUMNS, rows: course.timeline.rows }
      pass.summary.wallMs = atMs
      changed(report.passes.length - 1)
      void save()
    },
    passEnded(label, result, { isPart = false } = { isPart: false }) {
      isRunning = false
      const pass = endedPass(label, ffmpegVersion, result, redact)
      report.passes[report.passes.length - 1] = isPart ? inBrief(pass) : pass
      changed(report.passes.length - 1)
    },
    passElsewhere(pass) {
      // The last one is that which runs here.
      const place = report.passes.length - (isRunning ? 1 : 0)
      report.passes.splice(place, 0, pass)
      changed(place)
      void save()
    },
    end(outcome, error, diagnosis) {
      Object.assign(report, { outcome, error, diagnosis, finishedAt: new Date().toISOString() })
      ended = true
      return save()
    },
  }
}
