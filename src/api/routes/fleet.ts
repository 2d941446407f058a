import { FfleetError, type WorkerInfo } from '../../contract/index.js'
import { Closed, Type } from '../../contract/schema.js'
import { jobsFor } from '../callers/tenancy.js'
import { json, problems } from '../schemas.js'
import type { Routes } from '../types.js'

const DEFAULT_NEXT = 20
const DEFAULT_MINUTES = 60

/** The workers, and the queue they work on. */
export const fleetRoutes: Routes = (app, { queue, view }) => {
  const tags = ['Fleet']
  const queueAnswers = { 200: json('QueueInfo', 'The queue, as it is now.'), ...problems('QUEUE_UNAVAILABLE') }

  app.get(
    '/v1/workers',
    {
      schema: {
        tags,
        operationId: 'listWorkers',
        summary: 'The workers that are there',
        response: { 200: json('WorkerList', 'All workers.'), ...problems('QUEUE_UNAVAILABLE') },
      },
    },
    async (): Promise<{ items: WorkerInfo[] }> => ({ items: await queue.fleet.list() }),
  )

  app.post(
    '/v1/workers/:id/drain',
    {
      schema: {
        tags,
        operationId: 'drainWorker',
        summary: 'Ask a worker to finish what it runs and take no more',
        params: Closed({ id: Type.String({ description: 'Id of a worker.' }) }),
        response: {
          202: json('WorkerInfo', 'It was asked; the worker as its last heartbeat told.'),
          ...problems('NOT_FOUND', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const worker = (await queue.fleet.list()).find((each) => each.id === id)
      if (worker === undefined || !(await queue.fleet.drain(id))) {
        throw new FfleetError('NOT_FOUND', 'There is no worker of that id.', { hint: 'GET /v1/workers lists all.' })
      }
      return reply.code(202).send(worker)
    },
  )

  app.get(
    '/v1/queue',
    { schema: { tags, operationId: 'getQueue', summary: 'Counts of the queue', response: queueAnswers } },
    (request) => jobsFor(queue.jobs, request.caller).info(),
  )

  app.get(
    '/v1/queue/next',
    {
      schema: {
        tags,
        operationId: 'listNextJobs',
        summary: 'The jobs that wait, in the order in which they will be started',
        querystring: Closed({
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: DEFAULT_NEXT })),
        }),
        response: {
          200: json('JobList', 'The first of them; those that wait for a delay are not among them.'),
          ...problems('INVALID_REQUEST', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request) => {
      const jobs = await jobsFor(queue.jobs, request.caller).next(request.query.limit ?? DEFAULT_NEXT)
      return { items: await Promise.all(jobs.map((job) => view.show(job))) }
    },
  )

  app.get(
    '/v1/queue/history',
    {
      schema: {
        tags,
        operationId: 'getQueueHistory',
        summary: 'How jobs ended, minute by minute',
        description: 'A key with a tenant is told of the jobs of that tenant, others of the whole fleet.',
        querystring: Closed({
          minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_440, default: DEFAULT_MINUTES })),
        }),
        response: {
          200: json('QueueHistory', 'The last minutes, this one last.'),
          ...problems('INVALID_REQUEST', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    (request) => jobsFor(queue.jobs, request.caller).history(request.query.minutes ?? DEFAULT_MINUTES),
  )

  app.post(
    '/v1/queue/pause',
    {
      schema: {
        tags,
        operationId: 'pauseQueue',
        summary: 'Start nothing more; what runs goes on',
        response: queueAnswers,
      },
    },
    async () => {
      await queue.jobs.pause()
      return queue.jobs.info()
    },
  )

  app.post(
    '/v1/queue/resume',
    { schema: { tags, operationId: 'resumeQueue', summary: 'Undo a pause', response: queueAnswers } },
    async () => {
      await queue.jobs.resume()
      return queue.jobs.info()
    },
  )
}
