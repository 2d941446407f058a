import type { ProgressSnapshot } from '../contract/index.js'
import { type Estimate, ProgressEstimator, parseReport, type ReportBlock } from '../progress/index.js'
import { count } from './render/figures.js'
import { jobLine } from './render/job-line.js'
import { newJobView } from './render/job-view.js'
import { LiveLines, type Screen } from './render/live-lines.js'
import type { Style } from './render/style.js'
import { ReportClock } from './report-clock.js'

export type Expected = { expectedUs: number | null; expectedFrames: number | null }
/** What the snapshots of a report are given to. */
type Show = { show(snapshot: ProgressSnapshot): void; close(): void }

const FRAME_MS = 100

/**
 * Reads a report to its end and shows a snapshot for each block, by the report's own clock. Percent stays at or below 99:
 * a report says that ffmpeg has ended, not that what it wrote is right. `saved`: it comes from a file, and when it began.
 * Gives the last block; null when there was none.
 */
export async function showReport(
  source: AsyncIterable<Uint8Array | string>,
  expected: Expected,
  open: (latest: () => ProgressSnapshot | null) => Show,
  saved: { startedAtMs: number } | null = null,
): Promise<ReportBlock | null> {
  const estimator = new ProgressEstimator([{ label: 'encode', weight: 1, ...expected }])
  const clock = new ReportClock({ saved: saved !== null })
  let newest = null as ReportBlock | null
  let seq = 0
  let [elapsedMs, readAtMs] = [0, 0]
  const at = () => (saved === null ? Date.now() : saved.startedAtMs + elapsedMs)
  const latest = () => {
    const nowMs = elapsedMs + performance.now() - readAtMs
    return newest && snapshotOf(estimator.tick(nowMs), { seq, at: at(), end: newest.end })
  }
  const shown = open(latest)
  try {
    for await (const block of parseReport(source)) {
      newest = block
      readAtMs = performance.now()
      elapsedMs = clock.read(block, readAtMs)
      seq++
      shown.show(snapshotOf(estimator.push(block, elapsedMs), { seq, at: at(), end: block.end }))
    }
  } finally {
    shown.close()
  }
  return newest
}

/** When a saved report began: as long before it was last written as it tells. */
export async function startOfSaved(report: AsyncIterable<Uint8Array | string>, writtenAtMs: number): Promise<number> {
  const clock = new ReportClock({ saved: true })
  let elapsedMs = 0
  for await (const block of parseReport(report)) elapsedMs = clock.read(block, 0)
  return writtenAtMs - elapsedMs
}

/** What verification forgives as well: a quarter of a second, or 2 %. */
const [FORGIVEN_US, FORGIVEN_SHARE] = [250_000, 0.02]

/** How a report ended, in a sentence: `Done`, or what is missing of what was expected. */
export function endOfReport(last: ReportBlock, { expectedUs, expectedFrames }: Expected): string {
  const time = last.outTimeUs === null ? null : `${(last.outTimeUs / 1e6).toFixed(1)} s`
  const frames = last.frame === null ? null : count(last.frame, 'frame')
  const got = [time, frames].filter((part) => part !== null).join(', ') || 'nothing told of what was written'
  if (!last.end) return `The report broke off before its end: ${got}.`
  const missingUs = expectedUs === null || last.outTimeUs === null ? 0 : expectedUs - last.outTimeUs
  if (expectedUs !== null && missingUs > Math.max(FORGIVEN_US, expectedUs * FORGIVEN_SHARE)) {
    return `ffmpeg has ended: ${got}; ${(missingUs / 1e6).toFixed(1)} s of ${(expectedUs / 1e6).toFixed(1)} s are missing.`
  }
  const missing = expectedFrames === null || last.frame === null ? 0 : expectedFrames - last.frame
  if (expectedFrames !== null && missing > Math.max(2, expectedFrames * FORGIVEN_SHARE)) {
    return `ffmpeg has ended: ${got}; ${missing} of ${count(expectedFrames, 'frame')} are missing.`
  }
  return `Done: ${got}.`
}

function snapshotOf(estimate: Estimate, { seq, at, end }: { seq: number; at: number; end: boolean }): ProgressSnapshot {
  return {
    seq,
    at: new Date(at).toISOString(),
    attempt: 1,
    phase: end ? 'finalizing' : 'encoding',
    ...estimate,
    fetchedBytes: null,
    fetchTotalBytes: null,
  }
}

/** A bar that is drawn again in place, between two blocks too: a stall shows. */
export function reportBar(screen: Screen, style: Style) {
  return (latest: () => ProgressSnapshot | null): Show => {
    const lines = new LiveLines(screen)
    const view = { ...newJobView('ffmpeg'), state: 'active' as const, attempt: 1 }
    const draw = () => {
      view.progress = latest()
      lines.draw([jobLine(view, { columns: lines.columns, style, nowMs: performance.now() })])
    }
    const timer = setInterval(draw, FRAME_MS)
    return {
      show: () => {},
      close() {
        clearInterval(timer)
        draw()
        lines.close()
      },
    }
  }
}
