/**
 * Many readers of event streams in one process, over plain sockets: it takes in what thousands of connections bring at
 * little cost, and keeps the ids of all events, or when each was received.
 */
import { connect, type Socket } from 'node:net'
import { answerWith, nowUs, settingsOf } from './part.js'

const { port } = settingsOf<{ port: number }>()

class Reader {
  readonly path: string
  readonly ids: string[] = []
  ended = false
  readonly socket: Socket
  #rest = ''

  constructor(path: string, onStand: () => void, onFrame: (frame: number) => void) {
    this.path = path
    this.socket = connect({ port, host: '127.0.0.1' })
    this.socket.setEncoding('latin1')
    this.socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: text/event-stream\r\n\r\n`)
    this.socket.once('data', onStand)
    this.socket.on('data', (text: string) => this.#take(this.#rest + text, onFrame))
    this.socket.on('close', () => {
      this.ended = true
    })
    this.socket.on('error', () => {})
  }

  #take(text: string, onFrame: (frame: number) => void): void {
    const lines = text.split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) {
      if (line.startsWith('id: ')) this.ids.push(line.slice(4))
      else if (line.startsWith('data: ')) {
        const frame = /"frame":(\d+)/.exec(line)
        if (frame) onFrame(Number(frame[1]))
      }
      // The last chunk of a chunked answer: the server has ended it.
      else if (line === '0\r') this.socket.end()
    }
  }
}

let readers: Reader[] = []
let measuring: number[] | null = null

const onFrame = (writtenUs: number) => {
  measuring?.push(nowUs() - writtenUs)
}

answerWith({
  /** Opens a stream for each path; resolves when all have begun. */
  async open(paths: string[]) {
    const CONNECTING_AT_ONCE = 100
    for (let i = 0; i < paths.length; i += CONNECTING_AT_ONCE) {
      const batch = paths.slice(i, i + CONNECTING_AT_ONCE)
      await Promise.all(
        batch.map((path) => new Promise<void>((done) => readers.push(new Reader(path, () => done(), onFrame)))),
      )
    }
  },
  /** How old the reports were when they came, in microseconds, for so long. */
  async ages(forMs: number) {
    measuring = []
    await new Promise((done) => setTimeout(done, forMs))
    const ages = measuring
    measuring = null
    return ages
  },
  /** When all streams have ended: how often each sequence of event ids was read, by path. */
  async sequences() {
    while (!readers.every(({ ended }) => ended)) await new Promise((done) => setTimeout(done, 20))
    const counts: Record<string, Record<string, number>> = {}
    for (const { path, ids } of readers) {
      const ofPath = (counts[path] ??= {})
      const text = ids.join(' ')
      ofPath[text] = (ofPath[text] ?? 0) + 1
    }
    return counts
  },
  /** Closes them all. */
  close() {
    for (const { socket } of readers) socket.destroy()
    readers = []
  },
})
