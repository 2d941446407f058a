import type { ProgressSnapshot } from '../contract/index.js'
import { type Attempt, AttemptLostError } from './attempt.js'
import { isUnavailable } from './availability.js'

type Snapshot = Omit<ProgressSnapshot, 'seq'>
type Send = (number: number) => Promise<{ cancelled: boolean }>
/** `number` is given when it is sent first, and kept when it has to be sent again. */
type Item = { number?: number } & (
  | { kind: 'progress'; snapshot: Snapshot }
  | { kind: 'other'; send: Send; isLogLine: boolean }
)

const RETRY_MS = 250
const FLEET_INTERVAL_MS = 1_000
const LIMIT = 2_000

/**
 * What an attempt has to tell, sent in order and never awaited by whoever tells it: the reader of ffmpeg's report must
 * not wait for Redis. While Redis is away life-cycle events wait (at most LIMIT of them, then log lines go first) and
 * progress shrinks to the newest snapshot between two of them.
 */
export type Outbox = {
  progress(snapshot: Snapshot): void
  /** `log`: a line of ffmpeg's log, which may be left out when too much waits. */
  post(send: Send, kind?: 'log'): void
  /** Resolves when everything told so far is sent; rejects with AttemptLostError when the attempt no longer counts. */
  flush(): Promise<void>
  /** Stops sending; what is left is dropped. */
  close(): void
}

export function createOutbox(options: {
  attempt: Attempt
  /** The attempt no longer counts. Called once. */
  onLost: (error: AttemptLostError) => void
  /** Somebody asked to cancel the job. May be called more than once. */
  onCancelled: () => void
  /** An event that Redis refuses for its own sake; it is dropped. */
  onRefused: (error: unknown) => void
}): Outbox {
  const { attempt } = options
  const queue: Item[] = []
  let sending: Promise<void> | null = null
  let lost: AttemptLostError | null = null
  let closed = false
  let told = 0
  let fleetAtMs = Number.NEGATIVE_INFINITY

  async function send(item: Item): Promise<{ cancelled: boolean }> {
    item.number ??= ++told
    if (item.kind === 'other') return item.send(item.number)
    const nowMs = performance.now()
    const alsoFleet = nowMs - fleetAtMs >= FLEET_INTERVAL_MS
    if (alsoFleet) fleetAtMs = nowMs
    return attempt.progress(item.number, item.snapshot, alsoFleet)
  }

  async function drain(): Promise<void> {
    while (queue.length > 0 && !closed && lost === null) {
      const item = queue.shift()!
      try {
        const { cancelled } = await send(item)
        if (cancelled) options.onCancelled()
      } catch (error) {
        if (error instanceof AttemptLostError) {
          lost = error
          options.onLost(error)
        } else if (isUnavailable(error)) {
          // Whether it arrived is not known; its number keeps it from being told twice.
          if (item.kind === 'other' || queue[0]?.kind !== 'progress') queue.unshift(item)
          await new Promise((done) => setTimeout(done, RETRY_MS))
        } else {
          options.onRefused(error)
        }
      }
    }
  }

  /** Drops the oldest log line, or else the oldest progress. False when all that waits has to be told. */
  function makeRoom(): boolean {
    const line = queue.findIndex((item) => item.kind === 'other' && item.isLogLine)
    const dropped = line >= 0 ? line : queue.findIndex((item) => item.kind === 'progress')
    if (dropped >= 0) queue.splice(dropped, 1)
    return dropped >= 0
  }

  function add(item: Item): void {
    if (closed || lost) return
    const newest = queue.at(-1)
    if (item.kind === 'progress' && newest?.kind === 'progress') queue[queue.length - 1] = item
    else if (queue.length < LIMIT || makeRoom()) queue.push(item)
    sending ??= drain().finally(() => {
      sending = null
    })
  }

  return {
    progress: (snapshot) => add({ kind: 'progress', snapshot }),
    post: (sendIt, kind) => add({ kind: 'other', send: sendIt, isLogLine: kind === 'log' }),
    async flush() {
      while (sending) await sending
      if (lost) throw lost
    },
    close() {
      closed = true
      queue.length = 0
    },
  }
}
