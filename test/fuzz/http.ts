/** One request as it is, however odd; `fetch` would put much of it right. */
import { Agent, request } from 'node:http'

export type Answer = { status: number; type: string; text: string; headers: Record<string, unknown> }

const STREAMS = /^(text\/event-stream|application\/x-ndjson)/
const agent = new Agent({ keepAlive: true, maxSockets: 4 })

/** Of a stream that begins only the head is read. `headers`: what HTTP itself does not allow must not be in there. */
export function send(
  base: string,
  {
    method,
    path,
    headers,
    body,
  }: { method: string; path: string; headers: Record<string, string>; body: string | null },
): Promise<Answer> {
  const { hostname, port } = new URL(base)
  const bytes = body === null ? null : Buffer.from(body)
  const all = { ...headers, ...(bytes && { 'content-length': String(bytes.length) }) }
  return new Promise((resolve, reject) => {
    const asked = request({ agent, hostname, port, method, path, headers: all }, (response) => {
      const type = response.headers['content-type'] ?? ''
      const answer = { status: response.statusCode!, type, headers: response.headers }
      if (STREAMS.test(type)) {
        resolve({ ...answer, text: '' })
        return void response.destroy()
      }
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ ...answer, text: Buffer.concat(chunks).toString() }))
    })
    asked.on('error', reject)
    asked.end(bytes)
  })
}

/** Text for a path or a query: every byte that is not plain is escaped. */
export function escaped(text: string): string {
  return Array.from(Buffer.from(text), (byte) => {
    const letter = String.fromCharCode(byte)
    return /[\w~-]/.test(letter) ? letter : `%${byte.toString(16).padStart(2, '0')}`
  }).join('')
}
