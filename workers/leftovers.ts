import { readFileSync } from 'node:fs'
import { readdir, readlink, rm, symlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { AttemptFolder, PartLimits, WorkerStorage } from '../src/storage/index.js'
import type { AttemptsOver } from '../src/storage/reports/index.js'

/**
 * The process an attempt runs, noted beside its outputs. A worker that is stopped, or that died on a system where
 * nothing ends its children, leaves ffmpeg behind: whoever takes the job over on the same host finds it here.
 */
type ProcessNote = { host: string; pid: number; startTicks: string }

/** A link that leads nowhere: the text it holds, `host/pid/ticks`, is the note. It is made in one step, so never half. */
const NOTE = '.process'

/** Notes the process that now runs in an attempt's folder. */
export async function noteProcess(folder: string, pid: number): Promise<void> {
  const startTicks = startTicksOf(pid)
  if (startTicks === null) return
  const note = `${hostname()}/${pid}/${startTicks}`
  const path = join(folder, NOTE)
  await symlink(note, path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
    await rm(path) // of an earlier pass, whose process has ended
    await symlink(note, path)
  })
}

/** Ends what attempts of a job before `attempt` left running on this host, and removes their folders. */
export async function clearFormerAttempts(storage: WorkerStorage, jobId: string, attempt: number): Promise<void> {
  if (attempt === 1) return
  for (let former = 1; former < attempt; former++) await endProcess(storage.scratch.path(jobId, former))
  await storage.scratch.sweep(jobId, attempt)
  await storage.outputs.sweep(jobId, attempt)
}

/** The same for every attempt of a job that will not run again. */
export async function clearJob(storage: WorkerStorage, jobId: string): Promise<void> {
  const folder = join(storage.scratch.path(jobId, 1), '..')
  for (const name of await readdir(folder).catch(() => [])) await endProcess(join(folder, name))
  await storage.scratch.removeJob(jobId)
  await storage.outputs.sweep(jobId, Infinity)
}

/** How long the folder of a job that nobody knows is left alone. */
const UNKNOWN_MS = 24 * 60 * 60 * 1000

/**
 * Removes what attempts left behind whose worker was lost and after which no other came: the job was cancelled
 * meanwhile, say. A job that is retried just now is safe: its next attempt has a higher number. `spared`: jobs whose folders stay.
 */
export async function clearLeftovers(
  storage: WorkerStorage,
  attemptsOver: AttemptsOver,
  spared: (folders: readonly AttemptFolder[]) => Promise<ReadonlySet<string>>,
): Promise<void> {
  const folders = await storage.scratch.list()
  const stay = await spared(folders)
  for (const jobId of new Set(folders.map((folder) => folder.jobId))) {
    if (stay.has(jobId)) continue
    const over = await attemptsOver(jobId)
    const newestMs = Math.max(...folders.map((folder) => (folder.jobId === jobId ? folder.modifiedMs : 0)))
    if (typeof over === 'number') await clearFormerAttempts(storage, jobId, over + 1)
    else if (over === 'unknown' && Date.now() - newestMs > UNKNOWN_MS) await clearJob(storage, jobId)
  }
}

/** Of all workers together; a little less than each takes from one look to the next, so that one alone misses none. */
const PENDING_EVERY_MS = 4 * 60_000
/** They are kept for a day, by default. */
const PARTS_EVERY_MS = 60 * 60 * 1000
/** What nobody knows of is nobody's after a week. */
const UNRECORDED_EVERY_MS = 24 * 60 * 60 * 1000

/**
 * The same for what lies in the store of outputs, of whatever host: what is prepared there of attempts that are over, and will not be placed any
 * more; parts of films that nobody asks for. A look has its price there, and one is enough for all workers: `claim` says whose it is.
 */
export async function clearPending(
  { outputs, parts }: Pick<WorkerStorage, 'outputs' | 'parts'>,
  attemptsOver: AttemptsOver,
  { claim, partLimits }: { claim: (chore: string, everyMs: number) => Promise<boolean>; partLimits: PartLimits },
): Promise<void> {
  if (await claim('pending', PENDING_EVERY_MS)) await sweepPending(outputs, attemptsOver)
  if (await claim('parts', PARTS_EVERY_MS)) await parts.sweepShared(partLimits)
  if (await claim('unrecorded', UNRECORDED_EVERY_MS)) await outputs.sweepUnknown(Date.now())
}

async function sweepPending(outputs: WorkerStorage['outputs'], attemptsOver: AttemptsOver): Promise<void> {
  const pending = await outputs.pending()
  for (const jobId of new Set(pending.map((each) => each.jobId))) {
    const over = await attemptsOver(jobId)
    const newestMs = Math.max(...pending.map((each) => (each.jobId === jobId ? each.modifiedMs : 0)))
    if (typeof over === 'number') await outputs.sweep(jobId, over + 1)
    else if (over === 'unknown' && Date.now() - newestMs > UNKNOWN_MS) await outputs.sweep(jobId, Infinity)
  }
}

/** Ends what an attempt left running on this host. */
export async function endProcess(folder: string): Promise<void> {
  const note = await readNote(folder)
  if (note === null || note.host !== hostname()) return
  // A number that another process has by now is told apart by the time it started.
  while (startTicksOf(note.pid) === note.startTicks) {
    kill(note.pid)
    await new Promise((done) => setTimeout(done, 20))
  }
  // Its children may have outlived it. As long as they live nobody else gets the number.
  if (startTicksOf(note.pid) === null) kill(note.pid)
}

function kill(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // Nobody of that group is left.
  }
}

async function readNote(folder: string): Promise<ProcessNote | null> {
  try {
    const [host, pid, startTicks] = (await readlink(join(folder, NOTE))).split('/')
    return { host: host!, pid: Number(pid), startTicks: startTicks! }
  } catch {
    return null
  }
}

/** When a process started, in clock ticks since boot; null when there is none, or no /proc to ask. */
function startTicksOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ')
    return fields[0] === 'Z' ? null : (fields[19] ?? null)
  } catch {
    return null
  }
}
