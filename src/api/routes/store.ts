import { FfleetError } from '../../contract/index.js'
import { Closed, Enum, Type } from '../../contract/schema.js'
import { REPORT_KINDS, type ReportFile } from '../../storage/reports/store.js'
import { BYTES_TYPE, CALLS, type CallName, LONGEST_CALL_MS, OFFSET_HEADER } from '../../store-api/index.js'
import { sendFile } from '../files/file-answer.js'
import { openCalls, stagedPlace } from '../store/calls.js'
import { openStoreInput } from '../store/inputs.js'
import { PatientWork } from '../store/patient.js'
import { bytesAt, receive } from '../store/receive.js'
import type { Api, ApiParts } from '../types.js'

/** A report with its timelines, and the listing of a folder with thousands of files. */
const BODY_BYTES = 64 * 1024 * 1024
/** A worker that is silent for so long has gone; the next connection goes on. */
const SILENCE_MS = 60_000

/** The files of the fleet for workers that see none of them; see ADR 43. In no document: both ends are of one version. */
export function storeRoutes(app: Api, parts: ApiParts): void {
  const { storage } = parts
  const calls = openCalls(parts) as Record<CallName, (body: never) => Promise<unknown>>
  const patient = new PatientWork(LONGEST_CALL_MS)
  const hidden = { hide: true }

  for (const [name, body] of Object.entries(CALLS) as [CallName, (typeof CALLS)[CallName]][]) {
    app.post(`/v1/store/${name}`, { bodyLimit: BODY_BYTES, schema: { ...hidden, body } }, async (request, reply) => {
      const answer = await patient.ask(`${name} ${JSON.stringify(request.body)}`, () =>
        calls[name](request.body as never),
      )
      return answer === 'still' ? reply.code(202).send({}) : reply.send(answer.done ?? {})
    })
  }

  app.get(
    '/v1/store/input',
    { schema: { ...hidden, querystring: Closed({ uri: Type.String({ maxLength: 8_192 }) }) } },
    async (request, reply) => {
      const file = await openStoreInput(parts, request.query.uri)
      return sendFile(request, reply, file, { mediaType: 'application/octet-stream', fileName: 'input' })
    },
  )

  app.get(
    '/v1/store/parts/:name',
    { schema: { ...hidden, params: Closed({ name: Type.String() }) } },
    async (request, reply) => {
      const { name } = request.params
      const file = await storage.parts.open(name)
      return sendFile(request, reply, file, { mediaType: 'video/mp4', fileName: name })
    },
  )

  app.register(async (sending: Api) => {
    // Bytes go where they belong as they come.
    sending.addContentTypeParser(BYTES_TYPE, (_request, _body, done) => done(null))
    const attempt = { id: Type.String(), attempt: Type.String({ pattern: '^[1-9]\\d{0,5}$' }) }
    type Params = { id: string; attempt: string; kind: ReportFile['kind']; '*': string }
    const reportFile = ({ id, attempt: number, kind }: Params) => ({ jobId: id, attempt: Number(number), kind })

    for (const { path, params, placeOf, received } of [
      {
        path: '/v1/store/files/:id/:attempt/:kind',
        params: Closed({ ...attempt, kind: Enum(REPORT_KINDS) }),
        placeOf: (params: Params) => storage.reports.place(reportFile(params)),
        received: (params: Params) => storage.reports.grown(reportFile(params)),
      },
      {
        path: '/v1/store/files/:id/:attempt/staged/*',
        params: Closed({ ...attempt, '*': Type.String({ maxLength: 1_024 }) }),
        placeOf: async (params: Params) => stagedPlace(storage, params.id, Number(params.attempt), params['*']),
        received: async () => {},
      },
    ]) {
      sending.get(path, { schema: { ...hidden, params } }, async (request) => ({
        bytes: await bytesAt(await placeOf(request.params as never)),
      }))
      sending.patch(path, { config: { isLong: true }, schema: { ...hidden, params } }, async (request, reply) => {
        const offset = request.headers[OFFSET_HEADER]
        if (typeof offset !== 'string' || !/^\d{1,15}$/.test(offset)) {
          throw new FfleetError('INVALID_REQUEST', `The header ${OFFSET_HEADER} must say where the bytes go on.`)
        }
        request.raw.setTimeout(SILENCE_MS, () => request.raw.destroy())
        await receive(await placeOf(request.params as never), Number(offset), request.raw)
        await received(request.params as never)
        return reply.code(204).send()
      })
    }
  })
}
