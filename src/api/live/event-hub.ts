import type { FleetEvent } from '../../contract/index.js'
import type { Entry, EventLog } from '../../queue/index.js'
import { EventChannel, type EventSource, type Joined, type Sink } from './event-channel.js'
import { ReadGate } from './read-gate.js'

/** History reads under way at once in a process. */
const READS_AT_ONCE = 16

export type EventHubOptions = {
  log: EventLog
  /** The text of an event as it is sent. Default: as the log gives it. */
  toJson?: (entry: Entry<FleetEvent>) => string
}

/**
 * Everybody in this process who follows events: one channel, and so one Redis subscription, for each job that is
 * watched, however many watch it, and one for the fleet.
 */
export class EventHub {
  readonly #log: EventLog
  readonly #toJson: (entry: Entry<FleetEvent>) => string
  readonly #gate = new ReadGate(READS_AT_ONCE)
  /** By job id; the fleet's stands under null. */
  readonly #channels = new Map<string | null, EventChannel>()

  constructor(options: EventHubOptions) {
    this.#log = options.log
    this.#toJson = options.toJson ?? ((entry) => entry.json)
  }

  /**
   * Sends the job's kept events after `after` (from the first without it), then live ones, and ends after the event
   * that ended the job. Throws QUEUE_UNAVAILABLE when the log cannot be read now; afterwards outages only delay.
   */
  follow(jobId: string, after: string | undefined, sink: Sink): Promise<Joined> {
    return this.#channel(jobId).join(sink, after)
  }

  /** The same for the events of the whole fleet; without `after`, from now on. */
  async followFleet(after: string | undefined, sink: Sink): Promise<Joined> {
    const from = after ?? (await this.#log.readFleet()).lastId
    return this.#channel(null).join(sink, from)
  }

  /** Somebody who followed the job (null: the fleet) has closed. */
  leave(jobId: string | null, sink: Sink): void {
    this.#channels.get(jobId)?.leave(sink)
  }

  /** Channels that are open, for tests and metrics. */
  get size(): number {
    return this.#channels.size
  }

  #channel(jobId: string | null): EventChannel {
    const existing = this.#channels.get(jobId)
    if (existing) return existing
    const channel: EventChannel = new EventChannel({
      source: jobId === null ? this.#fleetSource() : this.#jobSource(jobId),
      gate: this.#gate,
      toJson: this.#toJson,
      onEmpty: () => {
        if (this.#channels.get(jobId) === channel) this.#channels.delete(jobId)
      },
    })
    this.#channels.set(jobId, channel)
    return channel
  }

  #jobSource(jobId: string): EventSource {
    return {
      ends: true,
      subscribe: (onEntry, onGap) => this.#log.subscribe(jobId, onEntry, onGap),
      read: (after) => this.#log.read(jobId, after),
    }
  }

  #fleetSource(): EventSource {
    return {
      ends: false,
      subscribe: (onEntry, onGap) => this.#log.subscribeFleet(onEntry, onGap),
      read: async (after) => ({ ...(await this.#log.readFleet(after)), endId: null }),
    }
  }
}
