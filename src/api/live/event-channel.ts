import type { FleetEvent } from '../../contract/index.js'
import { compareIds, type Entry, type Subscription } from '../../queue/index.js'
import { Frame } from './frame.js'
import type { ReadGate } from './read-gate.js'

/** Where the events of a channel come from: the log of one job, or the fleet's. `EventLog` states what it promises. */
export type EventSource = {
  /** A terminal event ends it; the fleet's goes on. */
  readonly ends: boolean
  subscribe(onEntry: (entry: Entry<FleetEvent>) => void, onGap: () => void): Promise<Subscription>
  read(after: string | undefined): Promise<{ entries: Entry<FleetEvent>[]; endId: string | null } | null>
}

/** Somebody who follows. Its methods do not throw, and are called in the order of the events. */
export interface Sink {
  /** Nobody reads any more. */
  readonly closed: boolean
  /** Kept events, any number of them, also none: the stream stands. Comes again after a gap. The array is its own. */
  replay(frames: Frame[]): void
  /** A live event. */
  send(frame: Frame): void
  /** Nothing follows. */
  end(): void
}

/** What came of wishing to follow: no such job; nothing follows what was seen already; or the stream stands. */
export type Joined = 'unknown' | 'ended' | 'following'

type Follower = {
  readonly sink: Sink
  /** Only what follows this is for it; undefined while waiting: everything, while live: whatever comes. */
  after: string | undefined
  /** Who waits to be told what came of joining; null once told. */
  answer: { resolve: (joined: Joined) => void; reject: (error: unknown) => void } | null
}

const RETRY_MIN_MS = 250
const RETRY_MAX_MS = 2_000

/**
 * One subscription and all who follow it.
 *
 * A follower *waits* for a read of the log, then it is *live*. One read serves everybody who waited when it began. What
 * comes live meanwhile is kept and goes out behind what was read, so nothing is missed; ids that are not newer than a
 * follower's last are dropped, so nothing comes twice. After a gap (Redis was away) the live ones wait again from the
 * last they saw, and a read that was under way is not believed, because what came live behind it has a hole.
 */
export class EventChannel {
  readonly #source: EventSource
  readonly #gate: ReadGate
  readonly #toJson: (entry: Entry<FleetEvent>) => string
  readonly #onEmpty: () => void
  readonly #live = new Map<Sink, Follower>()
  #waiting: Follower[] = []
  /** Live events since the read under way began; null when there is none to be believed. */
  #since: Frame[] | null = null
  /** The newest live event. */
  #lastId: string | undefined
  #serving = false
  #wake: (() => void) | null = null
  #joining = 0
  #subscription: Promise<Subscription> | null = null

  constructor(options: {
    source: EventSource
    gate: ReadGate
    /** The text of an event as it is sent. */
    toJson: (entry: Entry<FleetEvent>) => string
    /** The last follower has gone and the subscription is given up. */
    onEmpty: () => void
  }) {
    this.#source = options.source
    this.#gate = options.gate
    this.#toJson = options.toJson
    this.#onEmpty = options.onEmpty
  }

  /** Kept events after `after` (all without it), then live ones. Rejects when the log cannot be read now. */
  async join(sink: Sink, after: string | undefined): Promise<Joined> {
    this.#joining++
    try {
      this.#subscription ??= this.#source.subscribe(
        (entry) => this.#onEntry(entry),
        () => this.#onGap(),
      )
      await this.#subscription
    } catch (error) {
      this.#subscription = null
      this.#joining--
      this.#closeIfEmpty()
      throw error
    }
    this.#joining--
    return new Promise((resolve, reject) => {
      this.#waiting.push({ sink, after, answer: { resolve, reject } })
      void this.#serve()
    })
  }

  /** Forgets somebody who has closed. */
  leave(sink: Sink): void {
    this.#live.delete(sink)
    for (const { sink: each, answer } of this.#waiting) if (each === sink) answer?.resolve('ended')
    this.#waiting = this.#waiting.filter((follower) => follower.sink !== sink)
    if (this.#waiting.length === 0) this.#wake?.()
    this.#closeIfEmpty()
  }

  #onEntry(entry: Entry<FleetEvent>): void {
    if (this.#live.size === 0 && this.#since === null) return
    const frame = new Frame(entry, this.#toJson(entry))
    this.#lastId = frame.id
    this.#since?.push(frame)
    const isLast = this.#source.ends && frame.terminal
    for (const follower of this.#live.values()) {
      if (follower.after !== undefined) {
        if (compareIds(frame.id, follower.after) <= 0) continue
        follower.after = undefined
      }
      follower.sink.send(frame)
      if (isLast) this.#end(follower)
    }
    this.#closeIfEmpty()
  }

  #onGap(): void {
    this.#since = null
    for (const follower of this.#live.values()) {
      follower.after ??= this.#lastId
      this.#waiting.push(follower)
    }
    this.#live.clear()
    this.#wake?.()
    void this.#serve()
  }

  #end(follower: Follower): void {
    this.#live.delete(follower.sink)
    follower.sink.end()
  }

  /** Reads for those who wait, until nobody does. */
  async #serve(): Promise<void> {
    if (this.#serving) return
    this.#serving = true
    let failures = 0
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      const since: Frame[] = []
      this.#since = since
      try {
        const history = await this.#gate.run(() => this.#source.read(earliest(batch)))
        const believed = this.#since === since
        this.#since = null
        if (believed) this.#deliver(batch, history, since)
        else this.#waiting.unshift(...batch)
        failures = 0
      } catch (error) {
        this.#since = null
        this.#refuse(batch, error)
        if (this.#waiting.length > 0) await this.#pause(failures++)
      }
      this.#waiting = this.#waiting.filter(stillThere)
    }
    this.#serving = false
    this.#closeIfEmpty()
  }

  #deliver(batch: Follower[], history: Awaited<ReturnType<EventSource['read']>>, since: Frame[]): void {
    if (history === null) {
      for (const { sink, answer } of batch) answer ? answer.resolve('unknown') : sink.end()
      return
    }
    const read = history.entries.map((entry) => new Frame(entry, this.#toJson(entry)))
    const frames = [...read, ...since.slice(firstAfter(since, read.at(-1)?.id))]
    const last = frames.at(-1)
    for (const follower of batch) {
      if (!stillThere(follower)) continue
      const missed = frames.slice(firstAfter(frames, follower.after))
      follower.after = missed.at(-1)?.id ?? follower.after
      const ended = this.#source.ends && isEnd(history.endId, follower.after, last, since.at(-1))
      if (ended && missed.length === 0 && follower.answer) {
        follower.answer.resolve('ended')
        continue
      }
      follower.sink.replay(missed)
      if (ended) follower.sink.end()
      else this.#live.set(follower.sink, follower)
      follower.answer?.resolve('following')
      follower.answer = null
    }
  }

  /** Those who just came are told; those who have followed for a while wait for better times. */
  #refuse(batch: Follower[], error: unknown): void {
    for (const follower of batch) {
      if (follower.answer) follower.answer.reject(error)
      else this.#waiting.push(follower)
    }
  }

  async #pause(failures: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(RETRY_MIN_MS * 2 ** failures, RETRY_MAX_MS))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = null
  }

  #closeIfEmpty(): void {
    if (this.#live.size > 0 || this.#waiting.length > 0 || this.#joining > 0 || this.#serving) return
    this.#subscription?.then(
      (subscription) => subscription.close(),
      () => {},
    )
    this.#subscription = null
    this.#onEmpty()
  }
}

/** False for somebody who has closed; who waited for an answer gets one. */
function stillThere({ sink, answer }: Follower): boolean {
  if (sink.closed) answer?.resolve('ended')
  return !sink.closed
}

/** The id that a read has to begin after, so that it serves them all. */
function earliest(batch: Follower[]): string | undefined {
  let first = batch[0]?.after
  for (const { after } of batch) {
    if (after === undefined) return undefined
    if (first !== undefined && compareIds(after, first) < 0) first = after
  }
  return first
}

/** Index of the first frame after the id. */
function firstAfter(frames: readonly Frame[], id: string | undefined): number {
  if (id === undefined) return 0
  let low = 0
  let high = frames.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareIds(frames[middle]!.id, id) > 0) high = middle
    else low = middle + 1
  }
  return low
}

/**
 * Whether nothing follows for somebody who has seen everything up to `seen`. `endId` was true when the log was read; an
 * event behind it means that the job was retried since, and a terminal event that came live last is the end by itself.
 */
function isEnd(
  endId: string | null,
  seen: string | undefined,
  last: Frame | undefined,
  live: Frame | undefined,
): boolean {
  if (last?.terminal && last.id === live?.id) return true
  if (endId === null || seen === undefined) return false
  return compareIds(seen, endId) >= 0 && (last === undefined || compareIds(last.id, endId) <= 0)
}
