import { isMainThread } from 'node:worker_threads'
import { findSetpriv } from '../programs.js'
import { signalGroup } from './terminate.js'

let prefix: string[] | undefined

/**
 * The command to put in front of ffmpeg so that the kernel kills it when this process dies, however it dies:
 * `setpriv --pdeathsig KILL --`. setpriv replaces itself with ffmpeg, so the pid is ffmpeg's. Empty where there is no
 * setpriv that can do it (busybox has one that can't), and outside the main thread: the kernel ties the signal to the
 * thread that spawned, so that the end of a worker thread would kill ffmpeg in mid-run.
 */
export function dieWithParentPrefix(): readonly string[] {
  if (!isMainThread) return []
  if (prefix === undefined) {
    const setpriv = findSetpriv()
    prefix = setpriv === null ? [] : [setpriv, '--pdeathsig', 'KILL', '--']
  }
  return prefix
}

const running = new Set<number>()

/** Kills the process group of `pid` when this process exits on its own. Returns what takes it back. */
export function killOnExit(pid: number): () => void {
  if (running.size === 0) process.on('exit', killAll)
  running.add(pid)
  return () => {
    running.delete(pid)
    if (running.size === 0) process.off('exit', killAll)
  }
}

function killAll(): void {
  for (const pid of running) signalGroup(pid, 'SIGKILL')
}
