/** What an output consists of, to the byte: made before it is committed, held against what stands there after a crash. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FfleetError } from '../contract/index.js'
import { inParallel } from '../in-parallel.js'
import { syncFolder } from './folders.js'
import { systemCode } from './names.js'

export type ManifestFile = {
  /** Relative to the folder, `/` as separator. */
  path: string
  bytes: number
  /** Hex. */
  sha256: string
}

export type Manifest = {
  kind: 'file' | 'folder'
  /** Of all files together. */
  bytes: number
  /** Hex; of a folder, of its lines `<sha256>  <path>` sorted by path, each with a line feed. */
  sha256: string
  /** The files of a folder, sorted by path; empty for a file. */
  files: ManifestFile[]
}

const CHUNK_BYTES = 1024 * 1024

/** Files of one folder that are read, and written through, at a time. */
const AT_ONCE = 8

type ReadOptions = {
  /** Also write everything through to the disk. */
  sync: boolean
  signal?: AbortSignal | undefined
}

/**
 * Reads an output whole and gives its manifest.
 *
 * @throws FfleetError OUTPUT_INVALID when there is nothing, or something that is neither file nor folder; system errors.
 */
export async function readManifest(path: string, { sync, signal }: ReadOptions): Promise<Manifest> {
  const file = await hashFile(path, { sync, signal })
  if (file !== null) return { kind: 'file', ...file, files: [] }
  const files = await readFolder(path, { sync, signal })
  if (files.length === 0) throw new FfleetError('OUTPUT_INVALID', 'The output folder is empty.')
  return folderManifest(files)
}

/** The manifest of a folder with these files, in any order. */
export function folderManifest(unsorted: ManifestFile[]): Manifest {
  const files = unsorted.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const lines = files.map((file) => `${file.sha256}  ${file.path}\n`).join('')
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return { kind: 'folder', bytes, sha256: createHash('sha256').update(lines).digest('hex'), files }
}

async function readFolder(root: string, { sync, signal }: ReadOptions): Promise<ManifestFile[]> {
  const files: string[] = []
  const folders: string[] = []
  await walk(root, '', { files, folders })
  const read = await inParallel(files, AT_ONCE, signal, async (path, stop) => {
    const file = await hashFile(join(root, path), { sync, signal: stop })
    if (file === null) throw neither()
    return { path, ...file }
  })
  for (const folder of sync ? folders : []) await syncFolder(join(root, folder))
  return read
}

/** Folders come behind those that they hold. */
async function walk(root: string, below: string, found: { files: string[]; folders: string[] }): Promise<void> {
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) await walk(root, path, found)
    else found.files.push(path)
  }
  found.folders.push(below)
}

/** Null for a folder. Neither follows a link nor waits for the other end of a pipe. */
async function hashFile(
  path: string,
  { sync, signal }: ReadOptions,
): Promise<{ bytes: number; sha256: string } | null> {
  const file = await openOutput(path)
  try {
    const stats = await file.stat()
    if (stats.isDirectory()) return null
    if (!stats.isFile()) throw neither()
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of chunksOf(file, stats.size)) {
      signal?.throwIfAborted()
      hash.update(chunk)
      bytes += chunk.length
    }
    if (sync) await file.sync()
    return { bytes, sha256: hash.digest('hex') }
  } finally {
    await file.close()
  }
}

function openOutput(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error) => {
    const code = systemCode(error)
    if (code === 'ENOENT') throw new FfleetError('OUTPUT_INVALID', 'No output was written.', { cause: error })
    throw code === 'ELOOP' || code === 'ENXIO' ? neither(error) : error // a link, a socket
  })
}

function neither(cause?: unknown): FfleetError {
  return new FfleetError('OUTPUT_INVALID', 'The output is, or holds, something that is neither a file nor a folder.', {
    cause,
  })
}

/** All of a file that is `size` long, as far as is known. */
async function* chunksOf(file: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size + 1))
  for (let read = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length)
    read += bytesRead
    if (bytesRead > 0) yield buffer.subarray(0, bytesRead)
    // There is no need to ask for what comes after a read that the end cut short.
    if (bytesRead === 0 || (bytesRead < buffer.length && read >= size)) return
  }
}
