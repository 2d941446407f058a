import type { ProgressSnapshot } from '../contract/index.js'
import { type Estimate, ProgressEstimator, parseReport, type ReportBlock } from '../progress/index.js'
import { jobLine } from './render/job-line.js'
import { newJobView } from './render/job-view.js'
import { LiveLines, type Screen } from './render/live-lines.js'
import type { Style } from './render/style.js'

export type Expected = { expectedUs: number | null; expectedFrames: number | null }
/** What the snapshots of a report are given to. */
type Show = { show(snapshot: ProgressSnapshot): void; close(): void }

const FRAME_MS = 100

/**
 * Reads a report to its end and shows a snapshot for each block. Percent stays at or below 99: a report says that
 * ffmpeg has ended, not that what it wrote is right. Gives the last block; null when there was none.
 */
export async function showReport(
  source: AsyncIterable<Uint8Array | string>,
  expected: Expected,
  open: (latest: () => ProgressSnapshot | null) => Show,
): Promise<ReportBlock | null> {
  const estimator = new ProgressEstimator([{ label: 'encode', weight: 1, ...expected }])
  let newest = null as ReportBlock | null
  let seq = 0
  const latest = () => newest && snapshotOf(estimator.tick(performance.now()), seq, newest.end)
  const shown = open(latest)
  try {
    for await (const block of parseReport(source)) {
      newest = block
      shown.show(snapshotOf(estimator.push(block, performance.now()), ++seq, block.end))
    }
  } finally {
    shown.close()
  }
  return newest
}

function snapshotOf(estimate: Estimate, seq: number, end: boolean): ProgressSnapshot {
  return {
    seq,
    at: new Date().toISOString(),
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
