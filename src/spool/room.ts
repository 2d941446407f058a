type Waiting = { bytes: number; isFront: () => boolean; grant: () => void }

/**
 * The bytes that a spool may take of the disk. What does not fit yet waits in order of its coming; those in front go first: whoever waits there
 * holds something already that others may be waiting for.
 */
export class Room {
  #used = 0
  #waiting: Waiting[] = []

  /** `evict` gives back what nobody uses, the oldest first, by `free`; false where there is nothing. */
  constructor(
    readonly capacity: number,
    private readonly evict: () => boolean,
  ) {}

  get used(): number {
    return this.#used
  }

  /** Resolves when the bytes are there; no more than `capacity`. Rejects with the reason of the signal. */
  reserve(bytes: number, { isFront, signal }: { isFront: () => boolean; signal: AbortSignal }): Promise<void> {
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting = this.#waiting.filter((each) => each !== mine)
        reject(signal.reason)
        this.look()
      }
      const mine: Waiting = {
        bytes,
        isFront,
        grant: () => {
          signal.removeEventListener('abort', stop)
          resolve()
        },
      }
      signal.addEventListener('abort', stop, { once: true })
      this.#waiting.push(mine)
      this.look()
    })
  }

  /** Takes them at once, or not at all. */
  take(bytes: number): boolean {
    while (this.#used + bytes > this.capacity) if (!this.evict()) return false
    this.#used += bytes
    return true
  }

  free(bytes: number): void {
    this.#used -= bytes
  }

  /** Something was given back, or is not used any more, or somebody has come to the front. */
  look(): void {
    for (;;) {
      const next = this.#waiting.find(({ isFront }) => isFront()) ?? this.#waiting[0]
      if (next === undefined || !this.take(next.bytes)) return
      this.#waiting = this.#waiting.filter((each) => each !== next)
      next.grant()
    }
  }
}
