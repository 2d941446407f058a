import type { Forecast } from '../../contract/index.js'

/** A start that is this near is no news. */
const SOON_MS = 5_000

/** `starts in about 2 min, ends in 5 to 8 min`, as seen at `nowMs`; what has started is not said to start. */
export function forecastWords({ startsAt, earliest, latest }: Forecast, nowMs: number): string {
  const inMs = (at: string) => Math.max(0, Date.parse(at) - nowMs)
  const [from, to] = [roughly(inMs(earliest)), roughly(inMs(latest))]
  const [fromNumber, fromUnit] = split(from)
  const between = fromUnit === split(to)[1] ? `${fromNumber} to ${to}` : `${from} to ${to}`
  const ends = `ends in ${from === to ? `about ${to}` : between}`
  return inMs(startsAt) < SOON_MS ? ends : `starts in about ${roughly(inMs(startsAt))}, ${ends}`
}

/** Two digits at most: nobody knows the rest. */
function roughly(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000))
  if (seconds < 90) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes} min`
  const hours = minutes / 60
  if (hours < 9.95) return `${hours.toFixed(1)} h`
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} days`
}

const split = (span: string): string[] => span.split(' ')
