import type { Renderer, Sink } from './renderer.js'

/** Every event as one line of JSON on `out`; notes go to `err`, so that `out` holds events alone. */
export function createNdjsonRenderer(out: Sink, err: Sink): Renderer {
  return {
    describe: () => {},
    event: (event) => void out.write(`${JSON.stringify(event)}\n`),
    note: (text) => void err.write(`${text}\n`),
    close: () => {},
  }
}
