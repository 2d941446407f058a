/** ffmpeg in namespaces of its own, by bubblewrap: no network, no other process, no file but those it is shown. */
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import { type Enclosure, type HeldFile, type SpawnedEnd, startError } from '../enclosure.js'
import { deviceView } from './device-view.js'
import { type Limits, limitOptions, processOption } from './limits.js'
import { anotherFile, type Comparers, requireSameFile } from './same-file.js'
import { openFilter } from './seccomp/filter-file.js'

export type Bwrap = Comparers & {
  /** Paths of the programs. */
  bwrap: string
  prlimit: string
  /** Options of bwrap that show what programs need. */
  system: readonly string[]
  /** Whether namespaces that ffmpeg would make inside can be forbidden. */
  lastUserNamespace: boolean
  /** Whether there can be a /proc, with its own processes only. */
  proc: boolean
  /** Whether a folder in memory can be limited. */
  temporary: boolean
  /** Whether system calls are filtered. */
  filtered: boolean
  limits: Limits
  /** Variables that ffmpeg gets from this process. */
  variables: readonly string[]
}

/** The first that an enclosure is given. */
const FILTER_DESCRIPTOR = 3
const TEMPORARY_BYTES = 64 * 1024 ** 2
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export function insideBwrap(options: Bwrap): Enclosure {
  const before = [options.bwrap, ...namespaces(options), ...options.system]
  const within = [options.prlimit, ...limitOptions(options.limits), processOption(options.limits), '--']
  return {
    name: 'bwrap',
    // Everything stands at the path that it has outside, so that arguments, logs and reports need no translation; what is held
    // open has a name of its own, which tells nothing of where it is.
    enclose: (command, { reads = [], held = [], writes = [], devices = [], cwd = '/' }) => [
      ...before,
      ...deviceView(devices),
      ...writes.flatMap((path) => ['--bind', path, path]),
      ...reads.flatMap((path) => ['--ro-bind', path, path]),
      // What is gone by now is found to be another file.
      ...held.flatMap((file) => ['--ro-bind-try', file.path, reach(file)]),
      ...['--remount-ro', '/', '--chdir', cwd, '--'],
      ...requireSameFile(
        options,
        held.map((file) => ({ at: reach(file), descriptor: file.descriptor })),
      ),
      ...within,
      ...command,
    ],
    reach,
    environment: () => {
      const given = ['LD_LIBRARY_PATH', ...options.variables].map((name) => [name, process.env[name]])
      return { PATH, HOME: '/tmp', LC_ALL: 'C', ...Object.fromEntries(given) }
    },
    descriptors: () => (options.filtered ? [openFilter()] : []),
    // bwrap, then the first process of its namespace, then ffmpeg.
    find(pid) {
      const first = childOf(pid)
      return first === null ? null : childOf(first)
    },
    ending,
  }
}

function reach({ descriptor }: HeldFile): string {
  return `/held/${descriptor}`
}

function namespaces({ lastUserNamespace, proc, temporary, filtered }: Bwrap): string[] {
  return [
    ...['--unshare-user', ...(lastUserNamespace ? ['--disable-userns'] : [])],
    ...['--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try'],
    ...['--hostname', 'ffleet', '--cap-drop', 'ALL'],
    // The kernel ties that to the thread that spawned: the end of a worker thread would kill ffmpeg in mid-run.
    ...(isMainThread ? ['--die-with-parent'] : []),
    ...(proc ? ['--proc', '/proc'] : []),
    ...(filtered ? ['--seccomp', String(FILTER_DESCRIPTOR)] : []),
    ...(temporary ? ['--size', String(TEMPORARY_BYTES), '--tmpfs', '/tmp'] : []),
  ]
}

/** What ffmpeg says last, whenever it ends by itself. */
const LAST_WORDS = /\bbench: maxrss=/

function ending(end: SpawnedEnd): ReturnType<Enclosure['ending']> {
  const { exitCode, signal, logTail, blocks } = end
  // bwrap itself fails with 1, prlimit with 126 or 127.
  const failed = blocks === 0 && (exitCode === 1 || exitCode === 126 || exitCode === 127)
  const error = anotherFile(end) ?? (failed ? (startError('bwrap', end) ?? startError('prlimit', end)) : null)
  // bwrap exits with 128 and the number of the signal that ended ffmpeg. From 6.1 on ffmpeg has such codes of its own.
  const killed = logTail.some((line) => LAST_WORDS.test(line)) ? null : signalOf((exitCode ?? 0) - 128)
  return killed === null ? { exitCode, signal, error } : { exitCode: null, signal: killed, error }
}

function signalOf(number: number): string | null {
  return Object.entries(constants.signals).find(([, each]) => each === number)?.[0] ?? null
}

/** Null where there is none, or the kernel does not list them. */
function childOf(pid: number): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ')[0]) || null
  } catch {
    return null
  }
}
