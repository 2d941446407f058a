import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from '../../log/index.js'
import { CommandError } from '../exit.js'

/** A worker that lived so long started well: the next restart waits as little as the first. */
const HEALTHY_MS = 60_000
const FIRST_RESTART_MS = 500
const LONGEST_RESTART_MS = 30_000
/** After the signal that hands jobs back at once; the worker itself takes 3 s for it. */
const KILL_AFTER_MS = 6_000

export type WorkerProcessOptions = {
  /** All FFLEET_ settings of the worker; those of this process's environment do not reach it. */
  env: Record<string, string>
  log: Logger
  /** Told the id that a worker had in the fleet, when its process ended and it had not left. */
  onLost: (workerId: string) => void
  /** Where its log lines go. */
  stderr: { write(chunk: Uint8Array): unknown }
}

/** A worker process that is started again when it dies, until it is stopped. */
export type WorkerProcess = {
  /** Resolves when the first one is in the fleet; rejects when it ended before that, as its log says. */
  readonly ready: Promise<void>
  /** Lets it finish what it runs; resolves when it has ended. */
  drain(): Promise<void>
  /** It hands its jobs back at once and ends, or is killed. Also while it drains. */
  end(): Promise<void>
}

/**
 * Starts one. It has a process group of its own, so that a terminal's Ctrl-C reaches only us, and notices by its IPC
 * channel when we are gone, however we went.
 */
export function startWorkerProcess(options: WorkerProcessOptions): WorkerProcess {
  const { log } = options
  let child: ChildProcess
  let stopping = false
  let restart: NodeJS.Timeout | undefined
  let waitMs = FIRST_RESTART_MS
  let everReady = false
  let onReady = () => {}
  let onNeverReady: (reason: Error) => void = () => {}
  let onEnded = () => {}
  const ready = new Promise<void>((resolve, reject) => {
    onReady = resolve
    onNeverReady = reject
  })
  const ended = new Promise<void>((resolve) => {
    onEnded = resolve
  })
  // Whoever does not wait for it is not interested.
  ready.catch(() => {})

  const start = () => {
    const startedAt = performance.now()
    child = forkWorker(options.env)
    child.stderr!.on('data', (chunk: Buffer) => void options.stderr.write(chunk))
    let id: string | null = null
    child.once('message', (message) => {
      id = (message as { ready: string }).ready
      everReady = true
      onReady()
    })
    child.on('error', (error) => log.error({ err: error }, 'worker process'))
    child.once('close', (exitCode, signal) => {
      if (id !== null && exitCode !== 0) options.onLost(id)
      if (stopping) return onEnded()
      if (!everReady) {
        stopping = true
        onNeverReady(
          new CommandError(`A worker did not start (${signal ?? `exit code ${exitCode}`}); its log says why.`),
        )
        return onEnded()
      }
      if (exitCode === 0) {
        // Somebody asked it to drain (`ffleet drain`), and so it stays away.
        log.info({ pid: child.pid }, 'a worker has left')
        return onEnded()
      }
      if (performance.now() - startedAt > HEALTHY_MS) waitMs = FIRST_RESTART_MS
      log.error({ exitCode, signal, pid: child.pid, restartInMs: waitMs }, 'a worker died and is started again')
      restart = setTimeout(start, waitMs)
      waitMs = Math.min(waitMs * 2, LONGEST_RESTART_MS)
    })
  }
  start()

  const isUp = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined
  const stop = (signal: NodeJS.Signals) => {
    stopping = true
    clearTimeout(restart)
    if (isUp()) child.kill(signal)
    else if (restart !== undefined) onEnded()
  }
  let draining = false
  let killTimer: NodeJS.Timeout | undefined
  return {
    ready,
    drain() {
      if (!draining) stop('SIGTERM')
      draining = true
      return ended
    },
    async end() {
      // The worker hands its jobs back on the second signal. Two kinds, because two of one kind may arrive as one.
      if (!draining) stop('SIGTERM')
      draining = true
      stop('SIGINT')
      killTimer ??= setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
      await ended
      clearTimeout(killTimer)
    },
  }
}

/** `ffleet worker`: from `dist` as it is, from the source tree through tsx. */
function forkWorker(env: Record<string, string>): ChildProcess {
  const extension = extname(import.meta.url)
  const module = fileURLToPath(new URL(`../main${extension}`, import.meta.url))
  const execArgv = extension === '.ts' ? ['--import', createRequire(import.meta.url).resolve('tsx')] : []
  const others = Object.entries(process.env).filter(([key]) => !key.startsWith('FFLEET_'))
  return fork(module, ['worker'], {
    env: { ...Object.fromEntries(others), ...env },
    execArgv,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
}
