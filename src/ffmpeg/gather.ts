import type { Readable } from 'node:stream'

/** How long small pieces are left to gather in the pipe, which holds 64 KB. */
const GATHER_MS = 20
/** A larger piece says that much is coming: then nothing waits. */
const SMALL_BYTES = 4_096

/**
 * Reads a log that is written in many tiny pieces (ffmpeg writes a line in several) some pieces at a time: waking up for
 * each of them costs a short job more than everything else that is read from it. `flush` ends the waiting for good; to
 * be called when the writer has exited.
 */
export function gather(pipe: Readable, take: (chunk: Uint8Array) => void): { flush(): void } {
  let timer: NodeJS.Timeout | undefined
  let waits = true
  pipe.on('data', (chunk: Uint8Array) => {
    take(chunk)
    if (!waits || timer !== undefined || chunk.byteLength >= SMALL_BYTES) return
    pipe.pause()
    timer = setTimeout(resume, GATHER_MS)
  })
  function resume(): void {
    timer = undefined
    pipe.resume()
  }
  return {
    flush() {
      waits = false
      clearTimeout(timer)
      resume()
    },
  }
}
