/** What an assistant may ask without changing anything. */
import { isTerminal, JOB_STATES, type Job, JobRequest, type Report } from '../contract/index.js'
import { Closed, Enum, Type } from '../contract/schema.js'
import { JobId, type Tool, tool } from './tool.js'

/** How long one call of `watch_job` waits at most: assistants give up calls that take longer. */
const LONGEST_WAIT_MS = 50_000
const LOG_LINES = 20

export const READING: readonly Tool[] = [
  tool({
    name: 'list_jobs',
    title: 'List jobs',
    description: 'Transcode jobs, newest first, each with state, percent, error code and outputs.',
    writes: false,
    input: Closed({
      state: Type.Optional(Enum(JOB_STATES)),
      text: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 256,
          description: 'In the id, input, output names and paths, or tags.',
        }),
      ),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
      cursor: Type.Optional(Type.String({ description: '`nextCursor` of the page before.' })),
    }),
    async run({ client, signal }, { limit = 20, ...filter }) {
      const { items, nextCursor } = await client.listPage({ ...filter, limit }, { signal })
      return { jobs: items.map(inShort), nextCursor }
    },
  }),
  tool({
    name: 'get_job',
    title: 'Show a job',
    description: 'One job in full: outputs, progress (null means unknown), error, forecast.',
    writes: false,
    input: Closed({ job: JobId }),
    run: ({ client, signal }, { job }) => client.get(job, { signal }),
  }),
  tool({
    name: 'watch_job',
    title: 'Follow a job',
    description:
      'Waits until a job has ended, or for `waitMs`; gives it as it is then. Call again while its state is queued or active.',
    writes: false,
    input: Closed({
      job: JobId,
      waitMs: Type.Optional(Type.Integer({ minimum: 0, maximum: LONGEST_WAIT_MS, default: 30_000 })),
    }),
    async run({ client, signal, tell }, { job, waitMs = 30_000 }) {
      const late = AbortSignal.timeout(waitMs)
      try {
        for await (const event of client.events(job, { signal: AbortSignal.any([signal, late]) })) {
          if (event.type === 'progress' && event.progress.percent !== null) {
            tell(event.progress.percent, event.progress.phase)
          }
        }
      } catch (error) {
        if (!late.aborted) throw error
      }
      return client.get(job, { signal })
    },
  }),
  tool({
    name: 'explain_job',
    title: 'Explain a job',
    description:
      'Why a job failed or what it did: error with its hint, diagnosis and commands of each attempt, what ffmpeg said last. Use it before a retry.',
    writes: false,
    input: Closed({ job: JobId }),
    async run({ client, signal }, { job }) {
      const found = await client.get(job, { signal })
      if (!isTerminal(found.state) && found.attempt === 0) return { job: found, attempts: [] }
      const report = await client.report(job, { signal })
      return { job: found, input: report.input, attempts: report.attempts.map(told) }
    },
  }),
  tool({
    name: 'read_log',
    title: "Read ffmpeg's log",
    description: "Lines of ffmpeg's log of a job, the newest without a place or a search.",
    writes: false,
    input: Closed({
      job: JobId,
      search: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      attempt: Type.Optional(Type.Integer({ minimum: 1 })),
      before: Type.Optional(Type.Integer({ minimum: 0, description: '`previous` of the page after.' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
    }),
    run: ({ client, signal }, { job, limit = 100, ...query }) => client.logLines(job, { ...query, limit }, { signal }),
  }),
  tool({
    name: 'get_fleet',
    title: 'Show the fleet',
    description: 'How many jobs wait and run, when all will be done, and the workers with what they do.',
    writes: false,
    input: Closed({}),
    async run({ client, signal }) {
      const [queue, workers] = await Promise.all([client.queue({ signal }), client.workers({ signal })])
      return { queue, workers }
    },
  }),
  tool({
    name: 'list_presets',
    title: 'List presets',
    description: 'The recipes that outputs are made by, with what each makes.',
    writes: false,
    input: Closed({}),
    run: async ({ client, signal }) => ({ presets: await client.presets({ signal }) }),
  }),
  tool({
    name: 'list_media',
    title: 'List media',
    description: 'What stands in a folder of the media root: names of inputs.',
    writes: false,
    input: Closed({
      path: Type.Optional(Type.String({ maxLength: 4096, description: 'A folder; the root without it.' })),
      cursor: Type.Optional(Type.String()),
    }),
    run: ({ client, signal }, query) => client.media(query, { signal }),
  }),
  tool({
    name: 'plan_job',
    title: 'Plan a job',
    description:
      'What would become of a job: passes, expected duration, what would be left out or refused, and when it would be done. Nothing is enqueued. Use it before submit_job.',
    writes: false,
    input: JobRequest,
    run: ({ client, signal }, request) => client.dryRun(request, { signal }),
  }),
]

/** A job in a list. */
function inShort(job: Job) {
  const { id, state, phase, input, outputs, progress, error, waitsFor, after, createdAt, finishedAt } = job
  const made = outputs.map(({ name, preset, path }) => ({ name, preset, path }))
  const percent = progress?.percent ?? null
  return {
    id,
    state,
    phase,
    percent,
    input: input.uri,
    outputs: made,
    error: error?.code ?? null,
    ...(waitsFor && { waitsFor }),
    ...(after && { after }),
    createdAt,
    finishedAt,
  }
}

function told({ attempt, outcome, worker, error, diagnosis, passes }: Report['attempts'][number]) {
  return {
    attempt,
    outcome,
    worker,
    error,
    diagnosis,
    passes: passes.map(({ label, exitCode, signal, errors, summary }) => ({
      label,
      exitCode,
      signal,
      errors: errors.slice(-LOG_LINES),
      summary,
    })),
  }
}
