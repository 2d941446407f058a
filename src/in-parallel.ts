/**
 * Does the work for all, so many at once, and gives the answers in their order. The first that fails stops the others by their
 * signal, and is thrown once all have ended.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  signal: AbortSignal | undefined,
  work: (item: T, stop: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const failed = new AbortController()
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal
  const answers: R[] = []
  let next = 0
  async function take(): Promise<void> {
    while (next < items.length && !failed.signal.aborted) {
      const i = next++
      try {
        signal?.throwIfAborted()
        answers[i] = await work(items[i]!, stop)
      } catch (error) {
        failed.abort(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, take))
  failed.signal.throwIfAborted()
  return answers
}
