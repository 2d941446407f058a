/** What submissions are held against: `queue.add` behind an otherwise empty Fastify route. */
import type { AddressInfo } from 'node:net'
import { Queue } from 'bullmq'
import fastify from 'fastify'
import { Redis } from 'ioredis'
import { answerWith, settingsOf } from './part.js'

const { socket } = settingsOf<{ socket: string }>()
const queue = new Queue('plain', { connection: new Redis({ path: socket, maxRetriesPerRequest: null }) })
const app = fastify()
app.post('/jobs', async (request, reply) => {
  const job = await queue.add('transcode', request.body)
  reply.code(202)
  return { id: job.id }
})
await app.listen({ host: '127.0.0.1', port: 0 })

answerWith({ port: () => (app.server.address() as AddressInfo).port })
