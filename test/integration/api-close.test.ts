import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ask, submit } from '../helpers/api-answers.js'
import { startApi, type TestApi } from '../helpers/api-server.js'

/** A connection that says so much and then waits; gives what came. */
async function open(
  api: TestApi,
  request: string,
): Promise<{ socket: Socket; text: () => string; closed: Promise<void> }> {
  const { port, host } = new URL(api.url)
  const socket = connect(Number(port), '127.0.0.1')
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.write(request.replaceAll('HOST', host))
  return { socket, text: () => text, closed }
}

describe('closing the API', () => {
  it('ends event streams and does not wait for anybody', async () => {
    const api = await startApi()
    const { id } = await submit(api.url, { delayMs: 60_000 })
    const head = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: HOST\r\n${more}\r\n`
    const stream = await open(api, head(`/v1/jobs/${id}/events`))
    const fleet = await open(api, head('/v1/events', 'Accept: application/x-ndjson\r\n'))
    const unused = await open(api, '')
    const half = await open(api, 'GET /healthz HTTP/1.1\r\nHost: HOST\r\n')
    const idle = await open(api, head('/healthz'))
    await expect.poll(stream.text).toContain('job.queued')
    await expect.poll(fleet.text).toContain('200 OK')
    await expect.poll(idle.text).toContain('"ok"')
    half.socket.write('Connection: close\r\n\r\n')
    await api.close()
    await Promise.all([stream, fleet, unused, half, idle].map(({ closed }) => closed))
    // Whole answers: the readers know that they are to come back, and after which event.
    expect(stream.text()).toMatch(/\r\n0\r\n\r\n$/)
    expect(fleet.text()).toMatch(/\r\n0\r\n\r\n$/)
  })

  it('is not heard of again', async () => {
    const api = await startApi()
    expect((await ask(`${api.url}/healthz`, null)).status).toBe(200)
    await api.close()
    await expect(fetch(`${api.url}/healthz`)).rejects.toThrow()
  })
})
