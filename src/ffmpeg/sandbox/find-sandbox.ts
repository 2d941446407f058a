import { execFile } from 'node:child_process'
import { closeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { execa } from 'execa'
import { findExecutable } from '../../programs.js'
import type { Enclosure } from '../enclosure.js'
import { type EnclosedStdio, spawnWithDescriptors } from '../spawn.js'
import { type Bwrap, insideBwrap } from './bwrap.js'
import {
  lookAround,
  NO_BWRAP,
  NO_COMPARERS,
  NO_PRLIMIT,
  NOT_LINUX,
  noFilter,
  type Obstacle,
  obstacleOf,
} from './causes.js'
import type { Limits } from './limits.js'
import { seccompFilter } from './seccomp/filter.js'
import { openFilter } from './seccomp/filter-file.js'
import { programView, systemView } from './system-view.js'

export type SandboxNeeds = {
  /** Paths of the programs that are to run in it, and take `-version`; a program outside of /usr is shown with its folder and libraries. */
  programs: readonly string[]
  limits: Limits
  /** Variables that ffmpeg gets from this process. */
  variables: readonly string[]
  /** Folders that are never shown as a whole because a program lies in them. */
  hidden: readonly string[]
}

/**
 * A sandbox that works here, or what is in its way. `unfiltered`: the kernel does not filter system calls for it; `missing`:
 * what the system's package manager can bring.
 */
export type SandboxSearch =
  | { sandbox: Enclosure; unfiltered: boolean; obstacle: null; missing: null }
  | { sandbox: null; obstacle: Obstacle; missing: 'bubblewrap' | 'prlimit' | null }

const START_TIMEOUT_MS = 30_000

/** Tries bubblewrap by starting each of the programs in it, in some 0.1 s. Never throws. */
export async function findSandbox({ programs, limits, variables, hidden }: SandboxNeeds): Promise<SandboxSearch> {
  if (process.platform !== 'linux') return { sandbox: null, obstacle: NOT_LINUX, missing: null }
  const bwrap = findExecutable('bwrap')
  if (bwrap === null) return { sandbox: null, obstacle: NO_BWRAP, missing: 'bubblewrap' }
  const prlimit = findExecutable('prlimit')
  if (prlimit === null) return { sandbox: null, obstacle: NO_PRLIMIT, missing: 'prlimit' }
  const [sh, stat] = [findExecutable('sh'), findExecutable('stat')]
  if (sh === null || stat === null) return { sandbox: null, obstacle: NO_COMPARERS, missing: null }
  const [help, ...views] = await Promise.all([
    said(bwrap, ['--help']),
    ...[prlimit, sh, stat, ...programs].map((program) => programView(program, hidden)),
  ])
  const filtered = seccompFilter() !== null
  try {
    if (filtered) closeSync(openFilter())
  } catch (error) {
    return { sandbox: null, obstacle: noFilter((error as Error).message), missing: null }
  }
  const knows = (option: string) => help.includes(`${option} `)
  const options: Bwrap = {
    bwrap,
    prlimit,
    sh,
    stat,
    system: [...systemView(), ...views.flat()],
    // Before 0.8 and 0.7 it did not know these.
    lastUserNamespace: knows('--disable-userns'),
    temporary: knows('--size'),
    proc: true,
    filtered,
    limits,
    variables,
  }
  return attempt(options, programs.length > 0 ? programs : [findExecutable('true') ?? '/bin/true'])
}

/**
 * In a container what would hide parts of /proc or set a limit there may be refused: then there is no /proc, or there may be
 * further namespaces inside. A kernel may have been built without filters.
 */
async function attempt(options: Bwrap, programs: readonly string[]): Promise<SandboxSearch> {
  const sandbox = insideBwrap(options)
  const failure = await firstFailure(sandbox, programs)
  if (failure === null) return { sandbox, unfiltered: !options.filtered, obstacle: null, missing: null }
  if (options.proc && /mount proc/.test(failure)) return attempt({ ...options, proc: false }, programs)
  if (options.lastUserNamespace && /max_user_namespaces/.test(failure))
    return attempt({ ...options, lastUserNamespace: false }, programs)
  if (options.filtered && /SECCOMP/.test(failure)) return attempt({ ...options, filtered: false }, programs)
  return { sandbox: null, obstacle: obstacleFor(failure), missing: null }
}

function obstacleFor(failure: string): Obstacle {
  if (failure.startsWith('bwrap: ') && !failure.startsWith('bwrap: execvp')) return obstacleOf(failure, lookAround())
  return {
    cause: `The program does not run in it: ${failure}`,
    remedy: 'Let FFLEET_FFMPEG and FFLEET_FFPROBE name programs that need no more than /usr and their own folders.',
  }
}

/** What the first program said that did not start; null when all did. */
async function firstFailure(sandbox: Enclosure, programs: readonly string[]): Promise<string | null> {
  const ends = await Promise.all(
    programs.map(async (path) => {
      // It is as good a file as any to be held open.
      const file = await open(path)
      const [program, ...args] = sandbox.enclose([path, '-version'], { held: [{ path, descriptor: file.fd }] })
      const spawn = (stdio: EnclosedStdio) =>
        execa(program!, args, {
          stdio,
          env: sandbox.environment(),
          extendEnv: false,
          timeout: START_TIMEOUT_MS,
          killSignal: 'SIGKILL',
          reject: false,
        })
      const { failed, stderr, shortMessage } = await spawnWithDescriptors(sandbox, spawn)
      await file.close()
      return failed ? String(stderr).trim() || shortMessage : null
    }),
  )
  return ends.find((end) => end !== null) ?? null
}

async function said(program: string, args: string[]): Promise<string> {
  return promisify(execFile)(program, args, { timeout: START_TIMEOUT_MS }).then(
    ({ stdout }) => stdout,
    () => '',
  )
}
