/** The one stream of the fleet that all tabs of a browser share. It begins with the first of them. */
import { FfleetClient } from '../../client/index.js'
import { type Connection, followFleet, STREAM_OPTIONS, type StreamMessage } from './follow-fleet.js'

const scope = globalThis as unknown as { onconnect: ((event: MessageEvent) => void) | null; name: string }
const client = new FfleetClient({ ...STREAM_OPTIONS, baseUrl: scope.name })
const ports = new Set<MessagePort>()
let connection: Connection = { state: 'connecting' }

function tell(message: StreamMessage): void {
  for (const port of ports) port.postMessage(message)
}

const stream = followFleet(client, {
  onEvents: (events) => tell({ events }),
  onConnection: (next) => {
    connection = next
    tell({ connection })
  },
})

scope.onconnect = ({ ports: [port] }) => {
  if (port === undefined) return
  ports.add(port)
  port.onmessage = ({ data }: MessageEvent<{ leave?: true; restart?: true }>) => {
    if (data.leave) ports.delete(port)
    if (data.restart) stream.restart()
  }
  port.postMessage({ connection } satisfies StreamMessage)
}
