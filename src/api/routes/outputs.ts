import { posix } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FfleetError, type JobOutput } from '../../contract/index.js'
import { Closed, Type } from '../../contract/schema.js'
import type { PublishedFile } from '../../storage/index.js'
import { sendFile } from '../files/file-answer.js'
import { found, JobPath, jobIdOf } from '../job-id.js'
import { problems } from '../schemas.js'
import type { Routes } from '../types.js'

/** Media types of what lies in folder outputs. */
const MEDIA_TYPES: Record<string, string> = {
  '.aac': 'audio/aac',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4a': 'audio/mp4',
  '.m4s': 'video/iso.segment',
  '.mp4': 'video/mp4',
  '.mpd': 'application/dash+xml',
  '.png': 'image/png',
  '.ts': 'video/mp2t',
  '.vtt': 'text/vtt; charset=utf-8',
  '.webm': 'video/webm',
  '.webp': 'image/webp',
}

const RANGE_HEADERS = Type.Object({
  range: Type.Optional(Type.String({ description: 'As `bytes=0-99`, `bytes=100-` or `bytes=-100`.' })),
  'if-range': Type.Optional(Type.String()),
  'if-none-match': Type.Optional(Type.String()),
})
const FILE = { schema: { type: 'string', format: 'binary' } }

type FolderFile = { path: string; bytes: number }

/** What jobs delivered. */
export const outputRoutes: Routes = (app, { queue, storage }) => {
  const tags = ['Outputs']
  const answers = {
    206: { description: 'The part that was asked for.', content: { '*/*': FILE } },
    304: { description: 'It is what the client has.', type: 'null' },
    416: {
      description: 'The range lies behind the end.',
      content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } },
    },
    ...problems('NOT_FOUND', 'QUEUE_UNAVAILABLE'),
  }

  async function publishedOutput(params: { id: string; name: string }): Promise<JobOutput> {
    const job = found(await queue.jobs.get(jobIdOf(params)))
    const output = job.outputs.find(({ name }) => name === params.name)
    if (output === undefined) throw new FfleetError('NOT_FOUND', 'The job has no output of that name.')
    if (output.bytes !== null) return output
    throw new FfleetError('NOT_FOUND', 'The output is not published yet.', { hint: 'Wait for `output.ready`.' })
  }

  /** An output is a file or a folder; what stands at its path tells which. */
  async function openOutput({ path, sha256 }: JobOutput): Promise<{ file: PublishedFile } | { files: FolderFile[] }> {
    try {
      return { file: await storage.outputs.open(path, sha256) }
    } catch (error) {
      const files = await storage.outputs.list(path).catch(() => null)
      if (files === null) throw error
      return { files }
    }
  }

  async function send(request: FastifyRequest, reply: FastifyReply, file: PublishedFile, path: string, type?: string) {
    const mediaType = type ?? MEDIA_TYPES[posix.extname(path).toLowerCase()] ?? 'application/octet-stream'
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
      const output = await publishedOutput(request.params)
      const opened = await openOutput(output)
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
      const output = await publishedOutput(request.params)
      const path = `${output.path}/${request.params['*']}`
      return send(request, reply, await storage.outputs.open(path, null), path)
    },
  )
}
