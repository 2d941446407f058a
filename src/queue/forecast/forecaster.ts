import type { Queue as BullQueue } from 'bullmq'
import type { Forecast, NormalizedJob, ProgressSnapshot } from '../../contract/index.js'
import { decodeSnapshot } from '../codec.js'
import type { Connection } from '../connection.js'
import type { JobRecord } from '../record.js'
import type { Turns } from '../turns/turns.js'
import type { FleetRegistry } from '../types.js'
import { type Features, featuresOf } from './features.js'
import { createOutlook, type Outlook, type Running } from './outlook.js'
import { readHistory } from './store.js'

/** Jobs of each kind that are looked at one by one; those behind them are told from these. */
const LOOKED_AT = 1_000
/** The queue is looked at when somebody asks, but no more often than this. */
const LOOK_EVERY_MS = 1_000
/** BullMQ's score of a delayed job is its time in ms, 4096 times. */
const SCORE_PER_MS = 0x1000

export type Forecaster = {
  /** Of a job that has not ended: where it waits (null: not in the queue), or runs. */
  of(record: JobRecord, place: number | null): Promise<Forecast | null>
  /** Of a job that would be sent now. */
  ofNext(request: NormalizedJob, tenant: string | null): Promise<Forecast | null>
  queue(): Promise<Forecast | null>
  /** What was seen no longer holds: look again when somebody asks. */
  lookAgain(): void
}

export type ForecasterOptions = { redis: Connection; bull: BullQueue; fleet: FleetRegistry; turns: Turns }

/** Tells from what the fleet did before when jobs will start and end. What it costs does not grow with the queue. */
export function createForecaster(options: ForecasterOptions): Forecaster {
  const { redis } = options
  const { keys } = redis.names
  let seen: { outlook: Promise<Outlook | null>; untilMs: number } | null = null
  /** Of the jobs that were looked at last; a request never changes. */
  let known = new Map<string, Features>()

  function look(): Promise<Outlook | null> {
    if (seen === null || performance.now() >= seen.untilMs) {
      const looked = { outlook: read(), untilMs: Number.POSITIVE_INFINITY }
      const holdsFor = (ms: number) => {
        looked.untilMs = performance.now() + ms
      }
      looked.outlook.then(
        () => holdsFor(LOOK_EVERY_MS),
        () => holdsFor(0),
      )
      seen = looked
    }
    return seen.outlook
  }

  async function read(): Promise<Outlook | null> {
    const [history, paused, workers, active, waiting, waitingCount, scores, delayedCount, held] = await Promise.all([
      readHistory(redis),
      options.bull.isPaused(),
      options.fleet.list(),
      redis.zrange(keys.active, 0, LOOKED_AT - 1),
      options.turns.first(LOOKED_AT),
      redis.zcard(keys.bullPrioritized),
      redis.zrange(keys.bullDelayed, 0, LOOKED_AT - 1, 'WITHSCORES'),
      redis.zcard(keys.bullDelayed),
      redis.smembers(keys.held),
    ])
    // Those that are held wait for their tenant, not for a time.
    const isHeld = new Set(held)
    const delayed = scores.flatMap((id, i) =>
      i % 2 === 1 || isHeld.has(id) ? [] : [{ id, dueMs: Number(scores[i + 1]) / SCORE_PER_MS }],
    )
    const [runs, features] = await Promise.all([
      Promise.all(
        active.map((id) => redis.hmget(keys.job(id), 'running', 'begun', 'worker', 'host', 'snap', 'started')),
      ),
      featuresById([...active, ...waiting, ...delayed.map(({ id }) => id)]),
    ])
    const atMs = Date.now()
    return createOutlook(history, {
      atMs,
      paused,
      workers: workers.filter(({ state }) => state === 'running'),
      running: active.flatMap((id, i): Running[] => {
        const [running, begun, worker, host, snap, started] = runs[i]!
        const own = features.get(id)
        if (running !== '1' || !own || !begun || !worker || !host) return []
        const ongoing = ongoingOf(Number(begun), decodeSnapshot(snap ?? undefined), atMs)
        return [{ ...ongoing, features: own, worker, host, startedMs: Number(started) }]
      }),
      waiting: waiting.flatMap((id) => features.get(id) ?? []),
      waitingCount,
      delayed: delayed.flatMap(({ id, dueMs }) => {
        const own = features.get(id)
        return own ? [{ features: own, dueMs }] : []
      }),
      delayedCount: delayedCount - held.length,
    })
  }

  async function featuresById(ids: string[]): Promise<Map<string, Features>> {
    const read = async (id: string) => {
      const text = await redis.hget(keys.job(id), 'req')
      return text === null ? null : featuresOf(JSON.parse(text) as NormalizedJob)
    }
    const found = await Promise.all(ids.map((id) => known.get(id) ?? read(id)))
    known = new Map(ids.flatMap((id, i) => (found[i] ? [[id, found[i]] as const] : [])))
    return known
  }

  async function of(record: JobRecord, place: number | null): Promise<Forecast | null> {
    const outlook = await look()
    if (outlook === null) return null
    const nowMs = Date.now()
    const features = featuresOf(record.request)
    if (place !== null) return outlook.waiting(features, place, nowMs)
    const { running, begunMs, worker, host, startedMs, snapshot } = record
    if (running) {
      if (begunMs === null || worker === null || host === null || startedMs === null) return null
      return outlook.running({ ...ongoingOf(begunMs, snapshot, nowMs), features, worker, host, startedMs }, nowMs)
    }
    const score = await redis.zscore(keys.bullDelayed, record.id)
    return score === null ? null : outlook.delayed(features, Number(score) / SCORE_PER_MS, nowMs)
  }

  async function ofNext(request: NormalizedJob, tenant: string | null): Promise<Forecast | null> {
    const outlook = await look()
    if (outlook === null) return null
    const nowMs = Date.now()
    if (request.delayMs > 0) return outlook.delayed(featuresOf(request), nowMs + request.delayMs, nowMs)
    const place = await options.turns.placeOfNext(tenant, request.priority)
    return place === null ? null : outlook.waiting(featuresOf(request), place, nowMs)
  }

  return {
    of,
    ofNext,
    queue: async () => (await look())?.queue(Date.now()) ?? null,
    lookAgain() {
      seen = null
    },
  }
}

/** How far an attempt has come, by its newest snapshot where it has told one. */
function ongoingOf(begunMs: number, snapshot: ProgressSnapshot | null, nowMs: number) {
  const elapsedMs = Math.max(0, nowMs - begunMs)
  const toldMs = snapshot === null ? 0 : Date.parse(snapshot.at)
  // What an earlier attempt told says nothing of this one.
  if (snapshot === null || toldMs < begunMs || snapshot.etaMs === null || snapshot.percent === null) {
    return { elapsedMs, ownTotalMs: null, seen: 0 }
  }
  return { elapsedMs, ownTotalMs: toldMs - begunMs + snapshot.etaMs, seen: snapshot.percent / 100 }
}
