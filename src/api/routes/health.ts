import { FfleetError } from '../../contract/index.js'
import { Closed, Type } from '../../contract/schema.js'
import { refreshMetrics } from '../metrics/queue-metrics.js'
import { media, problems } from '../schemas.js'
import type { Routes } from '../types.js'

const READY_TIMEOUT_MS = 2_000

const Live = Closed({ status: Type.Literal('ok') })

const Ready = Closed({
  status: Type.Literal('ready'),
  sandbox: Type.Record(Type.String(), Type.Integer(), {
    description: 'How many workers enclose ffmpeg how: bwrap, limits, pdeathsig or none. Only bwrap is a sandbox.',
  }),
})

/** For those who look after the process. */
export const healthRoutes: Routes = (app, parts) => {
  const tags = ['Operation']
  const json = <S extends typeof Live | typeof Ready>(schema: S, description: string) => ({
    description,
    content: { 'application/json': { schema } },
  })

  app.get(
    '/healthz',
    {
      schema: {
        tags,
        operationId: 'getLiveness',
        summary: 'Whether the process answers',
        response: { 200: json(Live, 'It does.'), ...problems() },
      },
    },
    async () => ({ status: 'ok' as const }),
  )

  app.get(
    '/readyz',
    {
      schema: {
        tags,
        operationId: 'getReadiness',
        summary: 'Whether the API can work: the queue answers',
        response: { 200: json(Ready, 'It can.'), ...problems('QUEUE_UNAVAILABLE') },
      },
    },
    async () => {
      if (await parts.queue.jobs.ping(READY_TIMEOUT_MS)) {
        const sandbox: Record<string, number> = {}
        for (const worker of await parts.queue.fleet.list())
          sandbox[worker.sandbox] = (sandbox[worker.sandbox] ?? 0) + 1
        return { status: 'ready' as const, sandbox }
      }
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
