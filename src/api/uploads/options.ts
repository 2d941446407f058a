/** What routes and sweeping know of the server of the protocol, which is loaded by the first who sends a file. */
import type { Queue } from '../../queue/index.js'
import type { Storage } from '../../storage/index.js'

export const UPLOADS_PATH = '/v1/uploads'

/** What a client may say of a file, each once: others stay with it and mean nothing. */
export type Metadata = Record<string, string | null>

export type UploadOptions = {
  queue: Pick<Queue, 'uploads'>
  storage: Pick<Storage, 'uploads'>
  maxBytes: number
  /** After so long an upload that nobody went on with is removed. */
  keepMs: number
}

export type TusServer = {
  /** Takes for whole what has all of its bytes, where whoever took the last one died before they said so. */
  finishLeft(id: string): Promise<void>
  /** Answers a request of the protocol; what it begins is of the tenant. */
  answer(request: Request, tenant: string | null): Promise<Response>
}

/** Not written by the protocol, which has the code for it in its checksum extension. */
export const CHECKSUM_MISMATCH = 460

export type OpenTus = () => Promise<TusServer>
