/**
 * Work that is asked for again and again until it is done: nobody has to wait for it longer than a proxy in between would. Whoever
 * asks for the same meanwhile waits for the same work.
 */
export class PatientWork {
  readonly #running = new Map<string, Promise<unknown>>()
  readonly #longestMs: number

  constructor(longestMs: number) {
    this.#longestMs = longestMs
  }

  /** What came of it; `still` where it goes on. An answer that nobody was there for is kept for the next who asks, for a while. */
  async ask<T>(key: string, work: () => Promise<T>): Promise<{ done: T } | 'still'> {
    const running = (this.#running.get(key) as Promise<T> | undefined) ?? this.#begin(key, work)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'still'>((resolve) => {
      timer = setTimeout(resolve, this.#longestMs, 'still')
    })
    try {
      const answer = await Promise.race([running.then((done) => ({ done })), late])
      if (answer !== 'still') this.#running.delete(key)
      return answer
    } catch (error) {
      this.#running.delete(key)
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  #begin<T>(key: string, work: () => Promise<T>): Promise<T> {
    const running = work()
    this.#running.set(key, running)
    const forget = () => {
      setTimeout(() => {
        if (this.#running.get(key) === running) this.#running.delete(key)
      }, 3 * this.#longestMs).unref()
    }
    running.then(forget, forget)
    return running
  }
}
