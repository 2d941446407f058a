/** Numbers as people read them. Null, which is unknown, is `?` wherever there is a place for it. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** Decimal units, three digits: `1.23 MB`. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return '?'
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? String(Math.round(value)) : threeDigits(value)} ${UNITS[unit]}`
}

/** `0:07`, `12:34`, `1:02:03`. */
export function formatClock(ms: number | null): string {
  if (ms === null) return '?'
  const seconds = Math.floor(Math.max(0, ms) / 1000)
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const tail = `${String(m).padStart(h > 0 ? 2 : 1, '0')}:${String(s).padStart(2, '0')}`
  return h > 0 ? `${h}:${tail}` : tail
}

/** `850 ms`, `4.3 s`, then as a clock. */
export function formatSpan(ms: number | null): string {
  if (ms === null) return '?'
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  return formatClock(ms)
}

/** `7 s`, then as a clock. */
export function formatLongSpan(ms: number): string {
  return ms < 60_000 ? `${Math.floor(ms / 1000)} s` : formatClock(ms)
}

/** `3.94x`, `0.5x`, `48.6x`, `1350x`. */
export function formatSpeed(speed: number | null): string {
  return speed === null ? '?' : `${threeDigits(speed)}x`
}

export function formatPercent(percent: number | null): string {
  return percent === null ? '?' : `${percent.toFixed(1)} %`
}

/** Bits per second as `812 kb/s`. */
export function formatBitrate(bitrate: number | null): string {
  if (bitrate === null) return '?'
  return bitrate < 999_500 ? `${threeDigits(bitrate / 1000)} kb/s` : `${threeDigits(bitrate / 1e6)} Mb/s`
}

/** `3 jobs`, `1 job`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

function threeDigits(value: number): string {
  if (value >= 99.95) return String(Math.round(value))
  return value.toFixed(value >= 9.995 ? 1 : 2)
}
