import type { Logger } from '../../log/index.js'
import { EXIT } from '../exit.js'
import { exitCodeOf, type Interruption, onInterruption } from '../interrupt.js'

/** Something that runs until it is told to stop. */
type Service = {
  /** Resolves when it cannot go on. */
  gone?: Promise<Error>
  /** Resolves when it has come to its end as somebody else asked; rejects when that did not go well. */
  left?: Promise<void>
  /** With `drain` what runs may finish; a second call without it cuts that short. Rejects when that did not go well. */
  stop(options: { drain: boolean }): Promise<void>
}

/** A service that was told to end at once, by whoever cannot wait, or while it starts, gets so long. */
const END_MS = 10_000
/** One whose parent is gone may have lost with it what it would need to end in good order. */
const ORPHAN_END_MS = 4_000

/**
 * Runs a service until a signal: the first lets it drain, a second one ends it at once, a third one does not even wait
 * for that; while it starts the second one already does not. A parent that started this process over an IPC channel and
 * goes away has the effect of two signals. Gives the exit code: 0 after a drain, as that was asked for; that of the
 * signal when it had to be cut short or came before the start was over.
 */
export async function serve(log: Logger, start: (signal: AbortSignal) => Promise<Service>): Promise<number> {
  const starting = new AbortController()
  let service: Service | null = null
  let asked = 0
  let cutShort: number | null = null
  let ending: NodeJS.Timeout | undefined
  let onStop: (stopped: Promise<void>) => void = () => {}
  const stopped = new Promise<void>((resolve) => {
    onStop = resolve
  })
  const stop = (exitCode: number) => {
    asked += 1
    if (service === null || asked > 1) cutShort = exitCode
    if (asked > (service === null ? 1 : 2)) process.exit(exitCode)
    if (service === null) {
      ending = setTimeout(() => process.exit(exitCode), END_MS)
      return starting.abort(new Error('interrupted'))
    }
    if (asked === 1) log.info('draining')
    onStop(service.stop({ drain: asked === 1 }))
    if (asked > 1) setTimeout(() => process.exit(exitCode), END_MS).unref()
  }
  const stopListening = onInterruption((interruption: Interruption) => {
    // Nobody reads what we print any more; that is no reason to leave jobs.
    if (interruption !== 'EPIPE') stop(exitCodeOf(interruption))
  })
  const onOrphaned = () => {
    setTimeout(() => process.exit(EXIT.failed), ORPHAN_END_MS).unref()
    while (asked < 2) stop(EXIT.failed)
  }
  process.once('disconnect', onOrphaned)
  // It went before we listened.
  if (process.connected === false) onOrphaned()
  try {
    service = await start(starting.signal)
    if (cutShort !== null) {
      // It did not heed the signal while it started.
      await service.stop({ drain: false })
      return cutShort
    }
    const gone = service.gone?.then((reason) => ({ reason }))
    const ends = [stopped, ...(service.left ? [service.left] : [])].map((end) =>
      end.then(
        () => null,
        (reason: unknown) => ({ reason }),
      ),
    )
    const end = await Promise.race([...ends, ...(gone ? [gone] : [])])
    if (end === null) return cutShort ?? EXIT.ok
    log.fatal({ err: end.reason }, 'cannot go on')
    await service.stop({ drain: false }).catch(() => {})
    return EXIT.failed
  } catch (error) {
    if (cutShort !== null && starting.signal.aborted) return cutShort
    throw error
  } finally {
    clearTimeout(ending)
    stopListening()
    process.removeListener('disconnect', onOrphaned)
  }
}
