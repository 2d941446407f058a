/** Times as they pass. */
import type { Forecast } from '../../contract/index.js'
import { serverNow } from '../live/server.js'
import { localTime, roughly, utcTime } from '../words/figures.js'
import { words } from '../words/texts.js'
import { tick } from './ticks.js'

/** When it will start and end; the times and their bounds on hover. */
export function ForecastText({ forecast, endOnly }: { forecast: Forecast; endOnly?: boolean }) {
  const w = words.value
  void tick.value
  const now = serverNow()
  const inMs = (iso: string) => Date.parse(iso) - now
  const time = (iso: string) => localTime(iso, now)
  const bounds = [roughly(inMs(forecast.earliest)), roughly(inMs(forecast.latest))] as const
  const isFar = inMs(forecast.startsAt) > SOON_MS
  const text = endOnly
    ? w.doneIn(...bounds)
    : isFar
      ? w.startsIn(roughly(inMs(forecast.startsAt)))
      : w.endsIn(...bounds)
  return (
    <span
      title={w.forecastTimes(
        time(forecast.startsAt),
        time(forecast.endsAt),
        time(forecast.earliest),
        time(forecast.latest),
      )}
    >
      {text}
    </span>
  )
}

/** A start that is this near is no news. */
const SOON_MS = 5_000

/** How long ago; the time itself on hover, of this place and of UTC. */
export function Since({ iso }: { iso: string }) {
  void tick.value
  const now = serverNow()
  return (
    <time dateTime={iso} title={`${localTime(iso, 0)}\n${utcTime(iso)}`}>
      {words.value.ago(roughly(now - Date.parse(iso)))}
    </time>
  )
}

/** Date and time of this place, only the time where it is of today; that of UTC on hover. */
export function LocalTime({ iso }: { iso: string }) {
  return (
    <time dateTime={iso} title={utcTime(iso)}>
      {localTime(iso, serverNow())}
    </time>
  )
}
