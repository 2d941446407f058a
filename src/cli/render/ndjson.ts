import type { Renderer, Sink } from './renderer.js'

/** Every event as one line of JSON on `out`; notes go to `err` as `{"note": …}`, so that `out` holds events alone. */
export function createNdjsonRenderer(out: Sink, err: Sink): Renderer {
  const note = (text: string) => void err.write(`${JSON.stringify({ note: text })}\n`)
  return {
    describe: () => {},
    event: (event) => void out.write(`${JSON.stringify(event)}\n`),
    position: () => {},
    standstill: (reason) => void (reason !== null && note(reason)),
    note,
    close: () => {},
  }
}
