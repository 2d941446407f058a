import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DirectUploadRequest, type ErrorCode, FfleetError } from '../../contract/index.js'
import { Closed, Type } from '../../contract/schema.js'
import type { UploadRecord } from '../../queue/index.js'
import { seesTenant } from '../callers/tenancy.js'
import { once } from '../once.js'
import { prefixOf } from '../page.js'
import { sendProblem } from '../problem.js'
import { json, problemAs, problems } from '../schemas.js'
import type { Api, ApiParts } from '../types.js'
import { beginDirect, completeDirect, missingDirect, removeSent } from '../uploads/direct.js'
import { CHECKSUM_MISMATCH, type OpenTus, UPLOADS_PATH, type UploadOptions } from '../uploads/options.js'
import { type UploadFile, uploadOf } from '../uploads/view.js'

const BUCKET = ['BUCKET_UNAVAILABLE', 'BUCKET_NOT_FOUND', 'BUCKET_ACCESS_DENIED', 'BUCKET_CREDENTIALS_EXPIRED'] as const

const CODES: Record<number, ErrorCode> = {
  404: 'NOT_FOUND',
  409: 'UPLOAD_CONFLICT',
  410: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  423: 'UPLOAD_LOCKED',
  [CHECKSUM_MISMATCH]: 'CHECKSUM_MISMATCH',
  507: 'STORAGE_FULL',
}
/** The one status that the protocol asks for beside those of the codes. */
const WRONG_VERSION = 412
const PROTOCOL = {
  ...problems('NOT_FOUND', ...Object.values(CODES)),
  [WRONG_VERSION]: problemAs(
    '`INVALID_REQUEST` with this status where the request is of another version of the protocol, or of none.',
  ),
}
/** What of an answer of the protocol is passed on; who may read it from another origin is not the protocol's to say. */
const PASSED_ON = /^(tus-|upload-|location$|cache-control$)/
/** A sender that is silent for so long has gone: the connection ends, and the next one goes on. */
const SILENCE_MS = 60_000

/** Files that people send, by the tus protocol; one is an input as `upload:<id>`, before it is whole, too. */
export function uploadRoutes(app: Api, parts: ApiParts): OpenTus {
  const { queue, storage, page, uploads } = parts
  const options: UploadOptions = { queue, storage, ...uploads }
  // Loaded by the first who sends a file.
  const tus = once(async () => (await import('../uploads/tus.js')).openTus(options))
  const tags = ['Uploads']
  const params = Closed({ id: Type.String({ description: 'Of the upload.' }) })

  /** @throws FfleetError NOT_FOUND of what is not there, or another's. */
  const find = async ({ params: { id }, caller }: { params: { id: string } } & Pick<FastifyRequest, 'caller'>) => {
    const record: UploadRecord | null = await queue.uploads.get(id)
    if (record !== null && seesTenant(caller, record.tenant)) return record
    throw new FfleetError('NOT_FOUND', 'There is no upload of this id.')
  }

  /** @throws FfleetError UPLOAD_CONFLICT of what goes to the bucket. */
  const findSentHere = async (request: Parameters<typeof find>[0]) => {
    const record = await find(request)
    if ((record.file as UploadFile).direct === undefined) return record
    throw new FfleetError('UPLOAD_CONFLICT', 'This upload goes to the bucket, by the URLs of its parts.')
  }

  const view = async (record: UploadRecord) => {
    const { direct, size } = record.file as UploadFile
    const isDirectAndWhole = direct !== undefined && record.completedMs !== null
    const bytes = isDirectAndWhole ? size : await storage.uploads.bytes(record.id)
    return uploadOf(record, bytes ?? 0, options.keepMs)
  }

  const pass = async (request: FastifyRequest, reply: FastifyReply) => {
    request.raw.setTimeout(SILENCE_MS, () => request.raw.destroy())
    const answer = await (await tus()).answer(webRequest(request), request.caller?.tenant ?? null)
    for (const [name, value] of answer.headers) if (PASSED_ON.test(name)) reply.header(name, value)
    const made = reply.getHeader('location')
    if (typeof made === 'string') reply.header('location', prefixOf(request, page) + made)
    if (answer.status < 400) return reply.code(answer.status).send()
    const said = (await answer.text()).trim()
    // Whoever sent it has gone; nobody reads the answer.
    if (answer.status >= 500 && answer.status !== 507 && !request.raw.destroyed) throw new Error(said)
    const status = answer.status === WRONG_VERSION ? WRONG_VERSION : undefined
    return sendProblem(reply, new FfleetError(CODES[answer.status] ?? 'INVALID_REQUEST', said), status)
  }

  app.register(async (sending: Api) => {
    // Bytes go where they belong as they come.
    sending.addContentTypeParser('application/offset+octet-stream', (_request, _body, done) => done(null))
    const config = { isLong: true }

    sending.options(
      UPLOADS_PATH,
      {
        config,
        schema: {
          tags,
          operationId: 'describeUploads',
          summary: 'What of the tus protocol the server knows',
          response: { 204: { description: 'In fields of its head.', type: 'null' }, ...PROTOCOL },
        },
      },
      pass,
    )
    sending.post(
      UPLOADS_PATH,
      {
        config,
        schema: {
          tags,
          operationId: 'createUpload',
          summary: 'Begins an upload by the tus protocol',
          description:
            'tus 1.0.0 with its extensions creation, creation-with-upload, creation-defer-length, termination and expiration. `Upload-Metadata` may name `filename`, `sha256` (of the whole file, in hex: held against what came) and `keep` (`true`: it stays when the jobs that read it have completed). The answer’s `Location` ends in the id.',
          response: {
            201: { description: 'It is begun; `Location` is where its bytes go.', type: 'null' },
            ...PROTOCOL,
          },
        },
      },
      pass,
    )
    sending.patch(
      `${UPLOADS_PATH}/:id`,
      {
        config,
        schema: {
          tags,
          operationId: 'sendUpload',
          summary: 'Sends bytes of an upload, from `Upload-Offset` on',
          params,
          response: {
            204: { description: 'They are here; `Upload-Offset` is where to go on.', type: 'null' },
            ...PROTOCOL,
          },
        },
      },
      async (request, reply) => {
        await findSentHere(request)
        return pass(request, reply)
      },
    )
    sending.head(`${UPLOADS_PATH}/:id`, { config, schema: { hide: true, params } }, async (request, reply) => {
      if ((await findSentHere(request)).completedMs === null) await (await tus()).finishLeft(request.params.id)
      return pass(request, reply)
    })

    sending.get(
      `${UPLOADS_PATH}/:id`,
      {
        schema: {
          tags,
          operationId: 'getUpload',
          summary: 'How far an upload is',
          params,
          response: { 200: json('Upload', 'The upload.'), ...problems('NOT_FOUND') },
        },
      },
      async (request) => {
        const record = await find(request)
        return view(record)
      },
    )

    sending.delete(
      `${UPLOADS_PATH}/:id`,
      {
        schema: {
          tags,
          operationId: 'deleteUpload',
          summary: 'Removes an upload, whole or not',
          params,
          response: {
            204: { description: 'It is gone.', type: 'null' },
            ...problems('NOT_FOUND', 'UPLOAD_IN_USE'),
          },
        },
      },
      async (request, reply) => {
        const record = await find(request)
        const { id } = record
        if (!(await queue.uploads.remove(id, { unlessUsed: true }))) {
          throw new FfleetError('UPLOAD_IN_USE', `A job that has not ended reads upload ${id}.`)
        }
        await removeSent({ storage }, record)
        return reply.code(204).header('tus-resumable', '1.0.0').send(null)
      },
    )
  })

  app.post(
    `${UPLOADS_PATH}/direct`,
    {
      schema: {
        tags,
        operationId: 'createDirectUpload',
        summary: 'Begins an upload whose bytes go straight to the bucket of the outputs',
        description:
          'Each part is PUT to its URL, from anywhere that reaches the bucket; then `POST /v1/uploads/{id}/complete`. Where outputs lie in a folder there is none of this: 404, send the file by tus.',
        body: DirectUploadRequest,
        response: {
          201: json('DirectUpload', 'It is begun; its parts are sent to these URLs.'),
          ...problems('INVALID_REQUEST', 'NOT_FOUND', 'PAYLOAD_TOO_LARGE', 'QUEUE_UNAVAILABLE', ...BUCKET),
        },
      },
    },
    async (request, reply) => {
      const begun = await beginDirect(options, request.body, request.caller?.tenant ?? null)
      return reply
        .code(201)
        .header('location', `${prefixOf(request, page)}${UPLOADS_PATH}/${begun.upload.id}`)
        .send(begun)
    },
  )
  app.get(
    `${UPLOADS_PATH}/:id/parts`,
    {
      schema: {
        tags,
        operationId: 'getMissingParts',
        summary: 'The parts that the bucket does not have yet',
        description:
          'With URLs signed anew: for an upload that somebody goes on with later, or whose URLs are valid no longer. Without any, it only has to be completed.',
        params,
        response: {
          200: json('DirectUpload', 'What is left to be sent.'),
          ...problems('NOT_FOUND', 'UPLOAD_CONFLICT', 'QUEUE_UNAVAILABLE', ...BUCKET),
        },
      },
    },
    async (request, reply) => {
      const missing = await missingDirect(options, await find(request))
      return reply.header('cache-control', 'no-store').send(missing)
    },
  )
  app.post(
    `${UPLOADS_PATH}/:id/complete`,
    {
      config: { isLong: true },
      schema: {
        tags,
        operationId: 'completeDirectUpload',
        summary: 'Takes an upload in the bucket for whole',
        description:
          'The parts are held against their sizes, and the file against its SHA-256 where the request had one: that takes as long as reading it. May be repeated.',
        params,
        response: {
          200: json('Upload', 'It is whole: jobs that wait for it begin.'),
          ...problems('NOT_FOUND', 'UPLOAD_CONFLICT', 'CHECKSUM_MISMATCH', 'QUEUE_UNAVAILABLE', ...BUCKET),
        },
      },
    },
    async (request) => {
      await completeDirect(options, await find(request))
      return view(await find(request))
    },
  )
  return tus
}

/** The same request as the protocol's server takes it, its body not read yet. */
function webRequest({ raw, method, url, headers }: FastifyRequest): Request {
  const names = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  const hasBody = method === 'POST' || method === 'PATCH'
  return new Request(new URL(url, 'http://ffleet.invalid'), {
    method,
    headers: names as [string, string][],
    ...(hasBody && { body: Readable.toWeb(raw) as ReadableStream, duplex: 'half' }),
  } as RequestInit)
}
