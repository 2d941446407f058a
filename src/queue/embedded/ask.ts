/** One question to a Redis on a unix socket: what is needed before and after there is a connection worth keeping. */
import { connect } from 'node:net'

/**
 * Sends one inline command and gives the first reply line (`+PONG`, `-LOADING …`), `''` when the server closed the
 * connection instead (as after SHUTDOWN), or null when nobody listens or answers in time.
 */
export function ask(socketPath: string, command: 'PING' | 'SHUTDOWN', timeoutMs = 1_000): Promise<string | null> {
  return new Promise((resolve) => {
    let reply = ''
    const socket = connect({ path: socketPath })
    const answer = (line: string | null) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(line)
    }
    const timer = setTimeout(answer, timeoutMs, null)
    socket.once('connect', () => socket.write(`${command}\r\n`))
    socket.on('data', (chunk) => {
      reply += chunk.toString('latin1')
      if (reply.includes('\r\n')) answer(reply.slice(0, reply.indexOf('\r\n')))
    })
    socket.once('end', () => answer(reply))
    socket.once('error', () => answer(null))
  })
}
