// Receives webhooks, verifies them, and acts on each event once.
// WEBHOOK_SECRET=$(ffleet webhooks secret) npx tsx receive-webhooks.ts
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import type { JobEvent } from 'ffleet'
import { Webhook } from 'standardwebhooks'

const webhook = new Webhook(process.env.WEBHOOK_SECRET!)
const seen = new Set<string>() // yours: a table of your database

const server = createServer(async (request, response) => {
  const body = await text(request) // as it came: JSON that was parsed and written again has another signature
  let event: JobEvent
  try {
    event = webhook.verify(body, request.headers as Record<string, string>) as JobEvent
  } catch (error) {
    console.error(String(error))
    response.writeHead(401).end()
    return
  }
  const id = request.headers['webhook-id'] as string
  if (!seen.has(id)) act(event)
  seen.add(id)
  response.writeHead(204).end() // after it is kept, and within 15 s
})

function act(event: JobEvent): void {
  if (event.type === 'job.completed') console.log(event.jobId, 'completed', event.job.outputs[0]!.path)
  if (event.type === 'job.failed') console.log(event.jobId, 'failed', event.job.error?.code)
}

server.listen(Number(process.env.PORT ?? 4281), '127.0.0.1', () => console.log('listening'))
