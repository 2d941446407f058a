/**
 * Keeps two stacks off one data folder: two servers on one append-only file would ruin it. The lock is a folder with one
 * file, which names the holder and has a name of its own; one left behind by a holder that no longer runs is taken over.
 * A folder takes the place of an empty one and of no other, so it is whole as soon as it is there, exactly one gets in, and
 * only that holder can be put out who was looked at.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, rmdir, unlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isRunning, markOf, type ProcessMark } from '../../process-mark.js'
import { ask } from './ask.js'

/** Who holds a folder, and where its server listens. */
export type Holder = {
  stack: ProcessMark
  host: string
  socket: string
  /** The server, once it was started. */
  server: ProcessMark | null
}

export type FolderLock = {
  /** The holder that did not give the folder back, or null; its server may still run. */
  former: Holder | null
  /** Writes down which server runs now. */
  note(server: ProcessMark): Promise<void>
  release(): Promise<void>
}

/** Another stack uses the folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError'
}

/**
 * Takes the folder for this process, whose server will listen on `socket`.
 *
 * @throws FolderInUseError naming the pid of the holder.
 */
export async function lockFolder(folder: string, socket: string): Promise<FolderLock> {
  const lock = join(folder, 'stack.lock')
  const name = randomBytes(6).toString('hex')
  const self: Holder = { stack: markOf(process.pid), host: hostname(), socket, server: null }
  let former: Holder | null = null
  while (!(await create(lock, name, self))) {
    for (const other of await namesIn(lock)) {
      const holder = await readHolder(join(lock, other))
      if (holder && (await isHeld(holder))) throw inUse(folder, holder)
      if (await isRemoved(join(lock, other))) former = holder ?? former
    }
  }
  return {
    former,
    note: (server) => replace(lock, name, { ...self, server }),
    async release() {
      await rm(join(lock, name), { force: true })
      // Somebody may have got in meanwhile.
      await rmdir(lock).catch(() => {})
    },
  }
}

function inUse(folder: string, { stack, host }: Holder): FolderInUseError {
  const where = host === hostname() ? '' : ` on host ${host}`
  return new FolderInUseError(
    `The data folder ${folder} is in use by process ${stack.pid}${where}. Stop that one, or set FFLEET_DATA_DIR to another folder.`,
  )
}

/** Whether the pids of a holder can be trusted: not those of another host or container, nor where pids tell no start. */
export function isHere(holder: Holder): boolean {
  return holder.host === hostname() && holder.stack.ticks !== null
}

/** Where pids tell nothing, the socket still answers wherever the folder is mounted. */
async function isHeld(holder: Holder): Promise<boolean> {
  return isHere(holder) ? isRunning(holder.stack) : (await ask(holder.socket, 'PING')) !== null
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

/** False where another one holds it. */
async function create(lock: string, name: string, holder: Holder): Promise<boolean> {
  const own = `${lock}.${name}`
  await mkdir(own, { mode: 0o700 })
  try {
    await writeFile(join(own, name), JSON.stringify(holder), { mode: 0o600 })
    await rename(own, lock)
    return true
  } catch (error) {
    await rm(own, { recursive: true, force: true })
    if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) return false
    throw error
  }
}

async function replace(lock: string, name: string, holder: Holder): Promise<void> {
  const temporary = `${lock}.${name}`
  await writeFile(temporary, JSON.stringify(holder), { mode: 0o600 })
  await rename(temporary, join(lock, name))
}

/** At most one. None when the holder has just gone. */
async function namesIn(lock: string): Promise<string[]> {
  return readdir(lock).catch((error) => {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  })
}

/** Null when it has just gone, or is none that was written here. */
async function readHolder(file: string): Promise<Holder | null> {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (codeOf(error) === 'ENOENT') return ''
    throw error
  })
  try {
    const holder = JSON.parse(text) as Holder
    return typeof holder.stack.pid === 'number' && typeof holder.socket === 'string' ? holder : null
  } catch {
    return null
  }
}

/** False when somebody else was faster. */
async function isRemoved(file: string): Promise<boolean> {
  try {
    await unlink(file)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}
