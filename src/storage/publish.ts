/**
 * From a finished output in an attempt folder to its place: verify → `prepareOutput` → commit in the queue →
 * `placeOutput`. The commit lies in between, so a worker may die right after it; whoever takes the job over places the
 * output again, and finds it in place or finishes what was begun.
 */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, link, lstat, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FfleetError } from '../contract/index.js'
import { makeFolders, syncFolder } from './folders.js'
import { type Manifest, readManifest } from './manifest.js'
import { systemCode } from './names.js'
import { OutsideRootError, throughFolder } from './open-inside.js'
import { writeError } from './write-error.js'

export type { Manifest } from './manifest.js'

type Options = { signal?: AbortSignal | undefined }

export type PlaceOptions = Options & {
  /** Puts nothing in the place of what is there: OUTPUT_EXISTS. Default: what is there is replaced. */
  keepExisting?: boolean
  /** Without links, and what the destination must lie in. Default: the folder of the destination. */
  root?: string
}

/**
 * Hashes a staged file or folder and writes it through to the disk. Nothing becomes visible.
 *
 * @throws FfleetError OUTPUT_INVALID, DISK_FULL, OUTPUT_NOT_WRITABLE.
 */
export async function prepareOutput(stagedPath: string, { signal }: Options = {}): Promise<Manifest> {
  try {
    return await readManifest(stagedPath, { sync: true, signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw writeError(error, 'The output cannot be written through to the disk')
  }
}

/**
 * Moves a prepared output to its place, atomically for a file. A folder that stands there is set aside first, so for an
 * instant there is none. Across filesystems the output is copied to a hidden name beside its place and then moved.
 *
 * May be called again after a crash at any point, with or without the staged output still there.
 *
 * @throws FfleetError DISK_FULL, OUTPUT_NOT_WRITABLE; OUTPUT_EXISTS; OUTPUT_INVALID when the output is neither staged nor in
 * place.
 */
export async function placeOutput(
  manifest: Manifest,
  stagedPath: string,
  destination: string,
  { signal, keepExisting = false, root = dirname(destination) }: PlaceOptions = {},
): Promise<void> {
  try {
    if (!(await exists(stagedPath))) return await finishPlacing(manifest, destination)
    for (const made of await makeFolders(dirname(destination))) await syncFolder(dirname(made))
    await throughFolder(root, dirname(destination), (folder) =>
      moveTo(manifest, stagedPath, join(folder, basename(destination)), { signal, keepExisting }),
    )
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof OutsideRootError)
      throw new FfleetError('OUTPUT_NOT_WRITABLE', 'The folder of the output leads out of the output root by now.', {
        cause: error,
      })
    throw writeError(error, 'The output cannot be put in its place')
  }
}

async function moveTo(
  manifest: Manifest,
  stagedPath: string,
  destination: string,
  { signal, keepExisting }: Options & { keepExisting: boolean },
): Promise<void> {
  if (keepExisting && (await exists(destination))) return await requirePlaced(manifest, stagedPath, destination)
  const move = keepExisting ? moveBeside : moveInto
  try {
    await move(manifest, stagedPath, destination)
  } catch (error) {
    if (systemCode(error) !== 'EXDEV') throw error
    await copyInto(manifest, stagedPath, destination, { move, signal })
  }
}

/** Hidden names beside the destination: always the same for one output, so that what a crash left behind is found again. */
function hiddenNames(manifest: Manifest, destination: string): { copy: string; former: string } {
  const name = basename(destination)
  const id = createHash('sha256').update(`${manifest.sha256}\n${name}`).digest('hex').slice(0, 24)
  const former = createHash('sha256').update(name).digest('hex').slice(0, 24)
  const beside = dirname(destination)
  return { copy: join(beside, `.ffleet-${id}.part`), former: join(beside, `.ffleet-${former}.former`) }
}

type Move = (manifest: Manifest, from: string, destination: string) => Promise<void>

/** Something is there already: what an earlier try put there, or somebody else's. */
async function requirePlaced(manifest: Manifest, stagedPath: string, destination: string): Promise<void> {
  const stands = await readManifest(destination, { sync: false }).catch(() => null)
  if (stands?.sha256 !== manifest.sha256 || stands.kind !== manifest.kind) throw somethingThere()
  await rm(stagedPath, { recursive: true, force: true })
}

function somethingThere(cause?: unknown): FfleetError {
  return new FfleetError('OUTPUT_EXISTS', 'Something came to be at the path of the output while the job ran.', {
    cause,
  })
}

/** In one step, and not onto anything: a second name for the file, then the first one is taken away. */
async function moveBeside(manifest: Manifest, from: string, destination: string): Promise<void> {
  try {
    if (manifest.kind === 'folder') await rename(from, destination)
    else await nameFile(from, destination)
  } catch (error) {
    if (['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw somethingThere(error)
    throw error
  }
  await syncFolder(dirname(destination))
}

const NO_SECOND_NAMES = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

async function nameFile(from: string, destination: string): Promise<void> {
  try {
    await link(from, destination)
  } catch (error) {
    if (!NO_SECOND_NAMES.has(systemCode(error) ?? '')) throw error
    // A file system on which files have one name: between look and step there is an instant.
    if (await exists(destination)) throw somethingThere(error)
    return rename(from, destination)
  }
  await rm(from)
}

async function moveInto(manifest: Manifest, from: string, destination: string): Promise<void> {
  if (manifest.kind === 'file') await rename(from, destination)
  else await moveFolderInto(from, destination, hiddenNames(manifest, destination).former)
  await syncFolder(dirname(destination))
}

async function moveFolderInto(from: string, destination: string, former: string): Promise<void> {
  const stats = await lstat(destination).catch(() => null)
  if (stats && !stats.isDirectory()) {
    throw new FfleetError('OUTPUT_NOT_WRITABLE', 'A file stands at the path of the output folder.')
  }
  if (stats) {
    await requireSameFilesystem(from, destination)
    await rm(former, { recursive: true, force: true })
    await rename(destination, former)
  }
  try {
    await rename(from, destination)
  } catch (error) {
    if (stats) await rename(former, destination).catch(() => {})
    throw error
  }
  await rm(former, { recursive: true, force: true })
}

/** Asked before anything is set aside, so that the gap without a folder does not last as long as a copy. */
async function requireSameFilesystem(from: string, destination: string): Promise<void> {
  const [one, other] = await Promise.all([lstat(from), stat(dirname(destination))])
  if (one.dev !== other.dev) throw Object.assign(new Error('another filesystem'), { code: 'EXDEV' })
}

async function copyInto(
  manifest: Manifest,
  stagedPath: string,
  destination: string,
  { move, signal }: { move: Move; signal: AbortSignal | undefined },
): Promise<void> {
  const { copy } = hiddenNames(manifest, destination)
  await rm(copy, { recursive: true, force: true })
  try {
    if (manifest.kind === 'file') await copyOne(stagedPath, copy)
    else await copyFolder(manifest, stagedPath, copy, signal)
    signal?.throwIfAborted()
    await move(manifest, copy, destination)
  } catch (error) {
    await rm(copy, { recursive: true, force: true }).catch(() => {})
    throw error
  }
  // Out of the way in one step: half a staged folder would be taken for the output by whoever comes after a crash.
  const placed = `${stagedPath}.placed`
  await rename(stagedPath, placed)
  await rm(placed, { recursive: true, force: true })
}

async function copyFolder(
  manifest: Manifest,
  from: string,
  to: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const folders = await makeFolders(to)
  for (const { path } of manifest.files) {
    signal?.throwIfAborted()
    folders.push(...(await makeFolders(dirname(join(to, path)))))
    await copyOne(join(from, path), join(to, path))
  }
  for (const folder of folders) await syncFolder(folder)
}

async function copyOne(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  const file = await open(to, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Nothing is staged: the output must be in place already, or the crash came while a former folder was set aside. */
async function finishPlacing(manifest: Manifest, destination: string): Promise<void> {
  const { copy, former } = hiddenNames(manifest, destination)
  const stands = await readManifest(destination, { sync: false }).catch(() => null)
  if (stands?.sha256 !== manifest.sha256 || stands.kind !== manifest.kind || stands.bytes !== manifest.bytes) {
    if (!stands && (await exists(former))) await rename(former, destination)
    throw new FfleetError('OUTPUT_INVALID', 'The output is gone from where it was written.')
  }
  await rm(copy, { recursive: true, force: true })
  await rm(former, { recursive: true, force: true })
  await syncFolder(dirname(destination))
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error) => {
      if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return false
      throw error
    },
  )
}
