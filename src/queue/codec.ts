/**
 * How events lie in Redis. A progress snapshot becomes short flat fields in one constant order (59 bytes an entry where
 * one JSON field costs 212); every other event becomes its type and one JSON field. Over the channel the same values go
 * as one string, so that a snapshot is built once by the worker and expanded once per API process.
 */
import type { FleetEvent, JobEvent, ProgressSnapshot } from '../contract/index.js'
import { PHASES, PROGRESS_BASES } from '../contract/index.js'
import type { Entry } from './types.js'

/** Unit separator: cannot occur in the values, which are numbers, labels and JSON text (which escapes it). */
export const SEPARATOR = '\x1f'

type Column = { field: string; put: (s: Unnumbered) => string; take: (text: string, into: ProgressSnapshot) => void }
type Unnumbered = Omit<ProgressSnapshot, 'seq'>

const integer = (value: number | null): string => (value === null ? '' : String(Math.round(value)))
const number = (text: string): number | null => (text === '' ? null : Number(text))

/** A figure stored as an integer of 1/scale. */
function figure(
  field: string,
  name: {
    [K in keyof Unnumbered]-?: Unnumbered[K] extends number | null ? K : never
  }[keyof Unnumbered],
  scale = 1,
): Column {
  return {
    field,
    put: (s) => integer(s[name] === null ? null : (s[name] as number) * scale),
    take: (text, into) => {
      const value = number(text)
      into[name] = (value === null ? null : value / scale) as never
    },
  }
}

const COLUMNS: Column[] = [
  {
    field: 't',
    put: (s) => String(Date.parse(s.at)),
    take: (v, into) => void (into.at = new Date(Number(v)).toISOString()),
  },
  figure('a', 'attempt'),
  {
    field: 'h',
    put: (s) => String(PHASES.indexOf(s.phase)),
    take: (v, into) => void (into.phase = PHASES[Number(v)]!),
  },
  figure('c', 'percent', 10),
  {
    field: 'b',
    put: (s) => String(PROGRESS_BASES.indexOf(s.basis)),
    take: (v, into) => void (into.basis = PROGRESS_BASES[Number(v)]!),
  },
  figure('e', 'etaMs'),
  {
    field: 'p',
    put: (s) => `${s.pass.index}/${s.pass.count}/${s.pass.label}`,
    take: (v, into) => {
      const [index, count, ...label] = v.split('/')
      into.pass = { index: Number(index), count: Number(count), label: label.join('/') }
    },
  },
  figure('o', 'outTimeUs'),
  figure('f', 'frame'),
  figure('s', 'fps', 100),
  figure('v', 'speed', 1000),
  figure('r', 'bitrate'),
  figure('w', 'bytesWritten'),
  figure('d', 'dupFrames'),
  figure('x', 'dropFrames'),
  {
    field: 'q',
    put: (s) =>
      Object.entries(s.quality)
        .map(([stream, value]) => `${stream}=${value}`)
        .join(','),
    take: (v, into) => {
      into.quality = {}
      for (const pair of v === '' ? [] : v.split(',')) {
        const at = pair.lastIndexOf('=')
        into.quality[pair.slice(0, at)] = Number(pair.slice(at + 1))
      }
    },
  },
  figure('i', 'fetchedBytes'),
  figure('j', 'fetchTotalBytes'),
  figure('l', 'stalledForMs'),
  {
    field: 'm',
    put: (s) => s.parts ?? '',
    take: (v, into) => {
      if (v !== '') into.parts = v
    },
  },
]

/** A snapshot as alternating field names and values, ready for XADD; `seq` is given by the script. */
export function encodeProgress(snapshot: Unnumbered): string[] {
  return COLUMNS.flatMap((column) => [column.field, column.put(snapshot)])
}

function decodeProgress(seq: number, values: readonly string[]): ProgressSnapshot {
  const snapshot = { seq } as ProgressSnapshot
  COLUMNS.forEach((column, i) => {
    column.take(values[i] ?? '', snapshot)
  })
  return snapshot
}

/** The snapshot kept in a job's hash: seq and values joined by the separator. */
export function decodeSnapshot(text: string | undefined): ProgressSnapshot | null {
  if (!text) return null
  const [seq, ...values] = text.split(SEPARATOR)
  return decodeProgress(Number(seq), values)
}

/** An entry of a job's stream or the fleet's, as XRANGE gives it: alternating names and values. */
export function decodeEntry<E extends FleetEvent | JobEvent>(
  jobId: string | null,
  id: string,
  flat: readonly string[],
): Entry<E> {
  const values = flat.filter((_, i) => i % 2 === 1)
  return new LoggedEvent<E>(jobId, id, values)
}

/** A message of a channel: `id, values…` joined by the separator. */
export function decodeMessage<E extends FleetEvent | JobEvent>(jobId: string | null, message: string): Entry<E> {
  const [id, ...values] = message.split(SEPARATOR)
  return new LoggedEvent<E>(jobId, id!, values)
}

/** An entry of which the event is at hand. */
export function knownEntry<E extends FleetEvent | JobEvent>(event: E): Entry<E> {
  const { id, type } = event
  return { id, type, jobId: 'jobId' in event ? event.jobId : null, tenant: null, event, json: JSON.stringify(event) }
}

/**
 * Values of progress: `p, job id (fleet only, else empty), seq, columns…`; of the others: `type, job id, ms, json`. The fleet's
 * end with the tenant of the job, where it has one.
 */
class LoggedEvent<E extends FleetEvent | JobEvent> implements Entry<E> {
  readonly id: string
  readonly type: E['type']
  readonly jobId: string | null
  readonly #values: readonly string[]
  #event: E | undefined
  #json: string | undefined

  constructor(ownJobId: string | null, id: string, values: readonly string[]) {
    const [type, jobId] = values
    this.id = id
    this.type = (type === 'p' ? 'progress' : type) as E['type']
    this.jobId = jobId || ownJobId
    this.#values = values
  }

  get tenant(): string | null {
    const at = this.type === 'progress' ? 3 + COLUMNS.length : 4
    return this.#values[at] ?? null
  }

  get event(): E {
    this.#event ??= this.type === 'progress' ? this.#progress() : (JSON.parse(this.json) as E)
    return this.#event
  }

  get json(): string {
    this.#json ??= this.type === 'progress' ? JSON.stringify(this.event) : this.#text()
    return this.#json
  }

  #progress(): E {
    const [, , seq, ...columns] = this.#values
    const progress = decodeProgress(Number(seq), columns)
    return { ...this.#head(progress.at), progress } as unknown as E
  }

  /** The body was serialised by the one who appended it; it is spliced in as text instead of being built again. */
  #text(): string {
    const [, , ms, body = '{}'] = this.#values
    const head = JSON.stringify(this.#head(new Date(Number(ms)).toISOString()))
    return body === '{}' ? head : `${head.slice(0, -1)},${body.slice(1)}`
  }

  #head(at: string) {
    const { id, type, jobId } = this
    return { id, type, ...(jobId === null ? {} : { jobId }), at }
  }
}

/** Orders stream ids such as `1700000000000-3`: negative, zero or positive. */
export function compareIds(a: string, b: string): number {
  const [aMs, aSeq] = a.split('-')
  const [bMs, bSeq] = b.split('-')
  return Number(aMs) - Number(bMs) || Number(aSeq ?? 0) - Number(bSeq ?? 0)
}

/** Whether text is a stream id that a watcher may resume from. */
export function isEventId(text: string): boolean {
  return /^\d{1,15}(-\d{1,15})?$/.test(text)
}
