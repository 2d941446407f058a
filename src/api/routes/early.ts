import { posix } from 'node:path'
import type { Caller } from '../../callers/index.js'
import { FfleetError } from '../../contract/index.js'
import { Closed, Type } from '../../contract/schema.js'
import type { Publication } from '../../queue/index.js'
import type { PublishedFile } from '../../storage/index.js'
import { mediaTypeOf } from '../../storage/media-types.js'
import { jobsFor } from '../callers/tenancy.js'
import { sendFile } from '../files/file-answer.js'
import { FILE, FILE_ANSWERS, RANGE_HEADERS } from '../files/file-schema.js'
import { publishedAs } from '../files/published-as.js'
import { found, JobPath, jobIdOf } from '../job-id.js'
import { problems } from '../schemas.js'
import type { Routes } from '../types.js'

type Asked = { params: { id: string; attempt: string; name: string; '*': string }; caller: Caller | null }

/** Why there is nothing to be played; null: there is. */
function whyNot({ output, attempt, isToBePlayed }: Publication, asked: number): FfleetError | null {
  if (output.playable?.attempt === asked) return null
  if (output.playable === undefined || !(asked >= 1 && asked <= attempt)) {
    return new FfleetError('NOT_FOUND', 'No attempt of that number lets the output be played while it is encoded.', {
      hint: 'Send the job with `ladder.playable` set to `while-encoding`, and take the address from `outputs[].playable`.',
    })
  }
  if (asked === attempt && isToBePlayed) {
    const hint = 'Wait for `output.playable`.'
    return new FfleetError('NOT_FOUND', 'The output can not be played yet.', { hint })
  }
  return new FfleetError(
    'OUTPUT_WITHDRAWN',
    `Attempt ${asked} has ended without the output, or had to begin it anew; what it showed of it is gone.`,
  )
}

/** Ladders while they are still encoded. */
export const earlyRoutes: Routes = (app, { queue, storage }) => {
  async function open(request: Asked): Promise<PublishedFile> {
    const { params, caller } = request
    const { name, '*': path } = params
    const attempt = /^[1-9]\d{0,8}$/.test(params.attempt) ? Number(params.attempt) : Number.NaN
    const id = jobIdOf(params)
    const jobs = jobsFor(queue.jobs, caller)
    const publication = await jobs.publication(id, name)
    if (publication === null) {
      found(await jobs.get(id))
      throw new FfleetError('NOT_FOUND', 'The job has no output of that name.')
    }
    const reason = whyNot(publication, attempt)
    if (reason) throw reason
    const as = publishedAs(publication)
    if (as === null) return storage.scratch.openEarly(id, attempt, name, path)
    const { path: folder } = publication.output
    await storage.outputs.requireSame(folder, as)
    return storage.outputs.open(`${folder}/${path}`, null)
  }

  /** Once more where it was not found: it may have been published, or withdrawn, between two looks. */
  async function openNow(request: Asked): Promise<PublishedFile> {
    return open(request).catch((error) => {
      if (!(error instanceof FfleetError) || error.code !== 'NOT_FOUND') throw error
      return open(request)
    })
  }

  app.get(
    '/v1/jobs/:id/early/:attempt/:name/*',
    {
      schema: {
        tags: ['Outputs'],
        operationId: 'getEarlyFile',
        summary: 'One file of a ladder that is played while it is encoded',
        description:
          'What is verified by now, while the attempt runs; when it has published the output, that, so that players go on.',
        params: Closed({
          ...JobPath.properties,
          attempt: Type.String({ description: 'Number of the attempt, as `outputs[].playable` says it.' }),
          name: Type.String({ description: 'Name of the output.' }),
          '*': Type.String({ description: 'Path of the file in the folder.' }),
        }),
        headers: RANGE_HEADERS,
        response: {
          200: { description: 'The file.', content: { '*/*': FILE } },
          ...FILE_ANSWERS,
          ...problems('NOT_FOUND', 'OUTPUT_WITHDRAWN', 'OUTPUT_REPLACED', 'QUEUE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const file = await openNow(request)
      const { '*': path } = request.params
      // Lists grow.
      const mayBeKept = posix.extname(path) !== '.m3u8'
      return sendFile(request, reply, file, { mediaType: mediaTypeOf(path), fileName: posix.basename(path), mayBeKept })
    },
  )
}
