/**
 * When schedules come due. Pure: the clock is passed in. Patterns are read by cron-parser, as BullMQ itself reads them; each slot
 * is computed from the one before alone, so that every process comes to the same ones.
 */
import { CronExpressionParser } from 'cron-parser'

/** A cron pattern, or an interval in ms, and the IANA name of the zone whose clock it follows. */
export type Timing =
  | { cron: string; everyMs: null; timeZone: string }
  | { cron: null; everyMs: number; timeZone: string }

export type TimingFault = { field: 'cron' | 'timeZone'; says: string }

const ALIASES = new Set(['@hourly', '@daily', '@weekly', '@monthly', '@yearly'])
const FIELDS = /^[\dA-Za-z*?/,#-]+$/

/** What stands against a timing; null: it comes due again and again. */
export function timingFault(timing: Timing, nowMs: number): TimingFault | null {
  if (!isTimeZone(timing.timeZone)) {
    return { field: 'timeZone', says: 'is no IANA name of a time zone, such as Europe/Berlin or UTC' }
  }
  if (timing.cron === null) return null
  const cron = timing.cron.trim()
  const fields = cron.split(/\s+/)
  const isPattern = [5, 6].includes(fields.length) && fields.every((field) => FIELDS.test(field))
  if (!isPattern && !ALIASES.has(cron)) {
    const takes = 'five fields (minute, hour, day of the month, month, day of the week), six with the second first'
    return { field: 'cron', says: `takes ${takes}, or one of ${[...ALIASES].join(', ')}` }
  }
  // Each process would draw another minute.
  if (/\bH\b/.test(cron)) return { field: 'cron', says: 'takes no H: say the minute' }
  try {
    nextSlot(timing, nowMs)
    return null
  } catch (error) {
    const { message } = error as Error
    const never = /loop limit|Invalid explicit day of month/.test(message)
    return { field: 'cron', says: never ? 'never comes due: no month has such a day' : `can not be read: ${message}` }
  }
}

/** The first slot after a time, in ms. */
export function nextSlot(timing: Timing, afterMs: number): number {
  if (timing.cron === null) return (Math.floor(afterMs / timing.everyMs) + 1) * timing.everyMs
  const slots = CronExpressionParser.parse(timing.cron, { currentDate: new Date(afterMs), tz: timing.timeZone })
  return slots.next().getTime()
}

export function nextSlots(timing: Timing, afterMs: number, count: number): number[] {
  const slots: number[] = []
  for (let at = afterMs; slots.length < count; slots.push(at)) at = nextSlot(timing, at)
  return slots
}

/** The newest slot at or before a time; `slotMs`, which is one, where no later one has come. */
export function newestSlot(timing: Timing, slotMs: number, nowMs: number): number {
  if (nextSlot(timing, slotMs) > nowMs) return slotMs
  // Between these, by halves: a schedule may have missed any number.
  let [before, after] = [slotMs, nowMs]
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (nextSlot(timing, middle) > nowMs) after = middle
    else before = middle
  }
  return nextSlot(timing, before)
}

/** BullMQ carries a timing as a pattern; its own intervals are not used, so that slots are computed in one place. */
export function patternOf({ cron, everyMs }: Timing): string {
  return cron ?? `every ${everyMs}`
}

export function timingOf(pattern: string, timeZone: string): Timing {
  const [, everyMs] = /^every (\d+)$/.exec(pattern) ?? []
  return everyMs === undefined
    ? { cron: pattern, everyMs: null, timeZone }
    : { cron: null, everyMs: +everyMs, timeZone }
}

function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
