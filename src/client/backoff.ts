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

/** Resolves after the time; rejects with the signal's reason as soon as it is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const aborted = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', aborted)
      resolve()
    }, ms)
    signal?.addEventListener('abort', aborted, { once: true })
  })
}

export type AbortScope = { signal: AbortSignal; abort(reason?: unknown): void; dispose(): void }

/**
 * A signal that follows another one and can be aborted by itself. `dispose` lets go of the other: a caller's signal may
 * outlive thousands of calls.
 */
export function abortScope(outer?: AbortSignal): AbortScope {
  const controller = new AbortController()
  const follow = () => controller.abort(outer?.reason)
  if (outer?.aborted) follow()
  else outer?.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    dispose: () => outer?.removeEventListener('abort', follow),
  }
}
