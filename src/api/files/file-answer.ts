import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FfleetError } from '../../contract/index.js'
import type { PublishedFile } from '../../storage/index.js'
import { sendProblem } from '../problem.js'
import { parseRange } from './byte-range.js'

/** A page that shows an output must not run what is in it. */
const OUTPUT_POLICY = "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; sandbox"

/**
 * Answers with a file or the part of it that is asked for: `Range`, `If-Range`, `If-None-Match`, `If-Modified-Since`, HEAD
 * (RFC 9110). Closes the file in every case. `mayBeKept`: by caches, who ask whether it still is the same; default true.
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: PublishedFile,
  meta: { mediaType: string; fileName: string; mayBeKept?: boolean },
): Promise<FastifyReply> {
  const { headers, method } = request
  reply.headers({
    etag: file.etag,
    'last-modified': file.modifiedAt.toUTCString(),
    'accept-ranges': 'bytes',
    'cache-control': meta.mayBeKept === false ? 'no-store' : 'private, no-cache',
    'content-security-policy': OUTPUT_POLICY,
  })
  let handedOver = false
  try {
    if (isUnchanged(headers, file)) return reply.code(304).send()
    const range = holds(headers['if-range'], file) ? parseRange(headers.range, file.bytes) : 'all'
    if (range === 'unsatisfiable') {
      reply.header('content-range', `bytes */${file.bytes}`)
      const detail = `The output has ${file.bytes} bytes; the requested range lies behind its end.`
      return sendProblem(
        reply,
        new FfleetError('INVALID_REQUEST', detail, {
          hint: 'Ask for bytes before its end, or for all of it without Range.',
        }),
        416,
      )
    }
    const { first, last } = range === 'all' ? { first: 0, last: file.bytes - 1 } : range
    const bytes = last - first + 1
    reply.type(meta.mediaType).header('content-disposition', disposition(meta.fileName)).header('content-length', bytes)
    if (range !== 'all') reply.code(206).header('content-range', `bytes ${first}-${last}/${file.bytes}`)
    if (bytes === 0) return reply.send()
    if (method === 'HEAD') return reply.send(noBytes())
    handedOver = true
    return reply.send(file.read({ first, last }))
  } finally {
    if (!handedOver) await file.close()
  }
}

function isUnchanged(headers: FastifyRequest['headers'], file: PublishedFile): boolean {
  const tags = headers['if-none-match']
  if (tags !== undefined) {
    return tags.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === file.etag)
  }
  const since = Date.parse(headers['if-modified-since'] ?? '')
  return !Number.isNaN(since) && Math.floor(file.modifiedAt.getTime() / 1000) * 1000 <= since
}

/** Whether the part a client already has is of this very file; a date cannot tell that surely enough. */
function holds(ifRange: string | string[] | undefined, file: PublishedFile): boolean {
  return ifRange === undefined || ifRange === file.etag
}

/** RFC 6266: a plain form for everybody, and the exact name in UTF-8. */
function disposition(fileName: string): string {
  const plain = fileName.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  const exact = encodeURIComponent(fileName.replaceAll(/\p{Cs}/gu, '_')).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `inline; filename="${plain}"; filename*=UTF-8''${exact}`
}

/** The body of an answer to HEAD. Of any other kind of empty body Fastify would tell the length, of a stream it does not. */
export function noBytes(): Readable {
  return Readable.from([])
}
