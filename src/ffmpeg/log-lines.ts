import { MAX_LOG_LINE_LENGTH } from '../contract/log-line.js'

/** Takes the address out of `[h264 @ 0x55d1…]`: it differs from run to run and tells a reader nothing. */
export function withoutAddress(text: string): string {
  return text.replaceAll(/\[([^[\]]{1,200}) @ [^[\] ]{1,32}\]/g, '[$1]')
}

/**
 * Splits ffmpeg's stderr into lines, at `\n` and at `\r`, with which ffmpeg overwrites its own status line. Empty lines
 * are left out. Holds at most one line of `maxLineLength` characters, however long a line gets.
 */
export class LogSplitter {
  readonly #decoder = new TextDecoder()
  readonly #maxLineLength: number
  #partial = ''
  #cut = false

  constructor(maxLineLength = MAX_LOG_LINE_LENGTH) {
    this.#maxLineLength = maxLineLength
  }

  push(chunk: Uint8Array): string[] {
    return this.#take(this.#decoder.decode(chunk, { stream: true }))
  }

  /** The line that no line end followed, if there is one. */
  end(): string[] {
    return this.#take(`${this.#decoder.decode()}\n`)
  }

  #take(text: string): string[] {
    const lines: string[] = []
    const parts = text.split(/[\r\n]/)
    const rest = parts.pop()!
    for (const part of parts) {
      this.#append(part)
      if (this.#partial !== '') lines.push(this.#cut ? `${this.#partial}…` : this.#partial)
      this.#partial = ''
      this.#cut = false
    }
    this.#append(rest)
    return lines
  }

  #append(part: string): void {
    const room = this.#maxLineLength - this.#partial.length
    this.#cut ||= part.length > room
    this.#partial += part.length > room ? part.slice(0, room) : part
  }
}
