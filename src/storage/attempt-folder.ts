/**
 * Where the outputs of an attempt grow: `<output root>/.ffleet/<job id>/<attempt>/`, on the filesystem they will be
 * published on, and open to nobody but the worker's user. Removed whole when the attempt ends; what a lost worker left
 * behind is swept by the next attempt of the job.
 *
 * What is verified in it stands in a note beside it, `<attempt>.json`, where no ffmpeg writes: an attempt that cannot publish leaves
 * both to the next one.
 */
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from './folders.js'
import { SCRATCH_FOLDER, safeJobId, systemCode } from './names.js'
import { writeError } from './write-error.js'

export type AttemptFolder = { jobId: string; attempt: number; path: string; modifiedMs: number; hasNote: boolean }

/** ffmpeg may still be writing while its folder is removed. */
const REMOVE = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 } as const

function jobFolder(outputRoot: string, jobId: string): string {
  return join(outputRoot, SCRATCH_FOLDER, safeJobId(jobId))
}

/** In the folder of an attempt: what is shown of an output while that is still encoded. */
export const earlyFolder = (output: string): string => `early-${output}`

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
  await rm(noteFile(outputRoot, jobId, attempt), { force: true })
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
  for (const { number } of await attemptsIn(jobFolder(outputRoot, jobId))) {
    if (number < attempt) await removeAttemptFolder(outputRoot, jobId, number)
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
    const folder = join(outputRoot, SCRATCH_FOLDER, jobId)
    for (const { number, hasNote } of await attemptsIn(folder)) {
      const path = join(folder, String(number))
      // A note alone is left by a worker that was stopped and woke up when all was over.
      const stats = await stat(path).catch(() => stat(`${path}.json`).catch(() => null))
      if (stats) found.push({ jobId, attempt: number, path, modifiedMs: stats.mtimeMs, hasNote })
    }
  }
  return found
}

async function attemptsIn(folder: string): Promise<{ number: number; hasNote: boolean }[]> {
  const found = new Map<number, boolean>()
  for (const name of await names(folder)) {
    const [, number, note] = /^(\d+)(\.json)?$/.exec(name) ?? []
    if (number !== undefined) found.set(Number(number), found.get(Number(number)) || note !== undefined)
  }
  return [...found].map(([number, hasNote]) => ({ number, hasNote }))
}

function noteFile(outputRoot: string, jobId: string, attempt: number): string {
  return join(jobFolder(outputRoot, jobId), `${attempt}.json`)
}

/** Notes, as JSON, what is verified in the folder of an attempt. @throws FfleetError DISK_FULL, OUTPUT_NOT_WRITABLE. */
export async function writeNote(outputRoot: string, jobId: string, attempt: number, note: unknown): Promise<void> {
  await writeFile(noteFile(outputRoot, jobId, attempt), JSON.stringify(note), { mode: 0o600 }).catch((error) => {
    throw writeError(error, 'What the attempt has made cannot be noted')
  })
}

/** Null where there is none, or half of one. */
export async function readNote(outputRoot: string, jobId: string, attempt: number): Promise<unknown> {
  try {
    return JSON.parse(await readFile(noteFile(outputRoot, jobId, attempt), 'utf8'))
  } catch {
    return null
  }
}

/** Makes the folder of an attempt and its note those of a later one. */
export async function passOn(outputRoot: string, jobId: string, from: number, to: number): Promise<void> {
  await rename(noteFile(outputRoot, jobId, from), noteFile(outputRoot, jobId, to))
  await rename(attemptFolder(outputRoot, jobId, from), attemptFolder(outputRoot, jobId, to))
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch((error) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return []
    throw error
  })
}
