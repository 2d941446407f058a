import type { EventEmitter } from 'node:events'

/** Events that are said once and stay true. */
const FACTS = new Set<string | symbol>(['start', 'codecData', 'filenames', 'end', 'error'])

/** Whoever begins to listen to a fact after it was said is told it then, once. */
export function tellLateListeners(emitter: EventEmitter): void {
  const said = new Map<string | symbol, unknown[]>()
  const emit = emitter.emit.bind(emitter)
  emitter.emit = (event: string | symbol, ...args: unknown[]) => {
    if (FACTS.has(event)) said.set(event, args)
    return emit(event, ...args)
  }
  emitter.on('newListener', (event: string | symbol, listener: (...args: unknown[]) => void) => {
    const args = said.get(event)
    if (args === undefined) return
    setImmediate(() => {
      const raw = emitter
        .rawListeners(event)
        .find((each) => each === listener || (each as { listener?: unknown }).listener === listener)
      // A wrapper of `once` takes itself away.
      if (raw) raw.apply(emitter, args)
    })
  })
}
