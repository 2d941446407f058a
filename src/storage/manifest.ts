/** What an output consists of, to the byte: made before it is committed, held against what stands there after a crash. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FfleetError } from '../contract/index.js'
import { syncFolder } from './folders.js'
import { systemCode } from './names.js'

type ManifestFile = {
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
  const stats = await lstat(path).catch((error) => {
    if (systemCode(error) === 'ENOENT')
      throw new FfleetError('OUTPUT_INVALID', 'No output was written.', { cause: error })
    throw error
  })
  if (stats.isFile()) return { kind: 'file', ...(await hashFile(path, { sync, signal })), files: [] }
  if (!stats.isDirectory()) throw new FfleetError('OUTPUT_INVALID', 'The output is neither a file nor a folder.')
  const files: ManifestFile[] = []
  await readFolder(path, '', files, { sync, signal })
  if (files.length === 0) throw new FfleetError('OUTPUT_INVALID', 'The output folder is empty.')
  return folderManifest(files)
}

/** The manifest of a folder with these files, in any order. */
function folderManifest(unsorted: ManifestFile[]): Manifest {
  const files = unsorted.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const lines = files.map((file) => `${file.sha256}  ${file.path}\n`).join('')
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return { kind: 'folder', bytes, sha256: createHash('sha256').update(lines).digest('hex'), files }
}

async function readFolder(root: string, below: string, into: ManifestFile[], options: ReadOptions): Promise<void> {
  const folder = join(root, below)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) await readFolder(root, path, into, options)
    else if (entry.isFile()) into.push({ path, ...(await hashFile(join(root, path), options)) })
    else
      throw new FfleetError('OUTPUT_INVALID', 'The output folder holds something that is neither a file nor a folder.')
  }
  if (options.sync) await syncFolder(folder)
}

async function hashFile(path: string, { sync, signal }: ReadOptions): Promise<{ bytes: number; sha256: string }> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of chunksOf(file, Math.min(CHUNK_BYTES, (await file.stat()).size + 1))) {
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

async function* chunksOf(file: FileHandle, chunkBytes: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(chunkBytes)
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, chunkBytes)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}
