/**
 * Keeps two stacks off one data folder: two servers on one append-only file would ruin it. The lock is a file that
 * names its holder; one left behind by a holder that no longer runs is taken over.
 */
import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from './ask.js'
import { isRunning, markOf, type ProcessMark } from './process-mark.js'

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
  const file = join(folder, 'stack.lock')
  const self: Holder = { stack: markOf(process.pid), host: hostname(), socket, server: null }
  let former: Holder | null = null
  while (!(await create(file, self))) {
    const text = await readHolder(file)
    if (text === null) continue
    const holder = parse(text)
    if (holder && (await isHeld(holder))) throw inUse(folder, holder)
    if (await discard(file, text)) former = holder
  }
  return {
    former,
    note: (server) => replace(file, { ...self, server }),
    release: () => rm(file, { force: true }),
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

async function create(file: string, holder: Holder): Promise<boolean> {
  try {
    await writeFile(file, JSON.stringify(holder), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function replace(file: string, holder: Holder): Promise<void> {
  const temporary = `${file}.${process.pid}`
  await writeFile(temporary, JSON.stringify(holder), { mode: 0o600 })
  await rename(temporary, file)
}

/** The file's text, or null when it has just gone. An empty one is being written right now, or its writer died in between. */
async function readHolder(file: string): Promise<string | null> {
  for (let waitedMs = 0; ; waitedMs += 50) {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    if (text !== '' || waitedMs >= 1_000) return text
    await sleep(50)
  }
}

function parse(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Holder
    return typeof holder.stack.pid === 'number' && typeof holder.socket === 'string' ? holder : null
  } catch {
    return null
  }
}

/**
 * Takes a dead holder's file away; false when somebody else was faster. What was moved is looked at again, because in
 * between the file may have become the lock of a third process, which then gets it back.
 */
async function discard(file: string, expected: string): Promise<boolean> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await rename(file, aside)
  } catch {
    return false
  }
  const isExpected = (await readFile(aside, 'utf8')) === expected
  if (!isExpected) await link(aside, file).catch(() => {})
  await rm(aside, { force: true })
  return isExpected
}
