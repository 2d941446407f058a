import { basename } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { findSetpriv } from '../programs.js'
import { BARE, type Enclosure, startError } from './enclosure.js'
import { signalGroup } from './terminate.js'

let bound: Enclosure | undefined

/**
 * The kernel kills ffmpeg when this process dies, however it dies: `setpriv --pdeathsig KILL --` stands in front, and
 * replaces itself with ffmpeg, so the pid is ffmpeg's. Nothing of it where there is no setpriv that can do it (busybox has
 * one that can't), and outside the main thread: the kernel ties the signal to the thread that spawned, so that the end of
 * a worker thread would kill ffmpeg in mid-run.
 */
export function dieWithParent(): Enclosure {
  if (!isMainThread) return BARE
  if (bound === undefined) {
    const setpriv = findSetpriv()
    bound = setpriv === null ? BARE : behindPrograms('pdeathsig', [[setpriv, ...DIES_WITH_PARENT, '--']])
  }
  return bound
}

/** Options of setpriv. */
export const DIES_WITH_PARENT = ['--pdeathsig', 'KILL']

/** Programs stand in front, each of which becomes the next, and the last one ffmpeg. */
export function behindPrograms(name: Enclosure['name'], commands: readonly string[][]): Enclosure {
  const before = commands.flat()
  return {
    ...BARE,
    name,
    enclose: (command) => [...before, ...command],
    ending(end) {
      // They exit with 127 or 126 when they can't execute what they are to become.
      const failed = end.blocks === 0 && (end.exitCode === 126 || end.exitCode === 127)
      const errors = failed ? commands.map(([program]) => startError(basename(program!), end)) : []
      return { ...BARE.ending(end), error: errors.find((error) => error !== null) ?? null }
    },
  }
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
