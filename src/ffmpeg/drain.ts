import type { Readable } from 'node:stream'

const QUIET_MS = 100
const LIMIT_MS = 2_000

/**
 * Ends pipes whose writer has exited: reads what is still in them and then, if somebody else holds them open, lets go of
 * them. To be called at the exit. Without it a grandchild that left the process group would keep the run waiting.
 */
export function drainAfterExit(pipes: readonly Readable[]): void {
  const giveUpAt = performance.now() + LIMIT_MS
  let quiet = true
  const onData = () => {
    quiet = false
  }
  for (const pipe of pipes) pipe.on('data', onData)
  const check = () => {
    if (pipes.every((pipe) => pipe.destroyed || pipe.readableEnded)) return
    if (quiet || performance.now() > giveUpAt) {
      for (const pipe of pipes) pipe.destroy()
      return
    }
    quiet = true
    schedule()
  }
  // After a timer that came late, because something held the event loop up, the pipes have had no turn to be read yet:
  // setImmediate comes after their turn.
  const schedule = () => setTimeout(() => setImmediate(check), QUIET_MS)
  schedule()
}
