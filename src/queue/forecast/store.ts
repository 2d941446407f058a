import type { NormalizedJob } from '../../contract/index.js'
import type { Connection } from '../connection.js'
import { featuresOf } from './features.js'
import { fieldsOf, type History, learn } from './history.js'
import type { Line } from './line.js'

/** Classes and hosts that are remembered; of more, those that ran longest ago are forgotten. */
const MOST_FIELDS = 512
const FORGOTTEN_AT_ONCE = 64

/** Seven numbers: the line, and when it was changed last, in ms. */
type Kept = [weight: number, meanX: number, meanY: number, xx: number, xy: number, yy: number, atMs: number]

/** What the fleet remembers, a field each for a class or host. What can't be read is as if it were not there. */
export async function readHistory(redis: Connection): Promise<History> {
  const fields = await redis.hgetall(redis.names.keys.history)
  return new Map(Object.entries(fields).flatMap(([field, text]) => lineOf(field, text)))
}

/**
 * Remembers an attempt that completed. Two at once may lose one of them: no more than one attempt less to learn from.
 */
export async function remember(
  redis: Connection,
  { request, host, tookMs }: { request: NormalizedJob; host: string; tookMs: number },
): Promise<void> {
  const key = redis.names.keys.history
  const ran = { features: featuresOf(request), host, tookMs }
  const fields = fieldsOf(ran)
  const texts = await redis.hmget(key, ...fields)
  const history = new Map(texts.flatMap((text, i) => lineOf(fields[i]!, text)))
  const atMs = Date.now()
  const changed = [...learn(history, ran)].flatMap(([field, line]) => [field, JSON.stringify(keptOf(line, atMs))])
  await redis.hset(key, ...changed)
  if ((await redis.hlen(key)) > MOST_FIELDS) await forgetOldest(redis)
}

async function forgetOldest(redis: Connection): Promise<void> {
  const key = redis.names.keys.history
  const ages = Object.entries(await redis.hgetall(key)).map(([field, text]) => ({
    field,
    atMs: keptIn(text)?.[6] ?? 0,
  }))
  const oldest = ages.toSorted((a, b) => a.atMs - b.atMs).slice(0, ages.length - MOST_FIELDS + FORGOTTEN_AT_ONCE)
  await redis.hdel(key, ...oldest.map(({ field }) => field))
}

const round = (value: number) => Number(value.toPrecision(7))

const keptOf = ({ weight, meanX, meanY, xx, xy, yy }: Line, atMs: number): Kept => [
  round(weight),
  round(meanX),
  round(meanY),
  round(xx),
  round(xy),
  round(yy),
  atMs,
]

function keptIn(text: string): Kept | null {
  try {
    const kept = JSON.parse(text) as Kept
    return Array.isArray(kept) && kept.length === 7 && kept.every(Number.isFinite) ? kept : null
  } catch {
    return null
  }
}

function lineOf(field: string, text: string | null | undefined): [string, Line][] {
  const kept = text ? keptIn(text) : null
  if (kept === null) return []
  const [weight, meanX, meanY, xx, xy, yy] = kept
  return [[field, { weight, meanX, meanY, xx, xy, yy }]]
}
