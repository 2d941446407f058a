import type { FfleetClient } from '../../client/index.js'
import type { Job } from '../../contract/index.js'
import type { Original } from './originals.js'

/** Where the jobs of a batch run. */
export type Place = {
  client: FfleetClient
  /** Resolves when it ended by itself. */
  gone?: Promise<Error>
  /** Jobs at a time. */
  slots: number
  /** Jobs that are sent at a time. */
  atOnce: number
  /** Whether jobs outlive this process. */
  staysAlone: boolean
  /** The original, as a request names it. */
  uriOf(original: Original): string
  /** An output, as a request names its path; null: the server's own. */
  outputPathOf(path: string): string | null
  /** Told of each job that is sent. */
  onSent(job: Job): Promise<void>
  /** Brings the one output of a completed job to the path. */
  bring(job: Job, path: string, signal: AbortSignal): Promise<void>
  close(options: { drain: boolean }): Promise<void>
}
