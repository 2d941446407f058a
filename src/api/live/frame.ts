import { type FleetEvent, isTerminalEvent } from '../../contract/index.js'
import type { Entry } from '../../queue/index.js'

export type StreamFormat = 'sse' | 'ndjson'

/**
 * An event as bytes on the wire: built once in a process, then shared by everybody it goes to, whatever the format (the
 * NDJSON line is the tail of the SSE frame).
 */
export class Frame {
  readonly id: string
  readonly type: FleetEvent['type']
  readonly jobId: string | null
  /** Whose the job is, where the fleet's stream tells; else null. */
  readonly tenant: string | null
  /** Of these only the newest matters to a reader that has fallen behind: the job whose progress this is, else null. */
  readonly supersedes: string | null
  /** The event ends its job. */
  readonly terminal: boolean
  readonly #bytes: Buffer
  readonly #jsonAt: number

  constructor(entry: Pick<Entry<FleetEvent>, 'id' | 'type' | 'jobId' | 'tenant'>, json: string) {
    const { id, type, jobId } = entry
    this.id = id
    this.type = type
    this.jobId = jobId
    this.tenant = entry.tenant
    this.supersedes = type === 'progress' ? jobId : null
    this.terminal = isTerminalEvent(entry)
    const head = `id: ${id}\nevent: ${type}\ndata: `
    this.#jsonAt = head.length
    this.#bytes = Buffer.from(`${head}${json}\n\n`)
  }

  bytes(format: StreamFormat): Buffer {
    return format === 'sse' ? this.#bytes : this.#bytes.subarray(this.#jsonAt, -1)
  }
}

/** What a slow reader still needs of the frames it has not been sent: the newest progress of each job, and all else. */
export function withoutSuperseded(frames: readonly Frame[]): Frame[] {
  const seen = new Set<string>()
  const kept: Frame[] = []
  for (let i = frames.length - 1; i >= 0; i--) {
    const frame = frames[i]!
    if (frame.supersedes !== null) {
      if (seen.has(frame.supersedes)) continue
      seen.add(frame.supersedes)
    }
    kept.push(frame)
  }
  return kept.reverse()
}
