export type LogLevel = 'panic' | 'fatal' | 'error' | 'warning' | 'info' | 'verbose' | 'debug' | 'trace'

/**
 * One line of ffmpeg's log. `text` is the line as ffmpeg wrote it, without the `[level]` tag; `level` is null on a line
 * that carries none, such as one that a library printed past ffmpeg's logger.
 */
export type LogLine = { level: LogLevel | null; text: string }

/** Characters of a line that are kept, unless told otherwise; what follows is dropped and marked with `…`. */
const MAX_LINE_LENGTH = 4096

// `[mov,mp4 @ 0x55…] [error] text`, `[vist#0:0/h264 @ 0x…] [dec:h264 @ 0x…] [error] text`, `[info] text`: up to two
// contexts and then the level, the same from ffmpeg 4.1 to 9 (libavutil/log.c, format_line).
const TAGGED =
  /^((?:\[[^[\]]{1,200} @ [^[\] ]{1,32}\] ){0,3})\[(panic|fatal|error|warning|info|verbose|debug|trace)\] ?/

// These write to stderr themselves.
const LIBRARY = /^(?:x26[45] |Svt)\[(info|warn|warning|error)\]\s?: /

// ffmpeg up to 6 grumbles so about its own names of formats, once for each scaler, at every input of full range.
const ABOUT_ITSELF = /deprecated pixel format used, make sure you did set range correctly/

/** Reads the level of one line; what ffmpeg warns itself of is no more than information. Never throws. */
export function parseLogLine(raw: string): LogLine {
  const tagged = TAGGED.exec(raw)
  if (tagged) {
    const text = tagged[1] + raw.slice(tagged[0].length)
    return { level: ABOUT_ITSELF.test(text) ? 'info' : (tagged[2] as LogLevel), text }
  }
  const word = LIBRARY.exec(raw)?.[1]
  return { level: word === undefined ? null : word === 'warn' ? 'warning' : (word as LogLevel), text: raw }
}

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

  constructor(maxLineLength = MAX_LINE_LENGTH) {
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
