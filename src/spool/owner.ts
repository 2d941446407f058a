/** Each worker has a folder of its own in the spool, so that what a lost one left is known by its owner being gone. */
import { randomBytes } from 'node:crypto'
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isRunning, markOf, type ProcessMark } from '../process-mark.js'
import { makeFolders } from '../storage/folders.js'
import { writeError } from '../storage/write-error.js'

type Owner = { host: string; process: ProcessMark }

/** Where pids tell nothing, as those of another host or container, an owner that did not say for so long that it is there is gone. */
const SILENT_MS = 5 * 60_000
const SAY_EVERY_MS = 30_000
const OWNER_FILE = 'owner.json'

export type OwnFolder = { path: string; remove(): Promise<void> }

/** @throws FfleetError DISK_FULL, OUTPUT_NOT_WRITABLE. */
export async function makeOwnFolder(spoolDir: string): Promise<OwnFolder> {
  const path = join(spoolDir, `${process.pid}-${randomBytes(5).toString('hex')}`)
  const file = join(path, OWNER_FILE)
  const owner: Owner = { host: hostname(), process: markOf(process.pid) }
  try {
    await makeFolders(path, 0o700)
    await writeFile(file, JSON.stringify(owner), { mode: 0o600 })
  } catch (error) {
    throw writeError(error, 'The folder for fetched inputs cannot be created')
  }
  const timer = setInterval(() => {
    utimes(file, new Date(), new Date()).catch(() => {})
  }, SAY_EVERY_MS)
  timer.unref()
  return {
    path,
    async remove() {
      clearInterval(timer)
      await rm(path, { recursive: true, force: true })
    },
  }
}

/** Removes the folders of workers that are gone. */
export async function sweepSpool(spoolDir: string): Promise<void> {
  for (const name of await readdir(spoolDir).catch(() => [])) {
    const folder = join(spoolDir, name)
    if (/^\d+-[0-9a-f]{10}$/.test(name) && (await isLeft(folder))) await rm(folder, { recursive: true, force: true })
  }
}

async function isLeft(folder: string): Promise<boolean> {
  const owner = await readOwner(join(folder, OWNER_FILE))
  if (owner?.host === hostname() && owner.process.ticks !== null) return !isRunning(owner.process)
  const facts = await stat(owner === null ? folder : join(folder, OWNER_FILE)).catch(() => null)
  return facts !== null && Date.now() - facts.mtimeMs > SILENT_MS
}

/** Null where it is not there yet, or is none. */
async function readOwner(file: string): Promise<Owner | null> {
  try {
    const owner = JSON.parse(await readFile(file, 'utf8')) as Owner
    return typeof owner.process.pid === 'number' ? owner : null
  } catch {
    return null
  }
}
