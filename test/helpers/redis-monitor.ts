import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

/**
 * What a Redis is asked from now on, a line a command, as it tells it: `"hget" "ffleet:job:01…" "state"`. Read from the socket, for
 * ioredis takes what others ask for answers to itself when it comes along with the answer to MONITOR.
 */
export async function monitorRedis(path: string): Promise<{ lines: string[]; stop(): void }> {
  const socket = connect({ path })
  const lines: string[] = []
  socket.write('MONITOR\r\n')
  const reader = createInterface(socket)
  await once(reader, 'line')
  reader.on('line', (line) => lines.push(line.slice(line.indexOf('] ') + 2)))
  return { lines, stop: () => socket.destroy() }
}
