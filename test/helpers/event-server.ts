import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Job, JobEvent, ProgressSnapshot } from '../../src/contract/index.js'

/** A real HTTP server of the given routes on a free port. */
export async function startHttpServer(
  listener: RequestListener,
): Promise<{ port: number; url: string; close(): Promise<void> }> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The log of one job as the API serves it: what follows `after`, then what is appended, the end after a terminal event. */
export class ServedLog {
  readonly events: JobEvent[] = []
  /** The `after` of every request. */
  readonly asked: (string | null)[] = []
  readonly #readers = new Set<() => void>()
  ended = false

  append(event: JobEvent, end = false): void {
    this.events.push(event)
    this.ended = end
    for (const read of this.#readers) read()
  }

  get watchers(): number {
    return this.#readers.size
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const after = new URL(request.url ?? '/', 'http://host').searchParams.get('after')
    this.asked.push(after)
    let next = after === null ? 0 : this.events.findIndex((event) => event.id === after) + 1
    if (this.ended && next === this.events.length) return void response.writeHead(204).end()
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    const read = () => {
      while (next < this.events.length) {
        const event = this.events[next++]!
        response.write(`id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      }
      if (this.ended) response.end()
    }
    this.#readers.add(read)
    response.on('close', () => this.#readers.delete(read))
    read()
  }
}

const AT = '2026-01-02T03:04:05.000Z'

export function snapshot(over: Partial<ProgressSnapshot> = {}): ProgressSnapshot {
  return {
    seq: 1,
    at: AT,
    attempt: 1,
    phase: 'encoding',
    percent: 10,
    basis: 'time',
    etaMs: 9_000,
    pass: { index: 1, count: 1, label: 'encode' },
    outTimeUs: 1_000_000,
    frame: 30,
    fps: 60,
    speed: 2,
    bitrate: 800_000,
    bytesWritten: 100_000,
    dupFrames: 0,
    dropFrames: 0,
    quality: { '0:0': 28 },
    fetchedBytes: null,
    fetchTotalBytes: null,
    stalledForMs: 0,
    ...over,
  }
}

export function job(over: Partial<Job> = {}): Job {
  return {
    id: 'J1',
    state: 'active',
    phase: 'encoding',
    attempt: 1,
    maxAttempts: 3,
    priority: 0,
    tags: {},
    input: { uri: 'in.mov', startMs: null, endMs: null, expectedDurationMs: null },
    outputs: [
      {
        name: 'h264-720p',
        preset: 'h264-720p',
        path: 'J1/h264-720p.mp4',
        mediaType: 'video/mp4',
        bytes: null,
        durationMs: null,
        sha256: null,
        href: null,
        warnings: [],
      },
    ],
    progress: null,
    error: null,
    warnings: [],
    queuePosition: null,
    forecast: null,
    worker: 'w-1',
    timeoutMs: null,
    createdAt: AT,
    startedAt: AT,
    finishedAt: null,
    links: { self: '', events: '', report: '', log: '', watch: '' },
    ...over,
  }
}

export function progressEvent(n: number, over: Partial<ProgressSnapshot> = {}, jobId = 'J1'): JobEvent {
  return { id: `${1_700_000_000_000 + n}-0`, type: 'progress', jobId, at: AT, progress: snapshot({ seq: n, ...over }) }
}

export function completedEvent(n: number, jobId = 'J1'): JobEvent {
  const done = job({ id: jobId, state: 'completed', phase: null, worker: null, finishedAt: AT })
  return { id: `${1_700_000_000_000 + n}-0`, type: 'job.completed', jobId, at: AT, job: done }
}

export function logEvent(n: number, text: string, jobId = 'J1'): JobEvent {
  return { id: `${1_700_000_000_000 + n}-0`, type: 'log', jobId, at: AT, attempt: 1, level: 'warning', text }
}
