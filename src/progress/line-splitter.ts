const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const REPLACEMENT_CHARACTER = Uint8Array.of(0xef, 0xbf, 0xbd)
const TEXT_PIECE_LENGTH = 16_384

/**
 * Cuts a stream of bytes into lines. `\n`, `\r\n` and a lone `\r` end a line, wherever the chunks are cut, also inside a
 * UTF-8 character. It holds one line and no more: of a line longer than `maxLineBytes` (default 1,024) the rest is
 * dropped as it comes, so a line that never ends costs nothing. Never throws on input.
 */
export class LineSplitter {
  readonly #line: Uint8Array
  #length = 0
  #afterCarriageReturn = false
  /** First half of a surrogate pair whose second half comes with the next string. */
  #highSurrogate = ''
  readonly #decoder = new TextDecoder()

  constructor(options: { maxLineBytes?: number } = {}) {
    this.#line = new Uint8Array(Math.max(1, options.maxLineBytes ?? 1_024))
  }

  /** Calls `onLine` for every line that ends in this chunk, without its line end. Empty lines count. */
  push(chunk: Uint8Array | string, onLine: (line: string) => void): void {
    if (typeof chunk === 'string') {
      this.#readText(chunk, onLine)
    } else {
      this.#giveUpSurrogate(onLine)
      this.#readBytes(chunk, onLine)
    }
  }

  /** The stream is over: what stands after the last line end, or null if nothing does. The splitter is as new then. */
  end(): string | null {
    this.#giveUpSurrogate(() => {})
    this.#afterCarriageReturn = false
    return this.#length > 0 ? this.#takeLine() : null
  }

  #readBytes(bytes: Uint8Array, onLine: (line: string) => void): void {
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!
      if (byte === LINE_FEED && this.#afterCarriageReturn) {
        this.#afterCarriageReturn = false
      } else if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
        this.#afterCarriageReturn = byte === CARRIAGE_RETURN
        onLine(this.#takeLine())
      } else {
        this.#afterCarriageReturn = false
        if (this.#length < this.#line.length) this.#line[this.#length++] = byte
      }
    }
  }

  /** Piece by piece, so that a huge string is never held a second time as bytes. */
  #readText(chunk: string, onLine: (line: string) => void): void {
    const text = this.#highSurrogate + chunk
    const end = endsInHalfPair(text, text.length) ? text.length - 1 : text.length
    this.#highSurrogate = text.slice(end)
    const encoder = new TextEncoder()
    for (let at = 0; at < end; ) {
      let next = Math.min(end, at + TEXT_PIECE_LENGTH)
      if (endsInHalfPair(text, next)) next--
      this.#readBytes(encoder.encode(text.slice(at, next)), onLine)
      at = next
    }
  }

  #giveUpSurrogate(onLine: (line: string) => void): void {
    if (this.#highSurrogate === '') return
    this.#highSurrogate = ''
    this.#readBytes(REPLACEMENT_CHARACTER, onLine)
  }

  #takeLine(): string {
    // The decoder also takes away the byte order mark that some shells put in front of what they pipe.
    const line = this.#decoder.decode(this.#line.subarray(0, this.#length))
    this.#length = 0
    return line
  }
}

function endsInHalfPair(text: string, end: number): boolean {
  const code = text.charCodeAt(end - 1)
  return code >= 0xd800 && code <= 0xdbff
}
