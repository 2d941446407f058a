/** An object on the disk of this host, as the input of a job: ffmpeg reads here and there in a file, and a bucket is far away. */
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { FfleetError } from '../../contract/index.js'
import { inputFile, type OpenInput } from '../inputs.js'
import { SCRATCH_FOLDER } from '../names.js'
import type { PublishedFile } from '../output-store.js'
import { writeError } from '../write-error.js'

const FOLDER = 'held'

/**
 * Copies the file into the scratch folder and holds the copy open; it is removed as it is closed. `ending`: of the name, such as
 * `.mp4`.
 *
 * @throws FfleetError DISK_FULL, OUTPUT_NOT_WRITABLE, BUCKET_UNAVAILABLE.
 */
export async function holdCopy(scratchRoot: string, file: PublishedFile, ending: string): Promise<OpenInput> {
  const folder = join(scratchRoot, SCRATCH_FOLDER, FOLDER)
  const path = join(folder, `${process.pid}.${randomUUID()}.${hostname()}${ending}`)
  let copy: FileHandle | null = null
  let held: FileHandle | null = null
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await removeLeftovers(folder)
    copy = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    for await (const chunk of file.read()) await copy.appendFile(chunk as Buffer)
    // From its beginning, and not to be written.
    const opened = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    held = opened
    const facts = inputFile(await opened.stat(), path)
    if (facts.bytes !== file.bytes)
      throw new FfleetError('BUCKET_UNAVAILABLE', 'The bucket broke off in the middle of a file.')
    return { ...facts, descriptor: opened.fd, close: () => opened.close().finally(() => rm(path, { force: true })) }
  } catch (error) {
    await held?.close()
    await rm(path, { force: true })
    throw writeError(error, 'The input cannot be copied to the disk of the worker')
  } finally {
    await copy?.close()
  }
}

/** Of processes of this host that are no more. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [pid, , ...rest] = name.split('.')
    if (rest.join('.').startsWith(hostname()) && !isAlive(Number(pid))) await rm(join(folder, name), { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
