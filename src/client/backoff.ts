/** How failed calls and broken streams are tried again. */
export type RetryOptions = {
  /** Further tries after the first; default 4. A stream that stood once is resumed without limit. */
  attempts?: number
  /** Wait before the second try, doubled for each one after; default 250. */
  baseMs?: number
  /** Longest wait; default 10,000. */
  maxMs?: number
}
export type Retry = Required<RetryOptions>

export const DEFAULT_RETRY: Retry = { attempts: 4, baseMs: 250, maxMs: 10_000 }

/** Exponential, between half and the whole of it at random, so that many clients do not come back as one. */
export function backoffMs(failures: number, retry: Retry): number {
  const whole = Math.min(retry.maxMs, retry.baseMs * 2 ** Math.min(failures, 30))
  return whole * (0.5 + Math.random() / 2)
}
