import { type AttemptReport, FfleetError, isTerminal, type Job, LOG_LEVELS, type Report } from '../../contract/index.js'
import { Closed, Enum, Type } from '../../contract/schema.js'
import { jobsFor } from '../callers/tenancy.js'
import { noBytes } from '../files/file-answer.js'
import { found, JobPath, jobIdOf } from '../job-id.js'
import { json, media, problems } from '../schemas.js'
import type { Routes } from '../types.js'

/** A worker that died could not write how its attempt ended: the job tells that it is over. */
function asKnown(report: AttemptReport, { state, attempt }: Job): AttemptReport {
  const isOver = report.attempt < attempt || isTerminal(state)
  return report.outcome === 'running' && isOver ? { ...report, outcome: 'lost' } : report
}

const DEFAULT_LINES = 200

const Attempt = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Default: the newest with a log.' }),
)
const offset = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description }))

const LogQuery = Closed({
  attempt: Attempt,
  before: offset('Lines that begin before this byte: `previous` of a page, for the one before it.'),
  after: offset('Lines that begin at this byte or behind it: `next` of a page, for the one behind it.'),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: DEFAULT_LINES })),
  search: Type.Optional(
    Type.String({ minLength: 1, maxLength: 256, description: 'Only lines with this text, in any case.' }),
  ),
  level: Type.Optional(
    Enum(LOG_LEVELS, { description: 'Only lines of this level or a worse one; never those without a level.' }),
  ),
})

/** What was captured from the ffmpeg processes of a job. */
export const reportRoutes: Routes = (app, { queue, storage }) => {
  const tags = ['Jobs']

  /** Why nothing is found of a job that ran, where the worker reports into a folder that this API does not have. */
  async function notShared(id: string): Promise<FfleetError | null> {
    const [ran, { reports }] = await Promise.all([queue.jobs.ranOn(id), storage.roots.ids()])
    if (ran === null || ran.data === reports) return null
    const detail = `Worker ${ran.worker} on ${ran.host} reports into a data folder that this API does not share.`
    const hint = `Give the API and ${ran.host} the same FFLEET_REPORT_ROOT, or FFLEET_DATA_DIR; it is in reports/${id} in that of ${ran.host}.`
    return new FfleetError('NOT_FOUND', detail, { hint })
  }

  async function noLog(id: string, attempt: number | undefined): Promise<FfleetError> {
    const elsewhere = await notShared(id)
    if (elsewhere) return elsewhere
    const which = attempt === undefined ? 'The job has no log yet.' : `Attempt ${attempt} has no log.`
    return new FfleetError('NOT_FOUND', which, { hint: 'A log is written as soon as ffmpeg runs.' })
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
      const job = found(await jobsFor(queue.jobs, request.caller).get(jobIdOf(request.params)))
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
        querystring: Closed({ attempt: Attempt }),
        response: {
          200: media('The log as it is now.', 'text/plain'),
          ...problems('NOT_FOUND', 'INVALID_REQUEST', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { id } = found(await jobsFor(queue.jobs, request.caller).get(jobIdOf(request.params)))
      const { attempt } = request.query
      const log = await storage.reports.openLog(id, attempt)
      if (log === null) throw await noLog(id, attempt)
      reply.type('text/plain; charset=utf-8').header('content-length', log.bytes)
      if (request.method !== 'HEAD') return reply.send(log.stream)
      log.stream.destroy()
      return reply.send(noBytes())
    },
  )

  app.get(
    '/v1/jobs/:id/log/lines',
    {
      schema: {
        tags,
        operationId: 'getLogLines',
        summary: "Lines of ffmpeg's log of an attempt: the newest, or before or after a place in it",
        params: JobPath,
        querystring: LogQuery,
        response: {
          200: json('LogPage', 'A page of the log, oldest line first.'),
          ...problems('NOT_FOUND', 'INVALID_REQUEST', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request) => {
      const { limit = DEFAULT_LINES, ...query } = request.query
      if (query.before !== undefined && query.after !== undefined) {
        const detail = 'Give either `before` or `after`.'
        throw new FfleetError('INVALID_REQUEST', detail, { errors: [{ pointer: '/query/after', detail }] })
      }
      const { id, state, attempt } = found(await jobsFor(queue.jobs, request.caller).get(jobIdOf(request.params)))
      const page = await storage.reports.readLog(id, { ...query, limit }, state === 'active' ? attempt : null)
      if (page === null) throw await noLog(id, query.attempt)
      return page
    },
  )
}
