/** Sends the same POST again and again over keep-alive connections; small, so that it takes little from what it measures. */
import { connect } from 'node:net'
import { answerWith, settingsOf } from './part.js'

type Load = {
  port: number
  path: string
  headers?: Record<string, string>
  body: unknown
  connections: number
  forMs: number
}

function lane(port: number, request: Buffer, until: number, onAnswer: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.setEncoding('latin1')
    let seen = ''
    socket.on('error', reject)
    socket.on('data', (text: string) => {
      seen += text
      const bodyAt = seen.indexOf('\r\n\r\n') + 4
      if (bodyAt === 3) return
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(seen)![1])
      if (seen.length < bodyAt + length) return
      if (!seen.startsWith('HTTP/1.1 202')) return void reject(new Error(seen))
      seen = ''
      onAnswer()
      if (performance.now() < until) socket.write(request)
      else resolve(void socket.destroy())
    })
    socket.write(request)
  })
}

settingsOf()
answerWith({
  /** Gives the answers a second. */
  async load({ port, path, headers = {}, body, connections, forMs }: Load) {
    const json = JSON.stringify(body)
    const head = [`POST ${path} HTTP/1.1`, `host: 127.0.0.1:${port}`, 'content-type: application/json']
    for (const [name, value] of Object.entries(headers)) head.push(`${name}: ${value}`)
    const request = Buffer.from(`${head.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`)
    const startMs = performance.now()
    let answers = 0
    const count = () => {
      answers += 1
    }
    await Promise.all(Array.from({ length: connections }, () => lane(port, request, startMs + forMs, count)))
    return answers / ((performance.now() - startMs) / 1_000)
  },
})
