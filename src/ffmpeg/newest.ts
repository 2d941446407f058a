/**
 * An async iterable over a value that changes: each reader gets the newest one it has not seen and then waits. A slow
 * reader skips what was replaced meanwhile; it never holds up who publishes, and one value is all that is kept for it.
 */
export class Newest<T> implements AsyncIterable<T> {
  readonly #wakers = new Set<() => void>()
  #value: T | undefined
  #count = 0
  #closed = false

  publish(value: T): void {
    this.#value = value
    this.#count += 1
    this.#wake()
  }

  /** Readers end once they have seen the newest value. */
  close(): void {
    this.#closed = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    let seen = 0
    while (true) {
      if (seen < this.#count) {
        seen = this.#count
        yield this.#value as T
      } else if (this.#closed) {
        return
      } else {
        await new Promise<void>((resolve) => this.#wakers.add(resolve))
      }
    }
  }

  #wake(): void {
    for (const wake of this.#wakers) wake()
    this.#wakers.clear()
  }
}
