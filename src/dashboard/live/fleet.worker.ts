/** The one stream of the fleet that all tabs of a browser share. The first tab says after which event it begins. */
import { FfleetClient } from '../../client/index.js'
import { type Connection, followFleet, STREAM_OPTIONS, type StreamMessage } from './follow-fleet.js'

const scope = globalThis as unknown as { onconnect: ((event: MessageEvent) => void) | null; name: string }
const client = new FfleetClient({ ...STREAM_OPTIONS, baseUrl: scope.name })
const ports = new Set<MessagePort>()
let connection: Connection = { state: 'connecting' }
let started = false

function tell(message: StreamMessage): void {
  for (const port of ports) port.postMessage(message)
}

function start(after: string): void {
  if (started) return
  started = true
  followFleet(client, after, {
    onEvents: (events) => tell({ events }),
    onConnection: (next) => {
      connection = next
      tell({ connection })
    },
  })
}

scope.onconnect = ({ ports: [port] }) => {
  if (port === undefined) return
  ports.add(port)
  port.onmessage = ({ data }: MessageEvent<{ after: string } | { leave: true }>) => {
    if ('leave' in data) ports.delete(port)
    else start(data.after)
  }
  port.postMessage({ connection } satisfies StreamMessage)
}
