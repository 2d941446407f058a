/** What one input of a run came to. */
import type { Job } from '../../contract/index.js'
import type { Interruption } from '../interrupt.js'
import type { JobSettings } from '../request/job-request.js'
import type { Records } from './run-summary.js'

/** `force`: replace what is there. `isJoined`: one job of all inputs. `settings`: of every job. */
export type RunOptions = { force: boolean; isJoined: boolean; settings: JobSettings }

export type RunItem = {
  /** As it was typed, or found. */
  input: string
  /** Null where it was skipped or refused, or it is not known how it ended. */
  job: Job | null
  /** In the order of the job's outputs: where each lies on this machine; null where the server has it. */
  outputPaths: (string | null)[]
  records: Records | null
  /** Why there was no job, or its outputs did not arrive. */
  error: Error | null
  skipped: string | null
}

/** `server`: for the addresses of what it keeps; null where it is gone with the run. */
export type RunResult = { items: RunItem[]; interruption: Interruption | null; server: string | null }

export function newItem(input: string, over: Partial<RunItem> = {}): RunItem {
  return { input, job: null, outputPaths: [], records: null, error: null, skipped: null, ...over }
}
