import type { ErrorCode } from '../src/contract/index.js'
import type { RunOutcome } from '../src/queue/index.js'

/** Failures that speak of the worker rather than of the job. */
const OWN_FAULTS: ReadonlySet<ErrorCode> = new Set([
  'MEDIA_ROOT_UNAVAILABLE',
  'ENCODER_NOT_AVAILABLE',
  'ENCODER_KILLED',
  'OUT_OF_MEMORY',
  'DISK_FULL',
  'OUTPUT_NOT_WRITABLE',
  'INTERNAL_ERROR',
])
const LIMIT = 5

/** A worker that fails one job after another, each for a reason that lies with itself, should not go on. */
export class Health {
  #failed = new Map<string, ErrorCode>()

  record(jobId: string, outcome: RunOutcome): void {
    if (outcome.kind === 'completed') this.#failed.clear()
    else if (outcome.kind === 'failed' && OWN_FAULTS.has(outcome.code)) this.#failed.set(jobId, outcome.code)
  }

  /** Another worker found the input that this one did not. */
  missedInput(jobId: string): void {
    this.#failed.set(jobId, 'INPUT_NOT_FOUND')
  }

  get fit(): boolean {
    return this.#failed.size < LIMIT
  }

  /** For people: what failed; null while fit. */
  get reason(): string | null {
    return this.fit ? null : `${LIMIT} jobs in a row failed here: ${[...new Set(this.#failed.values())].join(', ')}`
  }
}
