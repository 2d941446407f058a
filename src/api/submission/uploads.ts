import { FfleetError, parseUploadSource } from '../../contract/index.js'
import type { DeliveredFile } from './predecessors.js'

/** A file that somebody sends; null: they did not say what it is called. */
export type UploadedFile = DeliveredFile & { name: string | null }

/** The uploads that whoever asks may see. */
export type KnownUploads = {
  /** Null: there is none of that id; null within: its sender has not said. */
  get(id: string): Promise<{ bytes: number | null; name: string | null } | null>
}

/**
 * What an `upload:` input names, though it may not be whole yet.
 *
 * @throws FfleetError INVALID_REQUEST, INPUT_NOT_FOUND.
 */
export async function resolveUpload(uri: string, uploads: KnownUploads): Promise<UploadedFile> {
  const id = parseUploadSource(uri)
  if (id === null) {
    throw new FfleetError('INVALID_REQUEST', 'An input with `upload:` must be `upload:<id>`, the id of an upload.')
  }
  const upload = await uploads.get(id)
  if (upload !== null) return { path: uri, ...upload }
  throw new FfleetError('INPUT_NOT_FOUND', `There is no upload ${id}.`, {
    hint: 'Send the file again; uploads are removed when the jobs that read them have completed, or nobody went on with them.',
  })
}
