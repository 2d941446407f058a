import { CHECK_MS, LOCK_MS, PACED, startFleet, TINY } from '../helpers/fleet-stack.js'
import { processesIn } from '../helpers/invariants.js'
import { isAlive } from '../helpers/processes.js'
import type { Stack } from '../helpers/stack.js'

const STATS_PERIOD_MS = 100

/**
 * Kills the worker of a job, measures how long it takes until another one begins, cancels the job there and measures how
 * long its ffmpeg lives on. Prints both; true when they are within their goals.
 */
export async function measure(options: { rounds: number; log: (line: string) => void }): Promise<boolean> {
  const { rounds, log } = options
  const stack = await startFleet({ env: PACED })
  const takeoverMs: number[] = []
  const cancelMs: number[] = []
  let orphans = 0
  try {
    await stack.startWorker()
    await stack.startWorker()
    for (let round = 0; round < rounds; round++) {
      const times = await oneRound(stack)
      takeoverMs.push(times.takeoverMs)
      cancelMs.push(times.cancelMs)
      orphans += times.orphans
    }
  } finally {
    await stack.stop()
  }
  const allowedMs = LOCK_MS + CHECK_MS
  const cancelLimitMs = 1_000 + STATS_PERIOD_MS
  const worst = percentile(takeoverMs, 99)
  log(`takeover after SIGKILL of a worker, lock ${LOCK_MS} ms and check every ${CHECK_MS} ms, ${rounds} rounds:`)
  log(
    `  p50 ${percentile(takeoverMs, 50)} ms, p99 ${worst} ms, ${(worst / allowedMs).toFixed(2)} of lock + check (goal 1.2)`,
  )
  log(`ffmpeg gone after a cancel, ${rounds} rounds:`)
  log(`  p50 ${percentile(cancelMs, 50)} ms, p99 ${percentile(cancelMs, 99)} ms (goal ${cancelLimitMs})`)
  log(`ffmpeg processes that outlived their worker: ${orphans} (goal 0)`)
  return worst <= 1.2 * allowedMs && percentile(cancelMs, 99) <= cancelLimitMs && orphans === 0
}

async function oneRound(stack: Stack): Promise<{ takeoverMs: number; cancelMs: number; orphans: number }> {
  const { client } = stack
  const { id } = await client.submit({ input: 'long.mp4', outputs: [TINY] })
  let killedAt = 0
  let encoder = 0
  let takeoverMs = 0
  let cancelAt = 0
  let gone: Promise<number> = Promise.resolve(0)
  let orphans = 0
  for await (const event of client.events(id)) {
    const isEncoding = event.type === 'progress' && (event.progress.frame ?? 0) > 0
    if (isEncoding && event.progress.attempt === 1 && killedAt === 0) {
      encoder = await onlyEncoder(stack)
      const { worker } = await client.get(id)
      const { pid } = (await client.workers()).find((each) => each.id === worker)!
      const part = stack.workers.find((each) => each.pid === pid)!
      killedAt = Date.now()
      part.signal('SIGKILL')
      stack.workers.splice(stack.workers.indexOf(part), 1)
    } else if (event.type === 'attempt.started' && event.attempt === 2) {
      takeoverMs = Date.parse(event.at) - killedAt
      if (isAlive(encoder)) orphans++
    } else if (isEncoding && event.progress.attempt === 2 && cancelAt === 0) {
      encoder = await onlyEncoder(stack)
      cancelAt = performance.now()
      gone = untilGone(encoder).then((at) => at - cancelAt)
      await client.cancel(id)
    }
  }
  const cancelMs = Math.round(await gone)
  await stack.startWorker()
  return { takeoverMs, cancelMs, orphans }
}

async function onlyEncoder(stack: Stack): Promise<number> {
  return Number.parseInt((await processesIn(stack.outputRoot))[0]!, 10)
}

async function untilGone(pid: number): Promise<number> {
  while (isAlive(pid)) await new Promise((done) => setTimeout(done, 2))
  return performance.now()
}

/** Of at least one figure; the nearest one that was measured. */
function percentile(figures: readonly number[], percent: number): number {
  const sorted = figures.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)]!
}
