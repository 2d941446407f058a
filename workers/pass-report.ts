/** One ffmpeg of an attempt, as people read of it. */
import { type PassReport, TIMELINE_COLUMNS } from '../src/contract/index.js'
import type { FfmpegResult } from '../src/ffmpeg/index.js'
import { Timeline } from '../src/progress/index.js'

/** A pass that runs: nothing is known of it yet. */
export function startedPass(label: string, ffmpeg: string, argv: string[]): PassReport {
  return {
    label,
    ffmpeg,
    argv,
    exitCode: null,
    signal: null,
    sawEnd: false,
    summary: {
      frames: null,
      outTimeUs: null,
      bytes: null,
      averageFps: null,
      averageSpeed: null,
      wallMs: 0,
      cpuUserMs: null,
      cpuSystemMs: null,
      maxRssBytes: null,
    },
    timeline: { columns: TIMELINE_COLUMNS, rows: [] },
    warnings: [],
    errors: [],
    logTail: [],
  }
}

/** What became of a pass. `redact` hides host folders in what people will read. */
export function endedPass(
  label: string,
  ffmpeg: string,
  result: FfmpegResult,
  redact: (text: string) => string,
): PassReport {
  const { lastBlock, wallMs } = result
  const seconds = wallMs / 1000
  const frames = lastBlock?.frame ?? null
  // The time of an `end` block can jump back (7.x); the largest time seen is the one that was reached.
  const outTimeUs = result.timeline.reduce<number | null>(
    (most, [, time]) => larger(most, time ?? null),
    lastBlock?.outTimeUs ?? null,
  )
  return {
    label,
    ffmpeg,
    argv: result.argv.map(redact),
    exitCode: result.exitCode,
    signal: result.signal,
    sawEnd: result.sawEnd,
    summary: {
      frames,
      outTimeUs,
      bytes: lastBlock?.totalBytes ?? null,
      averageFps: frames === null || seconds === 0 ? null : rounded(frames / seconds, 1),
      averageSpeed: outTimeUs === null || seconds === 0 ? null : rounded(outTimeUs / 1e6 / seconds, 3),
      wallMs: Math.round(wallMs),
      ...result.usage,
    },
    timeline: { columns: TIMELINE_COLUMNS, rows: result.timeline },
    warnings: result.warnings.map(redact),
    errors: result.errors.map(redact),
    logTail: result.logTail.map(redact),
  }
}

/** Rows of the course of a part, and lines of the end of its log. */
const BRIEF = { rows: 20, lines: 5 }

/** One of many passes of its kind, of which less is kept. */
export function inBrief(pass: PassReport): PassReport {
  const timeline = new Timeline(BRIEF.rows)
  for (const row of pass.timeline.rows) timeline.push(row)
  return {
    ...pass,
    timeline: { ...pass.timeline, rows: timeline.rows },
    logTail: pass.logTail.slice(-BRIEF.lines),
  }
}

const larger = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b))
const rounded = (value: number, digits: number) => Number(value.toFixed(digits))
