/** Whether jobs are taken now: after a refusal that passes nobody asks again before its time. */
import { FfleetApiError, FfleetConnectionError } from '../client/index.js'

const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000

/** Refusals of one request; all others pass with time, or with what an operator does. */
const FINAL: ReadonlySet<string> = new Set([
  'INVALID_REQUEST',
  'PATH_OUTSIDE_ROOT',
  'NOT_A_REGULAR_FILE',
  'INPUT_NOT_READABLE',
  'SCHEME_NOT_ALLOWED',
  'PRESET_NOT_FOUND',
  'PREDECESSOR_NOT_FOUND',
  'PREDECESSOR_FAILED',
  'ARGUMENTS_NOT_ACCEPTED',
  'ARGUMENT_NOT_ALLOWED',
  'IDEMPOTENCY_KEY_REUSED',
  'OUTPUT_EXISTS',
  'OUTPUT_NOT_WRITABLE',
  'PAYLOAD_TOO_LARGE',
  'NOT_FOUND',
  'INPUT_NOT_FOUND',
])

/** Whether the same request may be taken later. */
export function passes(error: unknown): error is FfleetApiError | FfleetConnectionError {
  return error instanceof FfleetConnectionError || (error instanceof FfleetApiError && !FINAL.has(error.code))
}

export class Gate {
  #opensMs = 0
  #waitMs = FIRST_WAIT_MS
  /** Why jobs are not taken, for people; null while they are. */
  reason: string | null = null

  /** When somebody may ask again; 0: now. */
  opensMs(nowMs: number): number {
    return this.#opensMs > nowMs ? this.#opensMs : 0
  }

  opened(): void {
    this.reason = null
    this.#waitMs = FIRST_WAIT_MS
  }

  /** Those who asked before the first refusal came back do not make the wait longer. */
  refused(error: FfleetApiError | FfleetConnectionError, nowMs: number): void {
    const code = error instanceof FfleetApiError ? error.code : 'SERVER_UNREACHABLE'
    this.reason = `Jobs are not taken now (${code}): ${error.message}`
    if (this.#opensMs > nowMs) return
    const askedMs = error instanceof FfleetApiError ? (error.retryAfterMs ?? 0) : 0
    this.#opensMs = nowMs + Math.max(Math.min(askedMs, 60_000), this.#waitMs)
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS)
  }
}
