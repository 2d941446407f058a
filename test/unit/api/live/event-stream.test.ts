import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { Frame, type StreamFormat } from '../../../../src/api/live/frame.js'
import { type EventStream, EventStreams, type EventStreamsOptions } from '../../../../src/api/live/sse.js'
import type { FleetEvent } from '../../../../src/contract/index.js'
import { waitFor } from '../../../helpers/wait-for.js'

const frame = (seq: number, type: FleetEvent['type'] = 'progress', text = '', jobId = 'job') => {
  const event = { id: `1700000000000-${seq}`, type, jobId, text }
  return new Frame({ ...event, tenant: null }, JSON.stringify(event))
}
const frames = (from: number, count: number) => Array.from({ length: count }, (_, i) => frame(from + i))

/** A stream on a real connection: what the server has, and what the reader got. */
type Reader = {
  stream: EventStream
  streams: EventStreams
  socket: Socket
  response: ServerResponse
  text: () => string
  ids: () => number[]
  left: string[]
  closed: () => boolean
}

const opened: (() => void)[] = []
afterEach(() => {
  for (const close of opened.splice(0)) close()
})

async function open(options: EventStreamsOptions = {}, format: StreamFormat = 'sse', headers = {}): Promise<Reader> {
  const left: string[] = []
  const streams = new EventStreams({ tickMs: 10, ...options })
  let server: Server | undefined
  const opening = new Promise<Pick<Reader, 'stream' | 'response'>>((resolve) => {
    server = createServer((_request, response) => {
      const followed = { leave: (jobId: string | null) => void left.push(String(jobId)) }
      resolve({ response, stream: streams.open(response, format, followed, 'job', undefined, headers) })
    }).listen(0, '127.0.0.1')
  })
  await waitFor(() => expect(server?.listening).toBe(true))
  const socket = connect((server!.address() as AddressInfo).port, '127.0.0.1')
  let text = ''
  let closed = false
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('close', () => {
    closed = true
  })
  socket.on('error', () => {})
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  opened.push(() => {
    streams.close()
    socket.destroy()
    server!.close()
  })
  return {
    ...(await opening),
    streams,
    socket,
    left,
    text: () => text,
    ids: () => [...text.matchAll(/(?:^|\n)id: 1700000000000-(\d+)/g)].map(([, seq]) => Number(seq)),
    closed: () => closed,
  }
}

/** Sends until neither the reader's side nor the kernel takes more; gives the next id. */
async function block(reader: Reader, from: number): Promise<number> {
  reader.socket.pause()
  for (let seq = from; ; seq++) {
    reader.stream.send(frame(seq, 'progress', 'x'.repeat(60_000)))
    const waiting = reader.response.writableLength
    await sleep(waiting > 0 ? 20 : 0)
    if (waiting > 0 && reader.response.writableLength === waiting) return seq + 1
  }
}

describe('an event stream', () => {
  it('is Server-Sent Events that no proxy holds back', async () => {
    const reader = await open({}, 'sse', { 'x-of-every-answer': 'yes' })
    reader.stream.replay([frame(0, 'job.queued')])
    reader.stream.send(frame(1, 'job.completed'))
    reader.stream.end()
    await waitFor(() => expect(reader.text()).toMatch(/\r\n0\r\n\r\n$/))
    const head = reader.text().slice(0, reader.text().indexOf('\r\n\r\n')).toLowerCase()
    expect(head).toContain('content-type: text/event-stream')
    expect(head).toContain('cache-control: no-cache, no-transform')
    expect(head).toContain('x-accel-buffering: no')
    expect(head).toContain('x-of-every-answer: yes')
    expect(reader.text()).toContain('retry: 1000\n\n')
    const data = '{"id":"1700000000000-1","type":"job.completed","jobId":"job","text":""}'
    expect(reader.text()).toContain(`id: 1700000000000-1\nevent: job.completed\ndata: ${data}\n\n`)
  })

  it('is one JSON document a line as NDJSON', async () => {
    const reader = await open({}, 'ndjson')
    reader.stream.replay([frame(0, 'job.queued'), frame(1)])
    reader.stream.end()
    await waitFor(() => expect(reader.text()).toMatch(/\r\n0\r\n\r\n$/))
    expect(reader.text().toLowerCase()).toContain('content-type: application/x-ndjson')
    const lines = reader
      .text()
      .split('\n')
      .filter((line) => line.startsWith('{'))
    expect(lines.map((line) => JSON.parse(line).type)).toEqual(['job.queued', 'progress'])
  })

  it('says something when it has been silent for a while, and only then', async () => {
    const reader = await open({ silentTicks: 5 })
    reader.stream.replay([])
    await waitFor(() => expect(reader.text().match(/\n:\n\n/g)?.length).toBeGreaterThanOrEqual(2))
    const busy = await open({ silentTicks: 1_000 })
    busy.stream.replay([])
    for (let seq = 0; seq < 20; seq++) {
      busy.stream.send(frame(seq))
      await waitFor(() => expect(busy.ids()).toContain(seq))
    }
    expect(busy.text()).not.toContain('\n:\n\n')
  })

  it('does so in NDJSON with white space, so that every line stays one JSON text', async () => {
    const reader = await open({ silentTicks: 5 }, 'ndjson')
    const lines = () =>
      reader
        .text()
        .split('\r\n')
        .filter((chunk) => /^ *\{|^ +$/.test(chunk))
    reader.stream.replay([frame(0)])
    await waitFor(() => expect(lines().filter((chunk) => chunk === ' ').length).toBeGreaterThanOrEqual(2))
    reader.stream.send(frame(1))
    reader.stream.end()
    await waitFor(() => expect(reader.closed()).toBe(true))
    const body = lines().join('')
    expect(body).toMatch(/\}\n {2,}\{/)
    expect(
      body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual(['1700000000000-0', '1700000000000-1'])
  })

  it('gives a reader that reads every kept event, however many', async () => {
    const reader = await open()
    reader.stream.replay(frames(0, 20_000))
    reader.stream.send(frame(20_000, 'log'))
    reader.stream.end()
    await waitFor(() => expect(reader.ids()).toEqual(Array.from({ length: 20_001 }, (_, i) => i)))
    expect(reader.streams.figures.coalesced).toBe(0)
  })

  it('leaves nothing out for a reader that is only behind for a moment', async () => {
    // The socket is looked after all the time, and is always in the middle of something.
    const reader = await open({ tickMs: 1 })
    reader.stream.replay([])
    for (let round = 0; round < 50; round++) {
      reader.stream.replay(frames(round * 1_000, 1_000))
      await waitFor(() => expect(reader.ids().length).toBe((round + 1) * 1_000), { interval: 1 })
    }
    expect(reader.streams.figures.coalesced).toBe(0)
  })

  it('tells once when the reader has gone', async () => {
    const reader = await open()
    reader.stream.replay([frame(0)])
    reader.socket.destroy()
    await waitFor(() => expect(reader.left).toEqual(['job']))
    expect(reader.stream.closed).toBe(true)
    expect(reader.streams.readers).toEqual({ job: 0, fleet: 0 })
    reader.stream.send(frame(1))
    reader.stream.end()
    expect(reader.left).toEqual(['job'])
  })

  it('gives the response back when there is nothing to stream', async () => {
    const reader = await open()
    reader.stream.release()
    expect(reader.streams.readers.job).toBe(0)
    reader.socket.destroy()
    await waitFor(() => expect(reader.closed()).toBe(true))
    expect(reader.left).toEqual([])
  })
})

describe('a reader that stops reading', () => {
  it('gets only the newest progress of each job, and everything else, in order, once it reads on', async () => {
    const reader = await open({ blockedTicks: 1_000_000 })
    reader.stream.replay([])
    const first = await block(reader, 0)
    reader.stream.send(frame(first, 'log', 'kept'))
    for (let i = 1; i < 500; i++) reader.stream.send(frame(first + i, 'progress', '', `job-${i % 2}`))
    reader.stream.send(frame(first + 500, 'log', 'kept'))
    await waitFor(() => expect(reader.streams.figures.coalesced).toBe(497))
    reader.socket.resume()
    const newest = [first, first + 498, first + 499, first + 500]
    await waitFor(() => expect(reader.ids().slice(-4)).toEqual(newest))
    reader.stream.send(frame(first + 501))
    await waitFor(() => expect(reader.ids().at(-1)).toBe(first + 501))
    expect(reader.ids()).toEqual([...new Set(reader.ids())].sort((a, b) => a - b))
  })

  it('is disconnected when it needs more kept than there is room for', async () => {
    const reader = await open({ maxBehind: 100, tickMs: 1_000_000 })
    reader.stream.replay([])
    const seq = await block(reader, 0)
    for (let i = 0; i < 1_000; i++) reader.stream.send(frame(seq + i))
    expect(reader.stream.closed).toBe(false)
    for (let i = 0; i <= 101; i++) reader.stream.send(frame(seq + 1_000 + i, 'log'))
    expect(reader.stream.closed).toBe(true)
    await waitFor(() => expect(reader.left).toEqual(['job']))
  })

  it('is disconnected after a while', async () => {
    const reader = await open({ blockedTicks: 5 })
    reader.stream.replay([])
    await block(reader, 0)
    await waitFor(() => expect(reader.left).toEqual(['job']))
    expect(reader.stream.closed).toBe(true)
  })

  it('is disconnected after a while even if everything was written and ended', async () => {
    const reader = await open({ blockedTicks: 5 })
    reader.stream.replay([])
    await block(reader, 0)
    reader.stream.end()
    await waitFor(() => expect(reader.left).toEqual(['job']))
  })

  it('does not hold up the end of the process', async () => {
    const reader = await open()
    const slow = await open()
    slow.stream.replay([])
    await block(slow, 0)
    reader.stream.replay([frame(0)])
    reader.streams.close()
    slow.streams.close()
    await waitFor(() => expect(reader.text()).toMatch(/\r\n0\r\n\r\n$/))
    await waitFor(() => expect(slow.left).toEqual(['job']))
  })
})
