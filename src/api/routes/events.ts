import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FfleetError } from '../../contract/index.js'
import { Closed, Type } from '../../contract/schema.js'
import { isEventId } from '../../queue/index.js'
import { eventsFor, jobsFor } from '../callers/tenancy.js'
import { JobPath, jobIdOf, noSuchJob } from '../job-id.js'
import type { Joined, Sink } from '../live/event-channel.js'
import type { EventHub } from '../live/event-hub.js'
import type { StreamFormat } from '../live/frame.js'
import { DEFAULT_PAGE, sendDocument } from '../page.js'
import { media, problems } from '../schemas.js'
import type { ApiParts, Routes } from '../types.js'
import type { TokenVerdict } from '../watch/watch-token.js'

const After = Type.Optional(Type.String({ description: 'Id of the last event already seen, as `Last-Event-ID`.' }))
const ResumeHeaders = Type.Object({
  'last-event-id': Type.Optional(Type.String({ description: 'Resumes after this event; goes before `after`.' })),
})
const STREAM_TYPES = ['text/event-stream', 'application/x-ndjson']

/** Following one job, or all of them, live. */
export const eventRoutes: Routes = (app, parts) => {
  const tags = ['Events']

  app.get(
    '/v1/jobs/:id/events',
    {
      exposeHeadRoute: false,
      schema: {
        tags,
        operationId: 'followJob',
        summary: 'Follow a job',
        description: 'First the kept events, then live ones without gap or repeat, until the job has ended.',
        params: JobPath,
        querystring: Closed({
          after: After,
          token: Type.Optional(
            Type.String({
              description:
                'From `links.watch`: follows this one job without a key, and is told no paths, tags, workers or messages. A browser that opens the link gets a page.',
            }),
          ),
          embed: Type.Optional(Type.String({ description: '`1`: of that page only the bar, for a frame.' })),
        }),
        headers: ResumeHeaders,
        response: {
          200: media('The events; the answer ends with the job.', ...STREAM_TYPES),
          204: { description: 'The last event seen is the last one there is.', type: 'null' },
          ...problems('NOT_FOUND', 'INVALID_REQUEST', 'UNAUTHENTICATED', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const id = jobIdOf(request.params)
      const { token } = request.query
      await parts.watchLinks.ready()
      const verdict = token === undefined ? 'valid' : await parts.watchLinks.verify(id, token)
      if (token !== undefined && isForPeople(request.headers.accept)) {
        return sendWatchPage(parts, request, reply, verdict === 'valid' ? 200 : 401)
      }
      if (verdict !== 'valid') throw refusal(verdict)
      if (request.caller !== null && !(await jobsFor(parts.queue.jobs, request.caller).has(id))) throw noSuchJob()
      const after = resumeAfter(request, request.query.after)
      const hub = token === undefined ? parts.hub : parts.watchHub
      return stream(parts, hub, request, reply, id, (sink) => hub.follow(id, after, sink))
    },
  )

  app.get(
    '/v1/events',
    {
      exposeHeadRoute: false,
      schema: {
        tags,
        operationId: 'followFleet',
        summary: 'Follow the whole fleet',
        description:
          'Job, attempt and worker events, and `progress` at most once a second per job; from now on, or after an id.',
        querystring: Closed({ after: After }),
        headers: ResumeHeaders,
        response: {
          200: media('The events; the answer does not end.', ...STREAM_TYPES),
          ...problems('INVALID_REQUEST', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      await parts.watchLinks.ready()
      const after = resumeAfter(request, request.query.after)
      return stream(parts, parts.hub, request, reply, null, (sink) => parts.hub.followFleet(after, sink))
    },
  )
}

/** Until the stream stands the request can still be refused; from then on the response belongs to it. */
async function stream(
  { streams }: ApiParts,
  hub: EventHub,
  request: FastifyRequest,
  reply: FastifyReply,
  jobId: string | null,
  follow: (sink: Sink) => Promise<Joined>,
): Promise<FastifyReply> {
  const format = formatOf(request.headers.accept)
  const { caller, chargedTo: holder } = request
  const headers = reply.getHeaders() as OutgoingHttpHeaders
  const events = streams.open(reply.raw, format, hub, jobId, { caller, holder }, headers)
  if (jobId === null) events.fits = eventsFor(caller)
  let joined: Joined
  try {
    joined = await follow(events)
  } catch (error) {
    events.release()
    throw error
  }
  if (joined === 'following' || events.closed) return reply.hijack()
  events.release()
  if (joined === 'unknown') throw noSuchJob()
  return reply.code(204).send()
}

/** A browser that opens a link, and nobody who asks for events. */
function isForPeople(accept = ''): boolean {
  return accept.includes('text/html') && !STREAM_TYPES.some((type) => accept.includes(type))
}

function sendWatchPage(
  { page = DEFAULT_PAGE }: ApiParts,
  request: FastifyRequest,
  reply: FastifyReply,
  status: 200 | 401,
): FastifyReply {
  const { embed } = request.query as { embed?: string }
  const frames = embed === undefined ? "'none'" : page.frameAncestors
  return sendDocument('watch.html', { page, frames }, request, reply.code(status))
}

function refusal(verdict: Exclude<TokenVerdict, 'valid'>): FfleetError {
  const isOver = verdict === 'run out'
  return new FfleetError(
    'UNAUTHENTICATED',
    isOver ? 'The watch link has run out.' : 'The watch link is not valid for this job, or was revoked.',
    { hint: 'GET /v1/jobs/<id> gives a fresh one: `links.watch`.' },
  )
}

function formatOf(accept: string | undefined): StreamFormat {
  const ndjson = accept?.indexOf('application/x-ndjson') ?? -1
  const sse = accept?.indexOf('text/event-stream') ?? -1
  return ndjson >= 0 && (sse < 0 || ndjson < sse) ? 'ndjson' : 'sse'
}

/** The header goes first: a browser that reconnects sends it along with the address it was given. */
function resumeAfter(request: FastifyRequest, query: string | undefined): string | undefined {
  const header = request.headers['last-event-id']
  const [id, pointer, name] = header
    ? [String(header), '/headers/last-event-id', 'The Last-Event-ID header']
    : [query, '/query/after', '`after`']
  if (id === undefined || id === '' || isEventId(id)) return id || undefined
  const detail = `${name} must be the id of an event, such as 1700000000000-0.`
  throw new FfleetError('INVALID_REQUEST', detail, { errors: [{ pointer, detail }] })
}
