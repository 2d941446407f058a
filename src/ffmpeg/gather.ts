import type { Readable } from 'node:stream'

/** How long small pieces wait for more. */
const GATHER_MS = 20
/** So many bytes wait for nothing. */
const ENOUGH_BYTES = 4_096

/**
 * Hands on a log that comes in many tiny pieces (ffmpeg writes a line in several) some pieces at a time: a write to the
 * log file for each of them would cost a short job more than everything else that is read from it. The pipe itself is
 * read as ever, so that ffmpeg never waits. `flush` ends the waiting for good; to be called when the writer has exited.
 */
export function gather(pipe: Readable, take: (chunk: Uint8Array) => void): { flush(): void } {
  let pieces: Uint8Array[] = []
  let bytes = 0
  let timer: NodeJS.Timeout | undefined
  let waits = true
  function handOn(): void {
    clearTimeout(timer)
    timer = undefined
    if (bytes === 0) return
    const gathered = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
    pieces = []
    bytes = 0
    take(gathered)
  }
  pipe.on('data', (chunk: Uint8Array) => {
    pieces.push(chunk)
    bytes += chunk.byteLength
    if (!waits || bytes >= ENOUGH_BYTES) handOn()
    else timer ??= setTimeout(handOn, GATHER_MS)
  })
  return {
    flush() {
      waits = false
      handOn()
    },
  }
}
