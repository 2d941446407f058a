/** The levels of ffmpeg's log, worst first. */
export const LOG_LEVELS = ['panic', 'fatal', 'error', 'warning', 'info', 'verbose', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/**
 * One line of ffmpeg's log. `text` is the line as ffmpeg wrote it, without the `[level]` tag; `level` is null on a line
 * that carries none, such as one that a library printed past ffmpeg's logger.
 */
export type LogLine = { level: LogLevel | null; text: string }

/** Characters of a line that are kept; what follows is dropped and marked with `…`. */
export const MAX_LOG_LINE_LENGTH = 4096

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
