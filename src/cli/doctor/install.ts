/** Installs what is missing through the system's package manager, or says what to run. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Finding } from './finding.js'
import { findPackageManager, type PackageManager, packagesFor } from './package-managers.js'

export type FixResult =
  | { kind: 'nothing-to-install' }
  /** The packages were installed; check again. */
  | { kind: 'installed'; packages: string[] }
  /** This user may not install; the command that may be run instead. */
  | { kind: 'ask'; command: string }
  | { kind: 'failed'; detail: string }

/**
 * Installs what the findings miss: as root (or with Homebrew, as its user) at once and without a question; for anybody
 * else it only gives the command. What the package manager says goes to standard error.
 */
export async function fix(findings: readonly Finding[], isRoot = process.getuid?.() === 0): Promise<FixResult> {
  const missing = findings.flatMap((finding) => (finding.ok || finding.missing === null ? [] : [finding.missing]))
  if (missing.length === 0) return { kind: 'nothing-to-install' }
  const manager = findPackageManager()
  if (manager === null) {
    return {
      kind: 'failed',
      detail: `No package manager that ffleet knows; install by hand: ${[...new Set(missing)].join(', ')}.`,
    }
  }
  const packages = packagesFor(manager, missing)
  if (packages.length === 0) return { kind: 'failed', detail: `${manager.program} has no package of it.` }
  if (isRoot === (manager.rootless ?? false)) return { kind: 'ask', command: commandLine(manager, packages) }
  for (const command of manager.commands(packages)) {
    const failure = await run(command)
    if (failure !== null) return { kind: 'failed', detail: `\`${command.join(' ')}\` ${failure}.` }
  }
  return { kind: 'installed', packages }
}

/** One line for a shell. */
function commandLine(manager: PackageManager, packages: readonly string[]): string {
  const commands = manager.commands(packages).map((command) => command.join(' '))
  return commands.map((command) => (manager.rootless ? command : `sudo ${command}`)).join(' && ')
}

/** Null when it went well, else what went wrong, as the end of a sentence. */
async function run([program, ...args]: string[]): Promise<string | null> {
  const child = spawn(program!, args, {
    stdio: ['ignore', process.stderr, process.stderr],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'a' },
  })
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
    return code === 0 ? null : signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
  } catch (error) {
    return `did not start: ${(error as Error).message}`
  }
}
