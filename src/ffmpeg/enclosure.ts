import { readlinkSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** A file that was opened and looked at, and stays open: that one is read, whatever stands at its path by then. */
export type HeldFile = { path: string; descriptor: number }

/** What a run has to see of the file system; all paths absolute. */
export type View = {
  /** Files and folders that are only read. */
  reads?: readonly string[]
  /** Open files, at the paths that `Enclosure.reach` gives. */
  held?: readonly HeldFile[]
  /** Folders that are written to. */
  writes?: readonly string[]
  /** Device nodes that it opens, such as `/dev/dri/renderD128`. */
  devices?: readonly string[]
  /** Working folder. */
  cwd?: string | undefined
}

/** What a run sees that reads one file. */
export function viewOf(path: string, held?: HeldFile): View {
  return held === undefined ? { reads: [path] } : { reads: [dirname(path)], held: [held] }
}

/** How the process that was spawned ended, and what was said until then. */
export type SpawnedEnd = { exitCode: number | null; signal: string | null; blocks: number; logTail: readonly string[] }

/** How ffmpeg itself ended; with an `error` it never began. */
export type OwnEnd = { exitCode: number | null; signal: string | null; error: string | null }

/** How one ffmpeg or ffprobe is enclosed: what is spawned in its place, and how ffmpeg is known in that. */
export interface Enclosure {
  /** As it is shown to people. */
  readonly name: 'bwrap' | 'limits' | 'pdeathsig' | 'none'
  /** The command to spawn for the command, its program first. */
  enclose(command: readonly string[], view: View): string[]
  /** The path at which an enclosed program finds an open file, for a link to lead to; the file is in the view. */
  reach(file: HeldFile): string
  /** The environment that the command has. */
  environment(): NodeJS.ProcessEnv
  /** Opens what the command is given as descriptors from 3 on; whoever spawns it closes them here. */
  descriptors(): number[]
  /** The pid of ffmpeg itself in what was spawned as `pid`; null: it is not there yet. */
  find(pid: number): number | null
  /** What the end of the spawned process tells of ffmpeg's. */
  ending(end: SpawnedEnd): OwnEnd
}

/** Keys of buckets, of the API and of Redis: nothing that reads what strangers send is given them. */
const SECRET = /^(AWS_\w+|FFLEET_API_KEY|FFLEET_REDIS_URL)$/

/** Nothing: what is spawned is ffmpeg. */
export const BARE: Enclosure = {
  name: 'none',
  enclose: (command) => [...command],
  reach: ({ path, descriptor }) => (othersReachOurs() ? `/proc/${process.pid}/fd/${descriptor}` : path),
  environment: () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !SECRET.test(name))),
  descriptors: () => [],
  find: (pid) => pid,
  ending: ({ exitCode, signal }) => ({ exitCode, signal, error: null }),
}

/**
 * Whether the kernel leads other processes of this user to our open files. Not where there is no such /proc, and not where
 * it is closed because this program has privileges of its own: then a file is read at its path.
 */
function othersReachOurs(): boolean {
  try {
    return readlinkSync('/proc/self') === String(process.pid) && statSync('/proc/self').uid === process.geteuid?.()
  } catch {
    return false
  }
}

/** The error of a program that was to become ffmpeg and says so as it failed to: `ENOENT: setpriv: failed to execute …`. */
export function startError(name: string, { logTail }: SpawnedEnd): string | null {
  const line = logTail.at(-1)
  if (!line?.startsWith(`${name}: `)) return null
  const code = /No such file/.test(line) ? 'ENOENT' : /Permission denied/.test(line) ? 'EACCES' : 'EPERM'
  return `${code}: ${line}`
}
