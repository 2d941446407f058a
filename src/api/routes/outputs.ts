import { posix } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../../callers/index.js'
import { FfleetError } from '../../contract/index.js'
import { Closed, Type } from '../../contract/schema.js'
import type { Publication } from '../../queue/index.js'
import type { PublishedAs, PublishedFile } from '../../storage/index.js'
import { mediaTypeOf } from '../../storage/media-types.js'
import { jobsFor } from '../callers/tenancy.js'
import { sendFile } from '../files/file-answer.js'
import { FILE, FILE_ANSWERS, RANGE_HEADERS } from '../files/file-schema.js'
import { publishedAs } from '../files/published-as.js'
import { found, JobPath, jobIdOf } from '../job-id.js'
import { problems } from '../schemas.js'
import type { Routes } from '../types.js'

/** Where outputs lie in a bucket. */
const BUCKET_CODES = [
  'BUCKET_UNAVAILABLE',
  'BUCKET_NOT_FOUND',
  'BUCKET_ACCESS_DENIED',
  'BUCKET_CREDENTIALS_EXPIRED',
  'BUCKET_CLOCK_SKEWED',
] as const

type FolderFile = { path: string; bytes: number }

/** Says what became of an output that storage does not find; null where its word is enough. */
function whereabouts(
  id: string,
  { output, written, owner }: Publication,
  ownRoot: string | null,
  error: FfleetError,
): FfleetError | null {
  const { path } = output
  if (error.code === 'OUTPUT_REPLACED' && owner !== null && owner !== id) {
    const hint = `GET /v1/jobs/${owner} tells of that one; what this job made is gone.`
    return new FfleetError('OUTPUT_REPLACED', `Job ${owner} has replaced the output at ${path}.`, { hint })
  }
  if (error.code === 'OUTPUT_REPLACED') {
    return new FfleetError(
      'OUTPUT_REPLACED',
      `Something that no job of this fleet made has replaced the output at ${path}.`,
    )
  }
  if (error.code !== 'NOT_FOUND' || written === null) return null
  const { worker, host, root } = written
  const who = `Worker ${worker} on ${host}`
  if (root !== ownRoot) {
    const hint = `Give the API and ${host} the same FFLEET_OUTPUT_ROOT; the output is at ${path} in that of ${host}.`
    throw new FfleetError('NOT_FOUND', `${who} put the output into an output root that this API does not share.`, {
      hint,
    })
  }
  const hint = 'It was moved or removed since. Submit the job again to have it once more.'
  return new FfleetError('NOT_FOUND', `There is nothing at ${path}, where ${who.toLowerCase()} put the output.`, {
    hint,
  })
}

/** What jobs delivered. */
export const outputRoutes: Routes = (app, { queue, storage }) => {
  const tags = ['Outputs']
  const answers = {
    ...FILE_ANSWERS,
    ...problems('NOT_FOUND', 'OUTPUT_REPLACED', 'QUEUE_UNAVAILABLE', ...BUCKET_CODES),
  }

  type Asked = { params: { id: string; name: string }; caller: Caller | null }
  type Published = { id: string; publication: Publication; as: PublishedAs }

  async function publishedOutput({ params, caller }: Asked): Promise<Published> {
    const id = jobIdOf(params)
    const jobs = jobsFor(queue.jobs, caller)
    const publication = await jobs.publication(id, params.name)
    if (publication === null) {
      found(await jobs.get(id))
      throw new FfleetError('NOT_FOUND', 'The job has no output of that name.')
    }
    const as = publishedAs(publication)
    if (as !== null) return { id, publication, as }
    throw new FfleetError('NOT_FOUND', 'The output is not published yet.', { hint: 'Wait for `output.ready`.' })
  }

  /** Opens or lists what was published, and nothing else that may be at its path by now. */
  async function holding<T>({ id, publication }: Published, read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof FfleetError)) throw error
      const { outputs } = await storage.roots.ids()
      throw whereabouts(id, publication, outputs, error) ?? error
    }
  }

  /** An output is a file or a folder; what stands at its path tells which. */
  async function openOutput({
    publication,
    as,
  }: Published): Promise<{ file: PublishedFile } | { files: FolderFile[] }> {
    const { path } = publication.output
    try {
      return { file: await storage.outputs.open(path, as) }
    } catch (error) {
      const files = await storage.outputs.list(path).catch(() => null)
      if (files === null) throw error
      await storage.outputs.requireSame(path, as)
      return { files }
    }
  }

  async function send(request: FastifyRequest, reply: FastifyReply, file: PublishedFile, path: string, type?: string) {
    const mediaType = type ?? mediaTypeOf(path)
    return sendFile(request, reply, file, { mediaType, fileName: posix.basename(path) })
  }

  app.get(
    '/v1/jobs/:id/outputs/:name',
    {
      schema: {
        tags,
        operationId: 'getOutput',
        summary: 'The file of an output, or what is in its folder',
        params: Closed({ ...JobPath.properties, name: Type.String({ description: 'Name of the output.' }) }),
        headers: RANGE_HEADERS,
        response: {
          200: {
            description: 'The file; of a folder, the list of its files.',
            content: { '*/*': FILE, 'application/json': { schema: { $ref: 'OutputFiles#' } } },
          },
          ...answers,
        },
      },
    },
    async (request, reply) => {
      const published = await publishedOutput(request)
      const { output } = published.publication
      const opened = await holding(published, () => openOutput(published))
      if ('file' in opened) return send(request, reply, opened.file, output.path, output.mediaType)
      const base = `/v1/jobs/${request.params.id}/outputs/${output.name}`
      const items = opened.files.map(({ path, bytes }) => {
        return { path, bytes, href: `${base}/${path.split('/').map(encodeURIComponent).join('/')}` }
      })
      return reply.send({ items })
    },
  )

  app.get(
    '/v1/jobs/:id/outputs/:name/*',
    {
      schema: {
        tags,
        operationId: 'getOutputFile',
        summary: 'One file of a folder output',
        params: Closed({
          ...JobPath.properties,
          name: Type.String({ description: 'Name of the output.' }),
          '*': Type.String({ description: 'Path of the file in the folder.' }),
        }),
        headers: RANGE_HEADERS,
        response: { 200: { description: 'The file.', content: { '*/*': FILE } }, ...answers },
      },
    },
    async (request, reply) => {
      const published = await publishedOutput(request)
      const { path: folder } = published.publication.output
      const path = `${folder}/${request.params['*']}`
      const file = await holding(published, async () => {
        await storage.outputs.requireSame(folder, published.as)
        return storage.outputs.open(path, null)
      })
      return send(request, reply, file, path)
    },
  )
}
