/** Examples that a real fleet gave: `npm run docs -- --record` writes them, see `test/docs/record-examples.ts`. */
import { readFileSync } from 'node:fs'
import type { FleetEvent, Job, Problem, QueueInfo, Report, WorkerInfo } from '../../../src/contract/index.js'

export type Recorded = {
  /** One of each type. */
  events: FleetEvent[]
  job: Job
  report: Report
  problem: Problem
  worker: WorkerInfo
  queue: QueueInfo
}

/** A line for each field, so that a new recording can be compared with the old one. */
export const RECORDED = new URL('../recorded/examples.ndjson', import.meta.url)

export function readRecorded(): Recorded {
  const lines = readFileSync(RECORDED, 'utf8').trimEnd().split('\n')
  return Object.assign({}, ...lines.map((line) => JSON.parse(line)))
}

export function writtenDown(recorded: Recorded): string {
  return Object.entries(recorded)
    .map(([field, value]) => `${JSON.stringify({ [field]: value })}\n`)
    .join('')
}
