import type { FleetEvent, JobEvent } from '../../src/contract/index.js'
import { isTerminalEvent } from '../../src/contract/index.js'
import { compareIds, type Entry, type EventLog } from '../../src/queue/index.js'

type Listener = { onEntry: (entry: Entry<JobEvent>) => void; onGap: () => void }

/**
 * A second implementation of EventLog, for one job, whose every delay is in the hands of a test: reads and
 * subscriptions stay pending until they are stepped, and live messages can be held up or lost.
 */
export class MemoryEventLog implements EventLog {
  readonly entries: Entry<JobEvent>[] = []
  endId: string | null = null
  known = true
  reads = 0
  subscriptions = 0
  #seq = 0
  #connected = true
  #inFlight: Entry<JobEvent>[] = []
  readonly #listeners = new Set<Listener>()
  readonly #steps: (() => void)[] = []

  append(type: JobEvent['type']): string {
    const id = `1700000000000-${this.#seq++}`
    const event = { id, type, jobId: 'job', at: 'now', ...(type === 'progress' && { progress: { seq: this.#seq } }) }
    const entry = {
      id,
      type,
      jobId: 'job',
      tenant: null,
      event: event as unknown as JobEvent,
      json: JSON.stringify(event),
    }
    this.entries.push(entry)
    this.endId = isTerminalEvent(entry.event) ? id : type === 'job.queued' ? null : this.endId
    if (this.#connected) this.#inFlight.push(entry)
    return id
  }

  /** Delivers the oldest published message. */
  deliver(): void {
    const entry = this.#inFlight.shift()
    if (entry) for (const { onEntry } of [...this.#listeners]) onEntry(entry)
  }

  /** What is on its way is lost, and so is what is appended until `reconnect`. */
  disconnect(): void {
    this.#connected = false
    this.#inFlight = []
  }

  reconnect(): void {
    if (this.#connected) return
    this.#connected = true
    for (const { onGap } of [...this.#listeners]) onGap()
  }

  get pending(): number {
    return this.#steps.length + this.#inFlight.length
  }

  /** Lets the oldest pending call go on: once to look at the log, once more to answer. */
  step(): void {
    this.#steps.shift()?.()
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#steps.push(resolve))
  }

  async read(_jobId: string, after?: string) {
    this.reads++
    await this.#next()
    const entries = this.entries.filter(({ event }) => after === undefined || compareIds(event.id, after) > 0)
    const { endId, known } = this
    await this.#next()
    return known ? { entries, endId } : null
  }

  async subscribe(_jobId: string, onEntry: Listener['onEntry'], onGap: () => void) {
    await this.#next()
    const listener = { onEntry, onGap }
    this.#listeners.add(listener)
    this.subscriptions++
    return {
      close: () => {
        if (this.#listeners.delete(listener)) this.subscriptions--
      },
    }
  }

  async readFleet(after?: string) {
    const entries = this.entries.filter(({ event }) => after !== undefined && compareIds(event.id, after) > 0)
    return { entries: entries as Entry<FleetEvent>[], lastId: this.entries.at(-1)?.event.id ?? '0-0' }
  }

  async subscribeFleet(onEntry: (entry: Entry<FleetEvent>) => void, onGap: () => void) {
    this.#listeners.add({ onEntry, onGap })
    return { close: () => {} }
  }

  subscribeOutcomes = this.subscribeFleet

  async close() {}
}
