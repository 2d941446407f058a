import { type AttemptReport, FfleetError, isTerminal, type Job, type Report } from '../../contract/index.js'
import { Closed, Type } from '../../contract/schema.js'
import { noBytes } from '../files/file-answer.js'
import { found, JobPath, jobIdOf } from '../job-id.js'
import { json, media, problems } from '../schemas.js'
import type { Routes } from '../types.js'

/** A worker that died could not write how its attempt ended: the job tells that it is over. */
function asKnown(report: AttemptReport, { state, attempt }: Job): AttemptReport {
  const isOver = report.attempt < attempt || isTerminal(state)
  return report.outcome === 'running' && isOver ? { ...report, outcome: 'lost' } : report
}

/** What was captured from the ffmpeg processes of a job. */
export const reportRoutes: Routes = (app, { queue, storage }) => {
  const tags = ['Jobs']

  /** Why nothing is found of a job that ran, where the worker reports into a folder that this API does not have. */
  async function notShared(id: string): Promise<FfleetError | null> {
    const [ran, { data }] = await Promise.all([queue.jobs.ranOn(id), storage.roots.ids()])
    if (ran === null || ran.data === data) return null
    const detail = `Worker ${ran.worker} on ${ran.host} reports into a data folder that this API does not share.`
    const hint = `Give the API and ${ran.host} the same FFLEET_DATA_DIR; it is in reports/${id} in that of ${ran.host}.`
    return new FfleetError('NOT_FOUND', detail, { hint })
  }

  app.get(
    '/v1/jobs/:id/report',
    {
      schema: {
        tags,
        operationId: 'getReport',
        summary: 'The report of a job',
        params: JobPath,
        response: { 200: json('Report', 'Attempts and passes so far.'), ...problems('NOT_FOUND', 'QUEUE_UNAVAILABLE') },
      },
    },
    async (request): Promise<Report> => {
      const job = found(await queue.jobs.get(jobIdOf(request.params)))
      const { id, state, error } = job
      const { input, attempts, outputs } = await storage.reports.read(id)
      const isThere = job.attempt === 0 || attempts.some(({ attempt }) => attempt === job.attempt)
      const elsewhere = isThere ? null : await notShared(id)
      if (elsewhere) throw elsewhere
      const asked = job.outputs.flatMap(({ name }) => outputs.find((each) => each.name === name) ?? [])
      return { jobId: id, state, input, attempts: attempts.map((each) => asKnown(each, job)), outputs: asked, error }
    },
  )

  app.get(
    '/v1/jobs/:id/log',
    {
      schema: {
        tags,
        operationId: 'getLog',
        summary: "ffmpeg's full log of an attempt",
        params: JobPath,
        querystring: Closed({
          attempt: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Default: the newest with a log.' }),
          ),
        }),
        response: {
          200: media('The log as it is now.', 'text/plain'),
          ...problems('NOT_FOUND', 'INVALID_REQUEST', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { id } = found(await queue.jobs.get(jobIdOf(request.params)))
      const { attempt } = request.query
      const log = await storage.reports.openLog(id, attempt)
      if (log === null) {
        const elsewhere = await notShared(id)
        if (elsewhere) throw elsewhere
        const which = attempt === undefined ? 'The job has no log yet.' : `Attempt ${attempt} has no log.`
        throw new FfleetError('NOT_FOUND', which, { hint: 'A log is written as soon as ffmpeg runs.' })
      }
      reply.type('text/plain; charset=utf-8').header('content-length', log.bytes)
      if (request.method !== 'HEAD') return reply.send(log.stream)
      log.stream.destroy()
      return reply.send(noBytes())
    },
  )
}
