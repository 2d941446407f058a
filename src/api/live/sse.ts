/**
 * Event streams over HTTP: Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html) and, by the
 * same logic, NDJSON. Thousands of them stand open at once, so a stream holds no timer, no closure and no buffer of its
 * own while its reader keeps up: frames are shared, listeners are plain functions, and one timer looks after all.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Caller } from '../../callers/index.js'
import { FfleetError } from '../../contract/index.js'
import type { Sink } from './event-channel.js'
import { type Frame, type StreamFormat, withoutSuperseded } from './frame.js'

export type EventStreamsOptions = {
  /** How often streams are looked after. Default 1,000. */
  tickMs?: number
  /** Ticks of silence after which a sign of life goes out. Default 15. */
  silentTicks?: number
  /** Ticks after which a reader that takes nothing is disconnected; it resumes by id. Default 30. */
  blockedTicks?: number
  /** Live events kept for a reader that has fallen behind; one that needs more is disconnected. Default 1,000. */
  maxBehind?: number
  /** Streams that one holder may have open at once; 0: as many as they like. Default 0. */
  maxPerHolder?: number
}

/** Who reads a stream: `caller` null for a watch link; `holder` whose streams it is counted with, null for nobody's. */
export type Reader = { caller: Caller | null; holder: string | null }
const NOBODY: Reader = { caller: null, holder: null }

/** Whom a stream follows, to be told when its reader has gone. */
export type Followed = { leave(jobId: string | null, sink: Sink): void }

const MEDIA_TYPES: Record<StreamFormat, string> = {
  sse: 'text/event-stream; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
}
/** A browser comes back a second after its connection broke. */
const PREAMBLE = Buffer.from('retry: 1000\n\n')
/**
 * What goes out after some silence, so that nothing on the way takes the connection for dead. NDJSON knows no comment, but
 * white space in front of a line: each is one JSON text all the same, and no reader comes upon an empty one.
 */
const SIGNS_OF_LIFE: Record<StreamFormat, Buffer> = { sse: Buffer.from(':\n\n'), ndjson: Buffer.from(' ') }
/**
 * Ticks without taking anything after which a reader counts as slow. Every reader is behind for a moment when much comes
 * at once, such as the history; it must not lose anything for that.
 */
const SLOW_TICKS = 3
/** Kept events are written in pieces of about this size. */
const PIECE_BYTES = 32 * 1024
/** What readers get to take what was written when the process ends. */
const CLOSING_MS = 1_000
const NO_FRAMES: Frame[] = []

/** The open event streams of a process. */
export class EventStreams {
  /** What all streams have sent and left out so far. */
  readonly figures = { bytes: 0, coalesced: 0, events: new Map<string, number>() }
  readonly silentTicks: number
  readonly blockedTicks: number
  readonly maxBehind: number
  readonly maxPerHolder: number
  readonly #held = new Map<string, number>()
  readonly #open = new Set<EventStream>()
  readonly #timer: NodeJS.Timeout
  #closing = false

  constructor(options: EventStreamsOptions = {}) {
    this.silentTicks = options.silentTicks ?? 15
    this.blockedTicks = options.blockedTicks ?? 30
    this.maxBehind = options.maxBehind ?? 1_000
    this.maxPerHolder = options.maxPerHolder ?? 0
    this.#timer = setInterval(() => {
      for (const stream of this.#open) stream.tick()
    }, options.tickMs ?? 1_000).unref()
  }

  /** How many follow a job, and how many the fleet. */
  get readers(): { job: number; fleet: number } {
    let fleet = 0
    for (const { jobId } of this.#open) if (jobId === null) fleet++
    return { job: this.#open.size - fleet, fleet }
  }

  /**
   * A stream on a response that nothing was written to yet; `jobId` null stands for the fleet. `headers` go out with it.
   *
   * @throws FfleetError RATE_LIMITED when its holder has as many open as one may.
   */
  open(
    response: ServerResponse,
    format: StreamFormat,
    followed: Followed,
    jobId: string | null,
    reader: Reader = NOBODY,
    headers: OutgoingHttpHeaders = {},
  ): EventStream {
    this.#hold(reader.holder)
    const stream = new EventStream(this, response, format, followed, jobId, reader, headers)
    this.#open.add(stream)
    if (this.#closing) stream.end()
    return stream
  }

  forget(stream: EventStream): void {
    const { holder } = stream.reader
    if (!this.#open.delete(stream) || holder === null) return
    const left = (this.#held.get(holder) ?? 0) - 1
    if (left > 0) this.#held.set(holder, left)
    else this.#held.delete(holder)
  }

  #hold(holder: string | null): void {
    if (holder === null) return
    const held = this.#held.get(holder) ?? 0
    if (this.maxPerHolder > 0 && held >= this.maxPerHolder) {
      const detail = `At most ${this.maxPerHolder} streams of events at a time for one key, or one address without a key.`
      throw new FfleetError('RATE_LIMITED', detail, {
        hint: 'Close one of them; GET /v1/events follows all jobs in one.',
      })
    }
    this.#held.set(holder, held + 1)
  }

  /** Ends the streams of some callers. */
  endWhere(isOver: (caller: Caller) => boolean): void {
    for (const stream of this.#open) if (stream.reader.caller !== null && isOver(stream.reader.caller)) stream.end()
  }

  /** Ends the streams of those who follow one of these jobs by a watch link. */
  endWatchersOf(jobIds: ReadonlySet<string>): void {
    for (const stream of this.#open) {
      if (stream.reader.caller === null && stream.jobId !== null && jobIds.has(stream.jobId)) stream.end()
    }
  }

  /** Ends all streams; their readers resume by id. Those that take nothing are cut off a moment later. */
  close(): void {
    this.#closing = true
    clearInterval(this.#timer)
    for (const stream of this.#open) stream.end()
    setTimeout(() => {
      for (const stream of this.#open) stream.cut()
    }, CLOSING_MS).unref()
  }
}

const kStream = Symbol('event stream')
type StreamedResponse = ServerResponse & { [kStream]?: EventStream }

function onDrain(this: StreamedResponse): void {
  this[kStream]?.drained()
}

function onClose(this: StreamedResponse): void {
  this[kStream]?.gone()
}

/** A connection that breaks says so by closing, too. */
function ignore(): void {}

/** One reader of events. */
export class EventStream implements Sink {
  /** What it follows; null for the fleet. */
  readonly jobId: string | null
  readonly reader: Reader
  /** Which events are for it; undefined: all. */
  fits: ((frame: Frame) => boolean) | undefined
  readonly #streams: EventStreams
  readonly #response: StreamedResponse
  readonly #format: StreamFormat
  readonly #followed: Followed
  /** Null once they are out. */
  #headers: OutgoingHttpHeaders | null
  #state: 'new' | 'open' | 'ending' | 'ended' = 'new'
  /** What the reader has still to be sent, from `#next` on; empty while it keeps up. */
  #queue = NO_FRAMES
  #next = 0
  #maxQueued = 0
  /** The socket takes no more for now. */
  #blocked = false
  /** Ticks since it last took something. */
  #ticks = 0

  constructor(
    streams: EventStreams,
    response: ServerResponse,
    format: StreamFormat,
    followed: Followed,
    jobId: string | null,
    reader: Reader,
    headers: OutgoingHttpHeaders,
  ) {
    this.#streams = streams
    this.#response = response
    this.#format = format
    this.#followed = followed
    this.jobId = jobId
    this.reader = reader
    this.#headers = headers
    this.#response[kStream] = this
    response.on('drain', onDrain).on('close', onClose).on('error', ignore)
  }

  get closed(): boolean {
    return this.#state === 'ending' || this.#state === 'ended'
  }

  /** Takes the array over. */
  replay(frames: Frame[]): void {
    if (this.closed) return
    this.#begin()
    const queued = this.#queued()
    const fitting = this.fits ? frames.filter(this.fits) : frames
    this.#queue = queued.length === 0 ? fitting : [...queued, ...fitting]
    this.#next = 0
    this.#maxQueued = this.#queue.length + this.#streams.maxBehind
    this.#pump()
  }

  send(frame: Frame): void {
    if (this.closed || this.fits?.(frame) === false) return
    if (this.#queue !== NO_FRAMES) this.#keep(frame)
    else if (this.#blocked) this.#queue = [frame]
    else {
      this.#count(frame)
      this.#write(frame.bytes(this.#format))
    }
  }

  end(): void {
    if (this.closed) return
    this.#begin()
    this.#state = 'ending'
    this.#pump()
  }

  /** Breaks the connection; the reader resumes by id. */
  cut(): void {
    this.#state = 'ended'
    this.#queue = NO_FRAMES
    this.#next = 0
    this.#response.destroy()
  }

  /** Gives the response back, untouched: there is nothing to stream. */
  release(): void {
    this.#state = 'ended'
    this.#response.off('drain', onDrain).off('close', onClose).off('error', ignore)
    this.#streams.forget(this)
  }

  /** Looks after silence and readers that take nothing. */
  tick(): void {
    this.#ticks++
    if (this.#blocked || this.#state === 'ended') {
      if (this.#ticks >= SLOW_TICKS) this.#thin()
      if (this.#ticks >= this.#streams.blockedTicks) this.cut()
    } else if (this.#state === 'open' && this.#ticks >= this.#streams.silentTicks) {
      this.#write(SIGNS_OF_LIFE[this.#format])
    }
  }

  drained(): void {
    this.#blocked = false
    this.#ticks = 0
    if (this.#state !== 'ended') this.#pump()
  }

  gone(): void {
    this.#state = 'ended'
    this.#queue = NO_FRAMES
    this.#streams.forget(this)
    this.#followed.leave(this.jobId, this)
  }

  /** The head goes out with the first event, so that until then the request can still be refused. */
  #begin(): void {
    if (this.#state !== 'new') return
    this.#state = 'open'
    this.#response.writeHead(200, {
      ...this.#headers,
      'content-type': MEDIA_TYPES[this.#format],
      'cache-control': 'no-cache, no-transform',
      // nginx would hold events back to fill its buffers.
      'x-accel-buffering': 'no',
      // Kept alive behind its end, a connection would hold up a server that closes.
      connection: 'close',
    })
    this.#headers = null
    if (this.#format === 'sse') this.#response.write(PREAMBLE)
    else this.#response.flushHeaders()
  }

  #queued(): Frame[] {
    return this.#next === 0 ? this.#queue : this.#queue.slice(this.#next)
  }

  #pump(): void {
    while (!this.#blocked && this.#next < this.#queue.length) this.#sendPiece()
    if (this.#next < this.#queue.length) return
    this.#queue = NO_FRAMES
    this.#next = 0
    if (this.#state !== 'ending') return
    this.#state = 'ended'
    this.#response.end()
  }

  #sendPiece(): void {
    const parts: Buffer[] = []
    for (let bytes = 0; bytes < PIECE_BYTES && this.#next < this.#queue.length; this.#next++) {
      const frame = this.#queue[this.#next]!
      const part = frame.bytes(this.#format)
      this.#count(frame)
      parts.push(part)
      bytes += part.length
    }
    this.#write(parts.length === 1 ? parts[0]! : Buffer.concat(parts))
  }

  #keep(frame: Frame): void {
    this.#queue.push(frame)
    if (this.#queue.length - this.#next <= this.#maxQueued) return
    this.#thin()
    if (this.#queue.length > this.#maxQueued) this.cut()
  }

  #count({ type }: Frame): void {
    const { events } = this.#streams.figures
    events.set(type, (events.get(type) ?? 0) + 1)
  }

  #write(bytes: Buffer): void {
    this.#ticks = 0
    this.#blocked = !this.#response.write(bytes)
    this.#streams.figures.bytes += bytes.length
  }

  /** The reader is behind: of its progress only the newest is kept. */
  #thin(): void {
    const queued = this.#queued()
    if (queued.length < 2) return
    this.#queue = withoutSuperseded(queued)
    this.#next = 0
    this.#streams.figures.coalesced += queued.length - this.#queue.length
  }
}
