import { createReadStream } from 'node:fs'
import { FfleetError, parseJobSource, parseUploadSource } from '../../contract/index.js'
import type { OpenInput, PublishedFile } from '../../storage/index.js'
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
  return asFile(await (upload === null ? storage.inputs.open(uri) : storage.uploads.open(upload)))
}

function asFile({ bytes, modifiedMs, device, inode, descriptor, close }: OpenInput): PublishedFile {
  return {
    bytes,
    modifiedAt: new Date(modifiedMs),
    etag: `"${[device, inode, bytes, Math.round(modifiedMs * 1_000)].map((part) => part.toString(36)).join('-')}"`,
    read({ first, last } = { first: 0, last: bytes - 1 }) {
      const stream = createReadStream('', { fd: descriptor, start: first, end: last, autoClose: false })
      return stream.once('close', () => void close())
    },
    close,
  }
}
