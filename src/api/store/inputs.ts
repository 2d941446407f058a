import { FfleetError, parseJobSource, parseUploadSource } from '../../contract/index.js'
import type { PublishedFile } from '../../storage/index.js'
import { readOpen } from '../../storage/media-root.js'
import { publishedAs } from '../files/published-as.js'
import type { ApiParts } from '../types.js'

/** An input of whatever kind the API has, as a file that is handed out. @throws FfleetError INPUT_NOT_FOUND and so on. */
export async function openStoreInput({ storage, queue }: ApiParts, uri: string): Promise<PublishedFile> {
  const source = parseJobSource(uri)
  if (source !== null) {
    const publication = await queue.jobs.publication(source.job, source.output)
    const as = publication && publishedAs(publication)
    if (!publication || !as) throw new FfleetError('INPUT_NOT_FOUND', `Job ${source.job} delivers no such output.`)
    return storage.outputs.open(publication.output.path, as).catch((error) => {
      if (!(error instanceof FfleetError) || !['NOT_FOUND', 'OUTPUT_REPLACED'].includes(error.code)) throw error
      const detail = `What job ${source.job} put at ${publication.output.path} is not there any more.`
      throw new FfleetError('INPUT_NOT_FOUND', detail, { cause: error })
    })
  }
  const upload = parseUploadSource(uri)
  return upload === null ? storage.inputs.read(uri) : readOpen(await storage.uploads.open(upload))
}
