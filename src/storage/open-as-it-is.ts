import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { LogBytes } from './log-lines.js'
import { systemCode } from './names.js'

/** A file that may grow, as long as it was when it was opened. */
export type OpenedAsItIs = LogBytes & {
  /** All of it, where it is not empty; closes it. */
  stream(): Readable
  close(): Promise<void>
}

/** Null when there is none. A link is not followed. */
export async function openAsItIs(path: string): Promise<OpenedAsItIs | null> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    const { size } = await file.stat()
    return {
      size,
      read: (from, to) => readBytes(file, from, to),
      stream: () => file.createReadStream({ start: 0, end: size - 1 }),
      close: () => file.close(),
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
}

/** Fewer only where the file has become shorter. */
export async function readBytes(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(to - from)
  let held = 0
  while (held < bytes.length) {
    const { bytesRead } = await file.read(bytes, held, bytes.length - held, from + held)
    if (bytesRead === 0) break
    held += bytesRead
  }
  return bytes.subarray(0, held)
}
