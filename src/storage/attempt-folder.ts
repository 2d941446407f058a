/**
 * Where the outputs of an attempt grow: `<output root>/.ffleet/<job id>/<attempt>/`, on the filesystem they will be
 * published on, and open to nobody but the worker's user. Removed whole when the attempt ends; what a lost worker left
 * behind is swept by the next attempt of the job.
 */
import { mkdir, readdir, rm, rmdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from './folders.js'
import { SCRATCH_FOLDER, safeJobId, systemCode } from './names.js'
import { writeError } from './write-error.js'

export type AttemptFolder = { jobId: string; attempt: number; path: string; modifiedMs: number }

/** ffmpeg may still be writing while its folder is removed. */
const REMOVE = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 } as const

function jobFolder(outputRoot: string, jobId: string): string {
  return join(outputRoot, SCRATCH_FOLDER, safeJobId(jobId))
}

/** Where the folder of an attempt is, whether it exists or not. */
export function attemptFolder(outputRoot: string, jobId: string, attempt: number): string {
  return join(jobFolder(outputRoot, jobId), String(attempt))
}

/**
 * Creates the folder of an attempt, empty, with mode 0700, and gives its absolute path.
 *
 * @throws FfleetError DISK_FULL, OUTPUT_NOT_WRITABLE.
 */
export async function createAttemptFolder(outputRoot: string, jobId: string, attempt: number): Promise<string> {
  const path = attemptFolder(outputRoot, jobId, attempt)
  const make = (folder: string) => mkdir(folder, { mode: 0o700 })
  try {
    // A job has one attempt as a rule, and no folder before it.
    const isNew = await make(jobFolder(outputRoot, jobId)).then(
      () => make(path).then(() => true),
      () => false,
    )
    if (isNew) return path
    await rm(path, REMOVE)
    await makeFolders(outputRoot)
    await makeFolders(path, 0o700)
    return path
  } catch (error) {
    throw writeError(error, 'The folder for unfinished outputs cannot be created')
  }
}

/** Removes the folder of an attempt with everything in it, and that of the job if nothing else is in it. */
export async function removeAttemptFolder(outputRoot: string, jobId: string, attempt: number): Promise<void> {
  const folder = jobFolder(outputRoot, jobId)
  await removeTree(join(folder, String(attempt)))
  await rmdir(folder).catch((error) => {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw error
  })
}

/** Half as many calls as `rm`, which looks twice at everything, but gives up at the first surprise: then comes `rm`. */
async function removeTree(folder: string): Promise<void> {
  try {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      await (entry.isDirectory() ? removeTree(path) : unlink(path))
    }
    await rmdir(folder)
  } catch {
    await rm(folder, REMOVE)
  }
}

/** Removes what former attempts of a job left behind: every folder with a number below `attempt`. */
export async function sweepAttemptFolders(outputRoot: string, jobId: string, attempt: number): Promise<void> {
  for (const name of await names(jobFolder(outputRoot, jobId))) {
    if (Number(name) < attempt) await removeAttemptFolder(outputRoot, jobId, Number(name))
  }
}

/** Removes every attempt folder of a job. */
export async function removeJobFolder(outputRoot: string, jobId: string): Promise<void> {
  await rm(jobFolder(outputRoot, jobId), REMOVE)
}

/** All attempt folders there are, of whatever job: those of jobs that do not run are leftovers. */
export async function listAttemptFolders(outputRoot: string): Promise<AttemptFolder[]> {
  const found: AttemptFolder[] = []
  for (const jobId of await names(join(outputRoot, SCRATCH_FOLDER))) {
    for (const name of await names(join(outputRoot, SCRATCH_FOLDER, jobId))) {
      const path = join(outputRoot, SCRATCH_FOLDER, jobId, name)
      const stats = await stat(path).catch(() => null)
      if (stats && /^\d+$/.test(name)) found.push({ jobId, attempt: Number(name), path, modifiedMs: stats.mtimeMs })
    }
  }
  return found
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch((error) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return []
    throw error
  })
}
