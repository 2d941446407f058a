/**
 * The values of a report, as `print_report()` of fftools/ffmpeg.c prints them in FFmpeg 4.0 to 9. All of these take the
 * text after `=`, leading spaces and all, and give null for `N/A`, for what is not there and for anything else that is
 * no plain finite number: null means unknown. None throws, and none gives NaN, an infinity or a negative zero.
 */
type Text = string | undefined

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const BITRATE = /^(\S+)kbits\/s$/
const SPEED = /^(\S+)x$/
const CLOCK = /^(-?)(\d+):([0-5]?\d):([0-5]?\d)(?:\.(\d{1,6}))?$/
const HOUR_US = 3_600_000_000

/** A number such as `28.0`, `-1.0` or `1.35e+03`. */
export function parseDecimal(text: Text): number | null {
  const trimmed = text?.trim() ?? ''
  if (!NUMBER.test(trimmed)) return null
  const value = Number(trimmed)
  // `-0.0` is printed for a quantizer of 0 and for a bitrate over a negative time.
  return Number.isFinite(value) ? value + 0 : null
}

/** A whole number of 0 or more, such as `frame`, `total_size`, `dup_frames`. */
export function parseCount(text: Text): number | null {
  const value = parseDecimal(text)
  return value !== null && value >= 0 && Number.isSafeInteger(value) ? value : null
}

/** Bits per second from `1006.8kbits/s`; ffmpeg's kbit is 1,000 bits. */
export function parseBitrate(text: Text): number | null {
  const bits = Math.round((parseDecimal(BITRATE.exec(text?.trim() ?? '')?.[1]) ?? Number.NaN) * 1_000)
  return Number.isFinite(bits) && bits >= 0 ? bits : null
}

/** ffmpeg's own cumulative media seconds per second from `5.39x`, `   1x`, `1.35e+03x`. */
export function parseSpeed(text: Text): number | null {
  const speed = parseDecimal(SPEED.exec(text?.trim() ?? '')?.[1])
  return speed !== null && speed >= 0 ? speed : null
}

/** Microseconds from `out_time_us`, and from `out_time_ms`, which holds microseconds too in every version. */
export function parseMicroseconds(text: Text): number | null {
  return mediaTime(parseDecimal(text))
}

/** Microseconds from `out_time`: `[-]HH:MM:SS.ffffff`, hours unbounded. */
export function parseClock(text: Text): number | null {
  const match = CLOCK.exec(text?.trim() ?? '')
  if (!match) return null
  const [, sign, hours, minutes, seconds, fraction = ''] = match
  const us = Number(hours) * HOUR_US + Number(minutes) * 60e6 + Number(seconds) * 1e6 + Number(fraction.padEnd(6, '0'))
  return mediaTime(sign ? -us : us)
}

/**
 * Before the first packet up to 6.x say INT64_MIN + 1 (as a clock `-577014:32:22.775807` where hours overflow, else
 * `-2562047788:…`), which is unknown. Audio priming and B-frames make honest times of less than 0 by seconds at most: 0.
 */
function mediaTime(us: number | null): number | null {
  if (us === null || !Number.isSafeInteger(us) || us < -HOUR_US) return null
  return Math.max(0, us)
}
