import type { Readable } from 'node:stream'
import { getDefaultHighWaterMark, setDefaultHighWaterMark } from 'node:stream'

/** How long small pieces wait for more. */
const GATHER_MS = 100
/** After so many bytes at once more is read without waiting. */
const ENOUGH_BYTES = 4_096

/**
 * Spawns a process whose pipes are read only when asked for: what it writes gathers in the kernel meanwhile. A pipe takes
 * its high-water mark from the default when it is made, and reads ahead until that is reached.
 */
export function withLazyPipes<T>(spawn: () => T): T {
  const usual = getDefaultHighWaterMark(false)
  setDefaultHighWaterMark(false, 1)
  try {
    return spawn()
  } finally {
    setDefaultHighWaterMark(false, usual)
  }
}

/**
 * Reads a log that comes in many tiny pieces (ffmpeg writes a line in several) some pieces at a time: to wake up for each
 * of them would cost a short job more than everything else that is read from it. A log that comes fast is read without
 * waiting. `flush` ends the waiting for good; to be called when the writer has exited.
 */
export function gather(pipe: Readable, take: (chunk: Uint8Array) => void): { flush(): void } {
  let timer: NodeJS.Timeout | undefined
  let waits = true
  let much = false
  function read(): void {
    clearTimeout(timer)
    timer = undefined
    const chunk: Uint8Array | null = pipe.read()
    much = chunk !== null && chunk.byteLength >= ENOUGH_BYTES
    if (chunk !== null) take(chunk)
  }
  pipe.on('readable', () => {
    if (!waits || much) read()
    else timer ??= setTimeout(read, GATHER_MS)
  })
  return {
    flush() {
      waits = false
      read()
    },
  }
}
