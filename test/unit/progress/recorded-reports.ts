import { readdirSync, readFileSync } from 'node:fs'
import {
  type Estimate,
  type PassPlan,
  ProgressEstimator,
  type ReportBlock,
  ReportParser,
} from '../../../src/progress/index.js'

/** What stands beside a report in `fixtures/reports`: how it came about and when which of its bytes arrived. */
export type ReportMeta = {
  name: string
  /** Derived reports only: how. */
  derived?: string
  argv: string[]
  ffmpeg: string
  exitCode: number | null
  signal: string | null
  wallSeconds: number
  events: { t: number; sent: string }[]
  /** Seconds from the start of ffmpeg. */
  chunks: { t: number; bytes: number }[]
}
export type RecordedReport = { path: string; bytes: Uint8Array; meta: ReportMeta }
/** One block with the moment it came. */
export type TimedBlock = { block: ReportBlock; atMs: number }

export const REPORTS = new URL('../../../fixtures/reports/', import.meta.url)

/** Folders of recorded and derived reports, such as `5.1.9` and `4.3-derived`. */
function reportVersions(): string[] {
  return readdirSync(REPORTS, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
}

export function allReports(): RecordedReport[] {
  return reportVersions().flatMap((version) =>
    readdirSync(new URL(version, REPORTS))
      .filter((file) => file.endsWith('.progress'))
      .map((file) => recordedReport(version, file.slice(0, -'.progress'.length))),
  )
}

export function recordedReport(version: string, name: string): RecordedReport {
  const file = (extension: string) => new URL(`${version}/${name}.${extension}`, REPORTS)
  return {
    path: `${version}/${name}`,
    bytes: new Uint8Array(readFileSync(file('progress'))),
    meta: JSON.parse(readFileSync(file('meta.json'), 'utf8')),
  }
}

/** The report in the chunks it arrived in. */
export function* arrivals(report: RecordedReport): Generator<{ chunk: Uint8Array; atMs: number }> {
  let at = 0
  for (const { t, bytes } of report.meta.chunks) {
    yield { chunk: report.bytes.subarray(at, at + bytes), atMs: Math.round(t * 1_000) }
    at += bytes
  }
}

export function timedBlocks(report: RecordedReport): TimedBlock[] {
  const parser = new ReportParser()
  const blocks: TimedBlock[] = []
  for (const { chunk, atMs } of arrivals(report)) {
    for (const block of parser.push(chunk)) blocks.push({ block, atMs })
  }
  const exitMs = Math.round(report.meta.wallSeconds * 1_000)
  for (const block of parser.end()) blocks.push({ block, atMs: exitMs })
  return blocks
}

export function blocksOf(bytes: Uint8Array | string): ReportBlock[] {
  const parser = new ReportParser()
  return [...parser.push(bytes), ...parser.end()]
}

/** The estimate after each block, with the recorded arrival times as the clock. */
export function replay(report: RecordedReport, plan: Partial<PassPlan>): Estimate[] {
  const estimator = new ProgressEstimator([onePass(plan)])
  return timedBlocks(report).map(({ block, atMs }) => estimator.push(block, atMs))
}

export function onePass(plan: Partial<PassPlan>): PassPlan {
  return { label: 'encode', expectedUs: null, expectedFrames: null, weight: 1, ...plan }
}
