import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JobEvent } from '../../src/contract/index.js'

/** A delivery as it came in. */
export type Received = { headers: IncomingHttpHeaders; body: string; event: JobEvent; atMs: number }

/** A real receiver of webhooks on a port of its own. */
export type Receiver = {
  readonly url: string
  readonly received: Received[]
  /** Types of what came, in order. */
  types(): string[]
  /** What each request is answered, from now on; default 204. */
  answer: (received: Received, response: ServerResponse, n: number) => unknown
  /** Deliveries that were under way at once, at most. */
  readonly atOnce: number
  close(): Promise<void>
}

export async function startReceiver(port = 0): Promise<Receiver> {
  const received: Received[] = []
  let [open, atOnce] = [0, 0]
  const server = createServer((request, response) => {
    atOnce = Math.max(atOnce, ++open)
    response.on('close', () => open--)
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const one = { headers: request.headers, body, event: JSON.parse(body) as JobEvent, atMs: Date.now() }
      received.push(one)
      receiver.answer(one, response, received.length)
    })
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    received,
    types: () => received.map(({ event }) => event.type),
    answer: (_received, response) => response.writeHead(204).end(),
    get atOnce() {
      return atOnce
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
  return receiver
}
