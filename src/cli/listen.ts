/** A receiver of webhooks for whoever builds one. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JobEvent } from '../contract/index.js'
import { distrust } from '../webhooks/index.js'
import { CommandError } from './exit.js'
import { print, stdoutStyle } from './print.js'
import { formatPercent } from './render/figures.js'
import { printable } from './render/text.js'

/** A delivery is smaller: one event. */
const BODY_BYTES = 1024 * 1024

/**
 * Receives on this machine alone. What is signed by the secret is printed and answered with 204, the rest is named and
 * refused.
 *
 * @throws CommandError when the port is taken.
 */
export async function listenForWebhooks({ port, secret, json }: { port: number; secret: string; json: boolean }) {
  const server = createServer((request, response) => {
    receive(request, response, secret, json).catch(() => response.destroy())
  })
  await new Promise<void>((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE'
      fail(isTaken ? new CommandError(`Another program listens on port ${port}; choose another with --port.`) : error)
    })
    server.listen(port, '127.0.0.1', done)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

async function receive(request: IncomingMessage, response: ServerResponse, secret: string, json: boolean) {
  if (request.method !== 'POST') return response.writeHead(405, { allow: 'POST' }).end()
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > BODY_BYTES) return response.writeHead(413, { connection: 'close' }).end()
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks).toString('utf8')
  const why = distrust(request.headers, body, [secret])
  if (why !== null) {
    process.stderr.write(`A request is refused: ${why}.\n`)
    return response.writeHead(401).end()
  }
  if (json) print(body)
  else print(lineOf(JSON.parse(body) as JobEvent, String(request.headers['webhook-id'])))
  return response.writeHead(204).end()
}

function lineOf(event: JobEvent, id: string): string {
  return `${printable(`${event.at}  ${event.type}${detailOf(event)}`)}  ${stdoutStyle().dim(printable(id))}`
}

function detailOf(event: JobEvent): string {
  if (event.type === 'progress') return ` ${formatPercent(event.progress.percent)}`
  if (event.type === 'job.failed') return ` ${event.job.error?.code}`
  return 'attempt' in event ? ` ${event.attempt}` : ''
}
