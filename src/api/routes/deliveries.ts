import { FfleetError, ReplayRequest } from '../../contract/index.js'
import { Closed, Type } from '../../contract/schema.js'
import { jobsFor } from '../callers/tenancy.js'
import { found, JobPath, jobIdOf, noSuchJob } from '../job-id.js'
import { json, problems } from '../schemas.js'
import type { Routes } from '../types.js'

const DeliveryPath = Closed({
  id: Type.String({ description: 'Id of a job.' }),
  delivery: Type.String({ description: 'Its `webhook-id`.' }),
})

/** What the webhook of a job was told, and telling it again. */
export const deliveryRoutes: Routes = (app, { queue }) => {
  const tags = ['Webhooks']
  const { webhooks } = queue

  /** The log of a job that the caller may see. @throws FfleetError NOT_FOUND */
  async function logOf(id: string, caller: Parameters<typeof jobsFor>[1]) {
    if (!(await jobsFor(queue.jobs, caller).has(id))) throw noSuchJob()
    return found(await webhooks.log(id))
  }

  app.get(
    '/v1/jobs/:id/deliveries',
    {
      schema: {
        tags,
        operationId: 'listDeliveries',
        summary: 'What became of the webhook of a job',
        params: JobPath,
        response: {
          200: json('DeliveryLog', 'The last tries, and what waits.'),
          ...problems('NOT_FOUND', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request) => logOf(jobIdOf(request.params), request.caller),
  )

  app.post(
    '/v1/jobs/:id/deliveries/:delivery/redeliver',
    {
      schema: {
        tags,
        operationId: 'redeliver',
        summary: 'Send the event of a delivery once more',
        description:
          'At once, one time, under the same `webhook-id`. An endpoint that was turned off by its 410 is turned on again.',
        params: DeliveryPath,
        response: {
          202: json('DeliveryLog', 'It will be sent.'),
          ...problems('NOT_FOUND', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const id = jobIdOf(request.params)
      await logOf(id, request.caller)
      if (!(await webhooks.redeliver(id, request.params.delivery))) {
        throw new FfleetError('NOT_FOUND', 'The job has no delivery of that id, or its event is not kept any more.', {
          hint: `GET /v1/jobs/${id}/deliveries lists them.`,
        })
      }
      reply.code(202)
      return logOf(id, request.caller)
    },
  )

  app.post(
    '/v1/jobs/:id/deliveries/replay',
    {
      schema: {
        tags,
        operationId: 'replayDeliveries',
        summary: 'Send everything behind an event once more',
        description:
          'In order, with retries, each under its former `webhook-id`; of `progress` the newest. What waits to be tried again is tried now, and an endpoint that was turned off by its 410 is turned on again.',
        params: JobPath,
        body: ReplayRequest,
        response: {
          202: json('DeliveryLog', 'It will be sent.'),
          ...problems('INVALID_REQUEST', 'NOT_FOUND', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const id = jobIdOf(request.params)
      await logOf(id, request.caller)
      if (!(await webhooks.replay(id, request.body.after))) {
        throw new FfleetError('NOT_FOUND', 'The job has no webhook.', {
          hint: 'Give `webhook` in the request that submits a job.',
        })
      }
      reply.code(202)
      return logOf(id, request.caller)
    },
  )
}
