import { FfleetError } from '../../contract/index.js'
import { Closed, Type } from '../../contract/schema.js'
import { refreshMetrics } from '../metrics/queue-metrics.js'
import { media, problems } from '../schemas.js'
import type { Routes } from '../types.js'

const READY_TIMEOUT_MS = 2_000

const Status = (word: string) => Closed({ status: Type.Literal(word) })

/** For those who look after the process. */
export const healthRoutes: Routes = (app, parts) => {
  const tags = ['Operation']
  const status = (word: string, description: string) => ({
    description,
    content: { 'application/json': { schema: Status(word) } },
  })

  app.get(
    '/healthz',
    {
      schema: {
        tags,
        operationId: 'getLiveness',
        summary: 'Whether the process answers',
        response: { 200: status('ok', 'It does.'), ...problems() },
      },
    },
    async () => ({ status: 'ok' }),
  )

  app.get(
    '/readyz',
    {
      schema: {
        tags,
        operationId: 'getReadiness',
        summary: 'Whether the API can work: the queue answers',
        response: { 200: status('ready', 'It can.'), ...problems('QUEUE_UNAVAILABLE') },
      },
    },
    async () => {
      if (await parts.queue.jobs.ping(READY_TIMEOUT_MS)) return { status: 'ready' }
      throw new FfleetError('QUEUE_UNAVAILABLE', 'The queue does not answer at the moment.')
    },
  )

  app.get(
    '/metrics',
    {
      schema: {
        tags,
        operationId: 'getMetrics',
        summary: 'Figures for Prometheus',
        response: { 200: media('Prometheus text format.', 'text/plain'), ...problems() },
      },
    },
    async (_request, reply) => {
      const { registry } = parts.metrics
      await refreshMetrics(parts)
      return reply.type(registry.contentType).send(await registry.metrics())
    },
  )
}
