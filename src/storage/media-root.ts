import { createReadStream } from 'node:fs'
import type { InputFile, OpenInput } from './inputs.js'
import type { MediaPage } from './media.js'
import type { PublishedFile } from './output-store.js'

/** Where inputs lie that are named by a path. */
export type MediaRoot = {
  /** Finds the file that a request names, and makes sure that it can be read; see `openInput` for what it throws. */
  resolve(uri: string): Promise<InputFile>
  /** The same, to be handed out. */
  read(uri: string): Promise<PublishedFile>
  /** What a folder of the root holds; see `listMedia`. */
  list(path: string, page: { limit: number; after: string | null }): Promise<MediaPage>
  /** Whether the root is there with anything in it: an unmounted disk leaves an empty folder, or none. */
  hasAny(): Promise<boolean>
}

/** An open file, to be handed out; it is closed with what reads it. */
export function readOpen({ bytes, modifiedMs, device, inode, descriptor, close }: OpenInput): PublishedFile {
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
