/** One connection, as bytes. */
import { connect } from 'node:net'

/** Sends all of it, and gives everything that comes until the server closes. */
export function exchange(url: string, sent: string | Uint8Array): Promise<string> {
  const { port, hostname } = new URL(url)
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(Number(port), hostname, () => socket.write(sent))
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      text += chunk
    })
    // A server that has answered may reset what is still being sent.
    socket.on('error', (error) => (text === '' ? reject(error) : resolve(text)))
    socket.on('close', () => resolve(text))
  })
}

/** The statuses in it, one for each answer. */
export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
}

/** A request that ends its connection. `key` goes into its head. */
export function head(line: string, headers: readonly string[] = [], host = '127.0.0.1'): string {
  return [`${line} HTTP/1.1`, `Host: ${host}`, ...headers, 'Connection: close', '', ''].join('\r\n')
}

export function posted(
  body: string | Uint8Array,
  headers: readonly string[] = ['Content-Type: application/json'],
): Uint8Array {
  const bytes = Buffer.from(body as string)
  return Buffer.concat([Buffer.from(head('POST /v1/jobs', [...headers, `Content-Length: ${bytes.length}`])), bytes])
}
