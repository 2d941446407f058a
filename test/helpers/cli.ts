import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const TSX = createRequire(import.meta.url).resolve('tsx')

/** For a shell. */
export const CLI_COMMAND = `'${process.execPath}' --import '${TSX}' '${MAIN}'`

export type CliResult = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }
export type RunningCli = {
  child: ChildProcess
  readonly stdout: string
  readonly stderr: string
  ended: Promise<CliResult>
}

type CliOptions = { cwd?: string; env?: Record<string, string | undefined>; input?: string | Uint8Array }

/** The real command line, from source, in a process of its own. FFLEET_ settings of the caller do not reach it. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const own = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('FFLEET_')))
  const child = spawn(process.execPath, ['--import', TSX, MAIN, ...args], {
    cwd: options.cwd,
    env: { ...own, NO_COLOR: '1', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  child.stdin.on('error', () => {})
  child.stdin.end(options.input)
  const ended = new Promise<CliResult>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  return {
    child,
    ended,
    get stdout() {
      return stdout
    },
    get stderr() {
      return stderr
    },
  }
}

export function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).ended
}
