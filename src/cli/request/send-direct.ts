/** A file of this machine straight to the bucket of a server's outputs, where there is one. */
import { createHash } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import { basename } from 'node:path'
import { FfleetApiError, FfleetBucketError, type FfleetClient } from '../../client/index.js'
import { CommandError } from '../exit.js'
import { type BegunUpload, begunUpload } from './begun-uploads.js'
import type { LocalFile, Sending, SentFile } from './sending.js'

/** After an interruption nobody waits for long. */
const REMOVE_MS = 5_000

/** Servers whose bucket is out of reach from here: said once, and not tried again. */
const outOfReach = new WeakSet<FfleetClient>()

/** Null where the file is to go through the server: it has no bucket, or none that this machine reaches. @throws CommandError */
export async function sendToBucket(
  client: FfleetClient,
  { path, bytes }: Omit<LocalFile, 'pointer'>,
  sending: Sending,
): Promise<SentFile | null> {
  // An upload to a bucket has at least one part, and a part at least one byte.
  if (bytes === 0 || outOfReach.has(client)) return null
  const begun = await begunUpload(client.baseUrl, path)
  const file = await openAsBlob(path)
  const send = async (resume: string | null) => {
    let id = resume
    try {
      const upload = await client.uploadDirect(file, {
        ...{ filename: basename(path), md5, signal: sending.signal },
        ...(resume !== null && { resume }),
        onBegun(uploadId) {
          id = uploadId
          begun.note(uploadId)
        },
        onSent: (sentBytes) => sending.onSending?.(path, sentBytes, bytes),
      })
      return { id: upload.id, taken: () => begun.forget() }
    } catch (error) {
      if (sending.signal?.aborted || !canGoOn(error)) await takeBack(client, begun, id)
      throw error
    }
  }
  try {
    if (begun.former === null) return await send(null)
    // It may be gone by now.
    return await send(begun.former).catch((error) => (isGone(error) ? send(null) : Promise.reject(error)))
  } catch (error) {
    sending.signal?.throwIfAborted()
    if (isNotOffered(error)) return null
    if (!(error instanceof FfleetBucketError) || error.sentBytes > 0) throw whyNotSent(path, error)
    outOfReach.add(client)
    sending.onNote?.(`${error.message}; files go through the server.`)
    return null
  }
}

const md5 = async (part: Blob) => {
  const hash = createHash('md5')
  for await (const chunk of part.stream()) hash.update(chunk)
  return hash.digest('base64')
}

/** Whether what the bucket has is of use to the next command. */
const canGoOn = (error: unknown) =>
  !isUnreadable(error) && !(error instanceof FfleetBucketError && error.sentBytes === 0)

async function takeBack(client: FfleetClient, begun: BegunUpload, id: string | null): Promise<void> {
  // If the server can be reached; else it expires there.
  if (id !== null) await client.removeUpload(id, { signal: AbortSignal.timeout(REMOVE_MS) }).catch(() => {})
  await begun.forget()
}

const statusOf = (error: unknown) => (error instanceof FfleetApiError ? error.status : null)
/** Also of a server that is older than this. */
const isNotOffered = (error: unknown) => [404, 405].includes(statusOf(error) ?? 0)
const isGone = (error: unknown) => [404, 409].includes(statusOf(error) ?? 0)
const isUnreadable = (error: unknown) => error instanceof Error && error.name === 'NotReadableError'

function whyNotSent(path: string, error: unknown): CommandError {
  if (isUnreadable(error)) {
    return new CommandError(`${path} was changed or moved while it was sent; send it again.`, { cause: error })
  }
  const { message } = error as Error
  const said =
    error instanceof FfleetApiError ? message : `${message}. The same command goes on where this one stopped.`
  return new CommandError(`${path} could not be sent: ${said}`, { cause: error })
}
