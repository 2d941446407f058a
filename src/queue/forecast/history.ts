/** What the fleet did, and what a job will therefore take. Pure. */
import type { Features } from './features.js'
import { type Line, slopeOf, squaresAbout, withPoint } from './line.js'

/** Lines of log milliseconds over log bytes by class, and by host how far it was off them of late. */
export type History = ReadonlyMap<string, Line>

/**
 * How long an attempt will take on a host like all: the logarithm of its milliseconds, and what that may be off by, as
 * variances. `own`: this job alone; `shared`: what is known too little of jobs like it, so that all of them are off together.
 */
export type Estimate = { logMs: number; own: number; shared: number }

/** An attempt that completed. */
export type Ran = { features: Features; host: string; tookMs: number }

/** Fewer than three attempts tell nothing; three weigh a little less than that. */
const LEAST_WEIGHT = 2.5
/** An attempt weighs a third after 64 others of its class; a host's after 16, as what else it does changes. */
const [KEEP_CLASS, KEEP_HOST] = [63 / 64, 15 / 16]
/** Until many say otherwise, jobs of one class and size differ by a fifth. */
const PRESUMED_VARIANCE = 0.04
/** Until sizes differ, twice the bytes take twice the time. */
const [PRESUMED_SLOPE, PRESUMED_SQUARES] = [1, 0.5]
/** A host counts as one like all until so many attempts say otherwise. */
const HOST_PRESUMED = 2
/** Until so many attempts say otherwise, the pace of the fleet strays by a tenth; they are remembered for 256. */
const [PACE_PRESUMED, PRESUMED_DRIFT, KEEP_PACE] = [24, 0.1, 255 / 256]
/** Where the first of a class tells no size. */
const TYPICAL_LOG_BYTES = Math.log(10e6)

export const hostField = (host: string) => `host ${host}`
/** How slow hosts were, attempt by attempt: the scatter of it tells how steady the fleet is. */
const PACE = 'pace'

/** Where a history keeps what it learns of an attempt. */
export const fieldsOf = ({ features, host }: Pick<Ran, 'features' | 'host'>): string[] => [
  ...features.classes,
  hostField(host),
  PACE,
]

/** From the widest class to the narrowest: each is drawn towards the one around it, the less it has seen the more. Null: too little is known. */
export function estimate(history: History, { classes, bytes }: Features): Estimate | null {
  let found: (Estimate & { slope: number }) | null = null
  for (const name of classes) {
    const line = history.get(name)
    if (line === undefined) continue
    if (found === null && line.weight < LEAST_WEIGHT) return null
    found = narrowed(found, line, bytes)
  }
  return found
}

function narrowed(wider: (Estimate & { slope: number }) | null, line: Line, bytes: number | null) {
  const slope = slopeOf(line, wider?.slope ?? PRESUMED_SLOPE, PRESUMED_SQUARES)
  const own = (squaresAbout(line, slope) + PRESUMED_VARIANCE) / (line.weight + 1)
  const fromMean = bytes === null ? 0 : Math.log(Math.max(1, bytes)) - line.meanX
  const here = line.meanY + slope * fromMean
  const hereVariance = own / line.weight + (fromMean * fromMean * own) / (line.xx + PRESUMED_SQUARES)
  if (wider === null) return { logMs: here, own, shared: hereVariance, slope }
  const widerVariance = wider.own + wider.shared
  const share = widerVariance / (widerVariance + hereVariance)
  return {
    logMs: share * here + (1 - share) * wider.logMs,
    own,
    shared: share * hereVariance,
    slope,
  }
}

/** How much longer than others a host takes, as a logarithm. */
export function slownessOf(history: History, host: string): number {
  const line = history.get(hostField(host))
  return line === undefined ? 0 : (line.meanY * line.weight) / (line.weight + HOST_PRESUMED)
}

/**
 * How far the pace of the fleet strays, as a standard deviation of its logarithm: hosts that do other things as well are
 * faster or slower for a while, and all that waits with them.
 */
export function driftOf(history: History): number {
  const { yy, weight } = history.get(PACE) ?? { yy: 0, weight: 0 }
  return Math.sqrt((yy + PACE_PRESUMED * PRESUMED_DRIFT ** 2) / (weight + PACE_PRESUMED))
}

/** The lines that an attempt changes, by their fields. */
export function learn(history: History, { features, host, tookMs }: Ran): Map<string, Line> {
  const logMs = Math.log(Math.max(1, tookMs))
  const expected = estimate(history, features)
  // Not what the host is slower by: other hosts are measured by the same lines.
  const onAnyHost = logMs - slownessOf(history, host)
  const changed = new Map<string, Line>()
  for (const name of features.classes) {
    const line = history.get(name)
    const x = features.bytes === null ? (line?.meanX ?? TYPICAL_LOG_BYTES) : Math.log(Math.max(1, features.bytes))
    changed.set(name, withPoint(line, x, onAnyHost, KEEP_CLASS))
  }
  if (expected !== null) {
    const field = hostField(host)
    const line = withPoint(history.get(field), 0, logMs - expected.logMs, KEEP_HOST)
    changed.set(field, line)
    changed.set(PACE, withPoint(history.get(PACE), 0, slownessOf(changed, host), KEEP_PACE))
  }
  return changed
}
