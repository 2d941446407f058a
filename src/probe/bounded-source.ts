import { readSync } from 'node:fs'
import { CustomSource } from 'mediabunny'

/** A reader wanted more bytes than it was allowed. */
export class ByteLimitError extends Error {
  override readonly name = 'ByteLimitError'
}

/**
 * A file for mediabunny that gives out a limited number of bytes: a header can claim anything, and what lies behind it
 * must not be read to the end because of it.
 */
export class BoundedFile {
  readonly bytes: number
  readonly #file: number
  #left = 0

  constructor(file: number, bytes: number) {
    this.#file = file
    this.bytes = bytes
  }

  /** From here on so many bytes may be read. */
  allow(bytes: number): void {
    this.#left = bytes
  }

  read(start: number, end: number): Uint8Array {
    const wanted = Math.min(end, this.bytes) - start
    this.#left -= wanted
    if (this.#left < 0) throw new ByteLimitError(`more than the allowed bytes of ${this.bytes}`)
    const buffer = new Uint8Array(wanted)
    let filled = 0
    while (filled < wanted) {
      const bytesRead = readSync(this.#file, buffer, filled, wanted - filled, start + filled)
      if (bytesRead === 0) throw new Error('the file became shorter')
      filled += bytesRead
    }
    return buffer
  }

  source(): CustomSource {
    return new CustomSource({
      getSize: () => this.bytes,
      read: (start, end) => this.read(start, end),
      prefetchProfile: 'fileSystem',
      handleUnhandledError: () => {}, // a prefetch that failed; whoever needs the bytes gets the error
    })
  }
}
