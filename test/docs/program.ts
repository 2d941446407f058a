import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { commandLine } from '../helpers/processes.js'

export type Ended = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }

export type Program = {
  readonly child: ChildProcess
  /** What it wrote to stdout so far. */
  readonly stdout: string
  /** Resolves when its stdout holds the text; rejects with its output when it ends without. */
  says(text: string): Promise<void>
  readonly ended: Promise<Ended>
  /** What Ctrl-C in a terminal does: SIGINT to the program and to every process of its group. */
  interrupt(): void
}

export type ProgramOptions = { cwd: string; env?: Record<string, string> }

/**
 * Starts a program as a terminal would, in `cwd`, in a process group of its own, with stdin closed. FFLEET_ settings of
 * the caller do not reach it.
 */
export function start(argv: readonly string[], options: ProgramOptions): Program {
  const [command, ...args] = argv
  const own = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('FFLEET_')))
  const child = spawn(command!, args, {
    cwd: options.cwd,
    env: { ...own, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }) as Ended)
  return {
    child,
    ended,
    interrupt: () => void process.kill(-child.pid!, 'SIGINT'),
    get stdout() {
      return stdout
    },
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = () => stdout.includes(text) && resolve()
        child.stdout.on('data', look)
        look()
        ended.then((end) => reject(new Error(`It ended without saying ${text}: ${JSON.stringify(end)}`)))
      }),
  }
}

/** Runs a program to its end. */
export function run(argv: readonly string[], options: ProgramOptions): Promise<Ended> {
  return start(argv, options).ended
}

/** Whether the shell finds a program of that name. */
export async function isInstalled(name: string): Promise<boolean> {
  return (await run(['sh', '-c', `command -v ${name}`], { cwd: '/' })).code === 0
}

/** The command lines, among those of all running programs, that hold the text. */
export function programsWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandLine(Number(pid)).join(' '))
    .filter((line) => line.includes(text))
}

/** Each line of the text as JSON. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}
