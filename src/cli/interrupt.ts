/** Ctrl-C and its like, and a reader of our output that went away. */
import { constants } from 'node:os'
import { EXIT } from './exit.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** `EPIPE`: nobody reads what we write any more, as after `| head`, or it cannot be written, as to a full disk. */
export type Interruption = (typeof SIGNALS)[number] | 'EPIPE'

let broken: { code: number } | null = null
const onPipeBroken = new Set<() => void>()

/**
 * Once a process: a closed pipe ends it quietly, any other fault of the output with a word, unless a command that has
 * something to put away listens itself.
 */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (broken) return
      broken = { code: error.code === 'EPIPE' ? EXIT.ok : EXIT.failed }
      if (error.code !== 'EPIPE') process.stderr.write(`ffleet: The output cannot be written: ${error.message}\n`)
      if (onPipeBroken.size === 0) process.exit(broken.code)
      for (const tell of onPipeBroken) tell()
    })
  }
}

/** Calls back at each interruption from now on, which then does not end the process. Returns how to stop listening. */
export function onInterruption(callback: (interruption: Interruption) => void): () => void {
  const tell = () => callback('EPIPE')
  onPipeBroken.add(tell)
  for (const signal of SIGNALS) process.on(signal, callback)
  if (broken) queueMicrotask(tell)
  return () => {
    onPipeBroken.delete(tell)
    for (const signal of SIGNALS) process.removeListener(signal, callback)
  }
}

/** 130 for Ctrl-C, as shells reckon it: 128 and the signal's number. */
export function exitCodeOf(interruption: Interruption): number {
  return interruption === 'EPIPE' ? (broken?.code ?? EXIT.ok) : 128 + constants.signals[interruption]
}

/** Runs the work with a signal that the first interruption aborts. Gives its result, or what interrupted it. */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ result: T } | { interruption: Interruption }> {
  const controller = new AbortController()
  let interruption: Interruption | null = null
  const stop = onInterruption((which) => {
    interruption ??= which
    controller.abort()
  })
  try {
    return { result: await work(controller.signal) }
  } catch (error) {
    // Some say it with an error of their own.
    const isAbort = controller.signal.reason === error || (error instanceof Error && error.name === 'AbortError')
    if (interruption !== null && isAbort) return { interruption }
    throw error
  } finally {
    stop()
  }
}
