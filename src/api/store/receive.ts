import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { FfleetError } from '../../contract/index.js'
import { makeFolders } from '../../storage/folders.js'
import { systemCode } from '../../storage/names.js'
import { writeError } from '../../storage/write-error.js'

/** How many bytes are there; 0 where nothing is. */
export async function bytesAt(path: string): Promise<number> {
  const stats = await stat(path).catch((error) => {
    if (systemCode(error) === 'ENOENT') return null
    throw writeError(error, 'What came before cannot be read')
  })
  return stats?.size ?? 0
}

/**
 * Writes what comes from an offset on, which may be no further than what is there; what stood behind it is gone. Folders above are made, open to
 * nobody else. What had come when it breaks off stays.
 *
 * @throws FfleetError UPLOAD_CONFLICT, DISK_FULL, OUTPUT_NOT_WRITABLE.
 */
export async function receive(path: string, offset: number, body: Readable): Promise<void> {
  try {
    await makeFolders(dirname(path), 0o700)
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
    try {
      const { size } = await file.stat()
      if (offset > size) {
        throw new FfleetError('UPLOAD_CONFLICT', `It goes on at ${offset}, but there are ${size} bytes.`)
      }
      if (offset < size) await file.truncate(offset)
      let at = offset
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        await file.write(chunk, 0, chunk.length, at)
        at += chunk.length
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (body.destroyed && systemCode(error) === 'ECONNRESET') {
      throw new FfleetError('INVALID_REQUEST', 'The connection broke before all had come.', { cause: error })
    }
    throw writeError(error, 'What came cannot be written')
  }
}
