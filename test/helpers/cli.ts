import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const pathOf = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url))
/** The module of the command line, as it is built. */
export const CLI_PATH = pathOf('dist/src/cli/main.js')
/** From the source tree, as somebody who works on ffleet runs it. */
const FROM_SOURCE = ['--import', createRequire(import.meta.url).resolve('tsx'), pathOf('src/cli/main.ts')]

/** In place of the user's own, for whoever names none. */
const STATE_HOME = join(tmpdir(), 'ffleet-test-state')

/** For a shell. */
export const CLI_COMMAND = `'${process.execPath}' '${CLI_PATH}'`

export type CliResult = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }
export type RunningCli = {
  child: ChildProcess
  readonly stdout: string
  readonly stderr: string
  ended: Promise<CliResult>
}

type CliOptions = {
  cwd?: string
  env?: Record<string, string | undefined>
  /** Given on stdin, which then ends. Without it stdin ends at once, but on a terminal. */
  input?: string | Uint8Array
  /** On a terminal of its own, of 80 columns unless others are given; stderr is then in stdout, and `\x03` on stdin is Ctrl-C. */
  terminal?: boolean
  /** Of the terminal. */
  columns?: number
  fromSource?: boolean
}

/** The real command line in a process of its own. FFLEET_ settings of the caller do not reach it. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const own = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('FFLEET_')))
  const command = [process.execPath, ...(options.fromSource ? FROM_SOURCE : [CLI_PATH]), ...args]
  const quoted = command.map((word) => `'${word}'`).join(' ')
  const [program, ...rest] = options.terminal
    ? ['script', '-qefc', `stty cols ${options.columns ?? 80} rows 24; exec ${quoted}`, '/dev/null']
    : command
  const child = spawn(program!, rest, {
    cwd: options.cwd,
    env: {
      ...own,
      XDG_STATE_HOME: STATE_HOME,
      TERM: 'xterm',
      LANG: 'C.UTF-8',
      ...(options.terminal ? {} : { NO_COLOR: '1' }),
      ...options.env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  child.stdin.on('error', () => {})
  if (!options.terminal) child.stdin.end(options.input)
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

/** Pids of processes that name the folder in their arguments or settings, or work in it. */
export function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .filter((pid) => {
      try {
        const files = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8'))
        return [...files, readlinkSync(`/proc/${pid}/cwd`)].some((text) => text.includes(folder))
      } catch {
        return false
      }
    })
}
