/** RFC 9457: every refusal and failure as `application/problem+json`, from the one registry of codes. */
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, errorSpec, FfleetError, type Problem } from '../contract/index.js'
import { isUnavailable } from '../queue/index.js'
import { SECURITY_HEADERS } from './answer-headers.js'
import type { ApiLog } from './types.js'

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** When a client may try again after QUEUE_UNAVAILABLE; Redis is looked for every 2 s. */
const RETRY_AFTER_SECONDS = 2

/**
 * The document of an error. A code that otherwise only jobs end with is 422 when a request is refused with it already.
 * `status` only where the protocol itself asks for another one than the registry's.
 */
export function problemOf(error: FfleetError, status?: number): Problem {
  const spec = errorSpec(error.code)
  return {
    type: `urn:ffleet:error:${error.code}`,
    title: spec.title,
    status: status ?? spec.status ?? 422,
    detail: error.message,
    code: error.code,
    hint: error.hint,
    errors: error.errors,
  }
}

/** Answers with an error's document. */
export function sendProblem(reply: FastifyReply, error: FfleetError, status?: number): FastifyReply {
  const problem = problemOf(error, status)
  if (error.code === 'QUEUE_UNAVAILABLE') reply.header('retry-after', RETRY_AFTER_SECONDS)
  // RFC 9110 asks for it: how to say who one is.
  if (error.code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer realm="ffleet"')
  return reply.code(problem.status).header('cache-control', 'no-store').type(PROBLEM_TYPE).send(JSON.stringify(problem))
}

/** What Fastify calls its refusals, in the words of the registry. */
const REFUSALS: Record<string, [ErrorCode, string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['PAYLOAD_TOO_LARGE', 'The body has more bytes than the API takes.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['INVALID_REQUEST', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['INVALID_REQUEST', 'The body must be JSON; send Content-Type: application/json.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['INVALID_REQUEST', 'The body is shorter or longer than its Content-Length.'],
  FST_ERR_MAX_PARAM_LENGTH: ['NOT_FOUND', 'There is nothing at this address.'],
  // The client went away while it sent its body; nobody reads the answer.
  ECONNRESET: ['INVALID_REQUEST', 'The connection broke before the request was whole.'],
  FST_ERR_BAD_URL: ['NOT_FOUND', 'The address is not a valid URL.'],
}

/** Whatever was thrown, as an error of the registry; null for what nobody foresaw. */
function known(error: unknown): FfleetError | null {
  if (error instanceof FfleetError) return error
  if (isUnavailable(error) && !isOfFiles(error)) {
    return new FfleetError('QUEUE_UNAVAILABLE', 'The queue does not answer at the moment.', { cause: error })
  }
  const { code = '', statusCode = 500, message, expose } = (error ?? {}) as Partial<FastifyError> & { expose?: boolean }
  const refusal = REFUSALS[code]
  if (refusal) return new FfleetError(...refusal)
  // What Fastify throws with such a status speaks of the request alone.
  if (code.startsWith('FST_') && statusCode >= 400 && statusCode < 500) {
    return new FfleetError('INVALID_REQUEST', message ?? 'The request is not valid.')
  }
  // What serves the files of the page says so of addresses that climb, or hold what no path can (http-errors).
  if (expose === true && statusCode < 500) return new FfleetError('NOT_FOUND', 'There is nothing at this address.')
  return null
}

/** A file that is missing says ENOENT, as a Redis whose socket is missing does. */
function isOfFiles(error: unknown): boolean {
  return error instanceof Error && 'path' in error
}

/** Fastify's error handler: no stack, no host path; what is unforeseen goes to the log under the id of the request. */
export function answerError(log: ApiLog) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const told = known(error)
    if (told !== null && told.code !== 'INTERNAL_ERROR') return sendProblem(reply, told)
    log.error(
      { err: error, requestId: request.id, method: request.method, url: request.routeOptions.url },
      'request failed',
    )
    const detail = `The request failed for a reason that was not foreseen. Its id is ${request.id}.`
    return sendProblem(reply, new FfleetError('INTERNAL_ERROR', detail))
  }
}

/** Refuses what the router itself could not take, such as a URL with broken escapes. */
export function answerRefusal(error: FastifyError, reply: FastifyReply): FastifyReply {
  return sendProblem(
    reply.headers(SECURITY_HEADERS),
    known(error) ?? new FfleetError('NOT_FOUND', 'There is nothing at this address.'),
  )
}

const BROKEN: Record<string, [status: number, reason: string, detail: string]> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The head of the request is too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request did not come in whole in time.'],
}

/** Answers what is not even HTTP, below Fastify, and closes the connection. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (socket.destroyed || error.code === 'ECONNRESET') return void socket.destroy()
  const [status, reason, detail] = BROKEN[error.code ?? ''] ?? [400, 'Bad Request', 'The request is not valid HTTP.']
  const body = JSON.stringify(problemOf(new FfleetError('INVALID_REQUEST', detail), status))
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    ...Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}`),
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
