/** How many outputs a device encodes at once. */

/** Sessions by device. */
export type Wanted = ReadonlyMap<string, number>

/** What one attempt holds of the sessions of this worker. */
export type SessionsHeld = {
  /** Of this device: what it holds, and what is free. */
  available(device: string): number
  /** Waits until it holds so many, or all there are of a device; rejects with the signal's reason. */
  wait(wanted: Wanted, signal: AbortSignal): Promise<void>
  /** Takes what it lacks, and gives back what it holds and needs no more. */
  settle(used: Wanted): void
  close(): void
}

type Waiting = { wanted: Wanted; held: Map<string, number>; go(): void }

export class Sessions {
  readonly #limit: number
  readonly #taken = new Map<string, number>()
  readonly #waiting: Waiting[] = []
  readonly #onFree: () => void

  /** `onFree`: a session was given back, and nobody here waits for it. */
  constructor(limit: number, onFree: () => void) {
    this.#limit = limit
    this.#onFree = onFree
  }

  /** None while somebody waits for them. */
  free(device: string): number {
    if (this.#waiting.some(({ wanted }) => wanted.has(device))) return 0
    return Math.max(0, this.#spare(device))
  }

  open(): SessionsHeld {
    const held = new Map<string, number>()
    return {
      available: (device) => (held.get(device) ?? 0) + this.free(device),
      wait: (wanted, signal) => this.#wait({ wanted: this.#atMostAll(wanted), held }, signal),
      settle: (used) => this.#hold(held, this.#atMostAll(used)),
      close: () => this.#hold(held, new Map()),
    }
  }

  #wait({ wanted, held }: Omit<Waiting, 'go'>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    return new Promise<void>((resolve, reject) => {
      const stop = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        this.#next()
        reject(signal.reason)
      }
      const waiting = {
        wanted,
        held,
        go: () => {
          signal.removeEventListener('abort', stop)
          resolve()
        },
      }
      signal.addEventListener('abort', stop, { once: true })
      this.#waiting.push(waiting)
      this.#next()
    })
  }

  /** In the order in which they came: one that wants many is not passed over for ever by those that want few. */
  #next(): void {
    for (;;) {
      const [first] = this.#waiting
      if (!first || !this.#fits(first)) return
      this.#waiting.shift()
      this.#hold(first.held, first.wanted)
      first.go()
    }
  }

  #fits({ wanted, held }: Waiting): boolean {
    return [...wanted].every(([device, count]) => count <= this.#spare(device) + (held.get(device) ?? 0))
  }

  #spare(device: string): number {
    return this.#limit - (this.#taken.get(device) ?? 0)
  }

  #atMostAll(wanted: Wanted): Wanted {
    return new Map([...wanted].map(([device, count]) => [device, Math.min(count, this.#limit)]))
  }

  #hold(held: Map<string, number>, wanted: Wanted): void {
    let gaveBack = false
    for (const device of new Set([...held.keys(), ...wanted.keys()])) {
      const [has, wants] = [held.get(device) ?? 0, wanted.get(device) ?? 0]
      this.#taken.set(device, (this.#taken.get(device) ?? 0) + wants - has)
      held.set(device, wants)
      gaveBack ||= wants < has
    }
    if (!gaveBack) return
    this.#next()
    if (this.#waiting.length === 0) this.#onFree()
  }
}
