import {
  ERROR_CODES,
  type ErrorCode,
  FfleetError,
  JOB_STATES,
  JobRequest,
  type NormalizedJob,
  namesUpload,
  parseJobSource,
} from '../../contract/index.js'
import { Closed, Enum, type Static, Type } from '../../contract/schema.js'
import { type InspectionAnswer, sourcesOf } from '../../queue/index.js'
import { jobsFor, looksPastOthers, presetsFor } from '../callers/tenancy.js'
import { CURSOR } from '../cursors.js'
import { publishedAs } from '../files/published-as.js'
import { found, JobPath, jobIdOf, noSuchJob } from '../job-id.js'
import { prefixOf } from '../page.js'
import { json, problems, REQUEST_REFUSALS } from '../schemas.js'
import { dryRunOf } from '../submission/dry-run.js'
import { idempotencyOf } from '../submission/idempotency.js'
import { requestOf } from '../submission/request-of.js'
import type { Routes } from '../types.js'

const DEFAULT_LIMIT = 50
/** What storage says of an output that is not at its path any more. */
const GONE: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'OUTPUT_REPLACED'])

const JobQuery = Closed(
  {
    state: Type.Optional(Enum(JOB_STATES)),
    preset: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'Jobs with an output of this preset.' }),
    ),
    code: Type.Optional(Enum(ERROR_CODES, { description: 'Jobs whose error has this code.' })),
    text: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description:
          'Jobs with this in their id, input and its name, output names and paths, or tags (`key=value`), in any case.',
      }),
    ),
    since: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'Jobs submitted at this time or later; ISO 8601 with its zone.',
      }),
    ),
    until: Type.Optional(Type.String({ format: 'date-time', description: 'Jobs submitted before this time.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: DEFAULT_LIMIT })),
    cursor: Type.Optional(Type.String({ pattern: CURSOR, description: '`nextCursor` of a page.' })),
  },
  { patternProperties: { '^tag\\..': { type: 'string', maxLength: 256, description: 'Jobs with this tag.' } } },
)
type JobQuery = Static<typeof JobQuery> & Record<string, unknown>

const SubmitQuery = Closed({
  dryRun: Type.Optional(
    Enum(['true', 'false'] as const, {
      description: 'true: check everything that can be checked without encoding, and enqueue nothing.',
    }),
  ),
})

/** Submitting jobs, looking at them, ending them. */
export const jobRoutes: Routes = (app, { queue, storage, presets, submitter, view, cursors, page }) => {
  const tags = ['Jobs']
  const { outputs } = storage

  /** Whether an output was published, but is not at its path any more. */
  async function isGone(id: string, name: string): Promise<boolean> {
    const publication = await queue.jobs.publication(id, name)
    const as = publication && publishedAs(publication)
    if (!as) return false
    try {
      await outputs.requireSame(publication.output.path, as)
      return false
    } catch (error) {
      if (error instanceof FfleetError && GONE.has(error.code)) return true
      throw error
    }
  }

  /** Asks a worker, unless what the job reads is yet to be made. */
  async function inspect(job: NormalizedJob): Promise<InspectionAnswer> {
    const { awaited, sources } = await queue.jobs.prerequisites(job)
    const maker = sourcesOf(job)
      .map((uri) => parseJobSource(uri)!.job)
      .find((id) => awaited.includes(id))
    const upload = awaited.find(namesUpload)
    if (upload !== undefined) return { unanswered: `The input, ${upload}, is still being sent.` }
    if (maker !== undefined) return { unanswered: `Job ${maker}, which delivers the input, has not completed.` }
    return queue.inspections.ask({ ...job, sources })
  }

  app.post(
    '/v1/jobs',
    {
      schema: {
        tags,
        operationId: 'submitJob',
        summary: 'Submit a job, or learn what would become of it',
        querystring: SubmitQuery,
        headers: Type.Object({
          'idempotency-key': Type.Optional(
            Type.String({
              description: 'Kept 24 h: the same key and body give the first answer again. Not looked at in a dry run.',
            }),
          ),
        }),
        body: JobRequest,
        response: {
          200: json('DryRun', 'With `dryRun=true`: what would become of the job. Nothing is enqueued.'),
          202: json('Job', 'The job was accepted; `Location` leads to it.'),
          ...problems(
            ...REQUEST_REFUSALS,
            'OUTPUT_EXISTS',
            'IDEMPOTENCY_KEY_REUSED',
            'NOT_FOUND',
            'QUOTA_EXCEEDED',
            'PAYLOAD_TOO_LARGE',
            'QUEUE_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      if (request.query.dryRun === 'true') {
        const normalized = await submitter.normalize(request.body, request.caller)
        const [answer, forecast] = await Promise.all([
          inspect(normalized),
          jobsFor(queue.jobs, request.caller).foresee(normalized),
        ])
        return dryRunOf(normalized, answer, forecast)
      }
      const idempotency = idempotencyOf(request.headers['idempotency-key'], request.body, request.caller?.keyId)
      const { job } = await submitter.submit(request.body, request.caller, idempotency)
      reply.code(202).header('location', prefixOf(request, page) + job.links.self)
      return view.show(job)
    },
  )

  app.get(
    '/v1/jobs',
    {
      schema: {
        tags,
        operationId: 'listJobs',
        summary: 'List jobs, newest first',
        querystring: JobQuery,
        response: { 200: json('JobPage', 'A page of jobs.'), ...problems('INVALID_REQUEST', 'QUEUE_UNAVAILABLE') },
      },
    },
    async (request) => {
      const {
        state,
        preset,
        code,
        text,
        since,
        until,
        limit = DEFAULT_LIMIT,
        cursor,
        ...rest
      } = request.query as JobQuery
      const wanted = Object.entries(rest).map(([name, value]) => [name.slice('tag.'.length), value])
      // Asked before the list: an event that both know of is told twice rather than not at all.
      const { lastId: lastEventId } = await queue.events.readFleet()
      const listed = await jobsFor(queue.jobs, request.caller).list({
        limit,
        ...(state && { state }),
        ...(preset && { preset }),
        ...(code && { code }),
        ...(text && { text }),
        ...(since && { sinceMs: Date.parse(since) }),
        ...(until && { untilMs: Date.parse(until) }),
        ...(cursor && { cursor: await cursors.opened(cursor) }),
        ...(wanted.length > 0 && { tags: Object.fromEntries(wanted) }),
      })
      const page = looksPastOthers(request.caller) ? await cursors.sealed(listed, cursor) : listed
      return { ...page, items: await Promise.all(page.items.map((job) => view.show(job))), lastEventId }
    },
  )

  app.get(
    '/v1/jobs/:id',
    {
      schema: {
        tags,
        operationId: 'getJob',
        summary: 'Get a job',
        params: JobPath,
        response: { 200: json('Job', 'The job.'), ...problems('NOT_FOUND', 'QUEUE_UNAVAILABLE') },
      },
    },
    async (request) => view.show(found(await jobsFor(queue.jobs, request.caller).get(jobIdOf(request.params)))),
  )

  app.get(
    '/v1/jobs/:id/request',
    {
      schema: {
        tags,
        operationId: 'getJobRequest',
        summary: 'The request that would make the same again',
        description:
          'To be changed and sent as a new job. Overrides are told against the presets as they are today; defaults are left out, and so are the jobs it waited for once it has begun.',
        params: JobPath,
        response: {
          200: json('JobRequest', 'A request for `POST /v1/jobs`.'),
          ...problems('NOT_FOUND', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request): Promise<JobRequest> => {
      const jobs = jobsFor(queue.jobs, request.caller)
      const id = jobIdOf(request.params)
      const [job, { after, ...asked }] = [found(await jobs.get(id)), found(await jobs.request(id))]
      // By now they may be gone.
      const stillWaits = after !== undefined && job.attempt === 0
      return requestOf({ ...asked, ...(stillWaits && { after }) }, presetsFor(presets, request.caller))
    },
  )

  app.delete(
    '/v1/jobs/:id',
    {
      schema: {
        tags,
        operationId: 'removeJob',
        summary: 'Remove a job that has ended, and its report; its outputs stay',
        params: JobPath,
        response: {
          204: { description: 'It is gone.', type: 'null' },
          ...problems('NOT_FOUND', 'JOB_NOT_FINISHED', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const id = jobIdOf(request.params)
      if (!(await jobsFor(queue.jobs, request.caller).remove(id))) throw noSuchJob()
      await storage.reports.remove(id)
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/v1/jobs/:id/cancel',
    {
      schema: {
        tags,
        operationId: 'cancelJob',
        summary: 'Cancel a job; it is `cancelled` once its attempt has stopped',
        params: JobPath,
        response: {
          202: json('Job', 'The job, as it is now.'),
          ...problems('NOT_FOUND', 'JOB_ALREADY_FINISHED', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const job = found(await jobsFor(queue.jobs, request.caller).cancel(jobIdOf(request.params)))
      reply.code(202)
      return view.show(job)
    },
  )

  app.post(
    '/v1/jobs/:id/retry',
    {
      schema: {
        tags,
        operationId: 'retryJob',
        summary: 'Run a failed or cancelled job again; outputs that stand at their paths are not made twice',
        params: JobPath,
        response: {
          202: json('Job', 'The job, queued again.'),
          ...problems('NOT_FOUND', 'JOB_NOT_RETRYABLE', 'OUTPUT_EXISTS', 'QUOTA_EXCEEDED', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const id = jobIdOf(request.params)
      const jobs = jobsFor(queue.jobs, request.caller)
      const { outputs: made } = found(await jobs.get(id))
      const gone: string[] = []
      for (const { name } of made) if (await isGone(id, name)) gone.push(name)
      const job = found(await jobs.retry(id, gone))
      reply.code(202)
      return view.show(job)
    },
  )
}
