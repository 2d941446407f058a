/** Figures as people read them. Null is unknown, and is written as a dash. */
import type { ProgressSnapshot } from '../../contract/index.js'
import { language } from './language.js'

export const UNKNOWN = '–'

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** Decimal units, three digits: `1.28 MB`. */
export function bytes(value: number | null): string {
  if (value === null) return UNKNOWN
  let scaled = value
  let unit = 0
  while (scaled >= 999.5 && unit < UNITS.length - 1) {
    scaled /= 1000
    unit++
  }
  return `${unit === 0 ? scaled : scaled.toPrecision(3)} ${UNITS[unit]}`
}

export function bitrate(value: number | null): string {
  if (value === null) return UNKNOWN
  if (value >= 999_500_000) return `${(value / 1e9).toPrecision(3)} Gbit/s`
  if (value >= 999_500) return `${(value / 1e6).toPrecision(3)} Mbit/s`
  return `${(value / 1e3).toPrecision(3)} kbit/s`
}

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return UNKNOWN
  const s = Math.max(0, ms) / 1000
  if (s < 9.95) return `${s.toFixed(1)} s`
  const whole = Math.round(s)
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3_600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ]
  const first = parts.findIndex(([n]) => n > 0)
  return parts
    .slice(first, first + 2)
    .filter(([n], i) => i === 0 || n > 0)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(' ')
}

/** Media time: `1:02:03.4`. */
export function mediaTime(us: number | null): string {
  if (us === null) return UNKNOWN
  const tenths = Math.floor(Math.max(0, us) / 100_000)
  const s = (tenths / 10) % 60
  const min = Math.floor(tenths / 600) % 60
  const h = Math.floor(tenths / 36_000)
  const seconds = s.toFixed(1).padStart(4, '0')
  return h > 0 ? `${h}:${String(min).padStart(2, '0')}:${seconds}` : `${min}:${seconds}`
}

/** `41.3 %`. */
export function percent(value: number | null): string {
  return value === null ? UNKNOWN : `${value.toFixed(1)} %`
}

/** `3.94×`: media seconds a second. */
export function speed(value: number | null): string {
  if (value === null) return UNKNOWN
  return `${value >= 99.95 ? value.toFixed(0) : value.toPrecision(3)}×`
}

/** A figure with at most so many decimals, grouped as the language has it. */
export function number(value: number | null, decimals = 0): string {
  if (value === null) return UNKNOWN
  return new Intl.NumberFormat(language.value, { maximumFractionDigits: decimals }).format(value)
}

/** What is left; of a job whose end is unknown, unknown. */
export function eta(progress: ProgressSnapshot | null): string {
  return duration(progress?.etaMs ?? null)
}

/** As far as anybody knows: no more digits than that. */
export function roughly(ms: number): string {
  const s = Math.max(0, ms) / 1000
  if (s < 60) return `${Math.floor(s)} s`
  if (s < 3_600) return `${Math.floor(s / 60)} min`
  return s < 86_400 ? `${Math.floor(s / 3_600)} h` : `${Math.floor(s / 86_400)} d`
}

/** Date and time of the person's own zone; only the time where it is of today. */
export function localTime(iso: string | null, nowMs: number): string {
  if (iso === null) return UNKNOWN
  const date = new Date(iso)
  const today = new Date(nowMs).toDateString() === date.toDateString()
  return new Intl.DateTimeFormat(language.value, {
    ...(today ? {} : { year: 'numeric', month: 'short', day: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(date)
}

/** `2026-01-02 03:04:05.678 UTC`. */
export function utcTime(iso: string): string {
  return `${iso.replace('T', ' ').replace('Z', '')} UTC`
}
