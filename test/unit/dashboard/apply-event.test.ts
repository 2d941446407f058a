import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Job, JobEvent, JobOutput } from '../../../src/contract/index.js'
import { applyEvent } from '../../../src/dashboard/live/apply-event.js'
import { aJob, HISTORIES, timeOf } from './histories.js'

/** The job after each event, the first one before any. */
function statesOf(events: JobEvent[], from = aJob()): Job[] {
  const jobs = [from]
  for (const event of events) jobs.push(applyEvent(jobs.at(-1)!, event))
  return jobs
}

const ended = (more: Partial<Job>) => aJob({ state: 'failed', attempt: 1, finishedAt: timeOf(9), ...more })

describe('a job after its events', () => {
  test('ends the same, wherever one begins to listen and however much one hears again', () => {
    fc.assert(
      fc.property(HISTORIES, fc.nat(), fc.nat(), (events, some, fewer) => {
        const truth = statesOf(events)
        const listed = some % truth.length
        const heardFrom = fewer % (listed + 1)
        expect(statesOf(events.slice(heardFrom), truth[listed]).at(-1)).toEqual(truth.at(-1))
      }),
    )
  })

  test('shows no percent that falls within an attempt, also while it hears again what it knows', () => {
    fc.assert(
      fc.property(HISTORIES, fc.nat(), fc.nat(), (events, some, fewer) => {
        const truth = statesOf(events)
        const listed = some % truth.length
        const shown = statesOf(events.slice(fewer % (listed + 1)), truth[listed])
        const reached = new Map<number, number>()
        for (const { progress } of shown) {
          if (progress?.percent == null) continue
          expect(progress.percent).toBeGreaterThanOrEqual(reached.get(progress.attempt) ?? 0)
          reached.set(progress.attempt, progress.percent)
        }
      }),
    )
  })

  test('stays queued between two tries, whatever the former one is heard of', () => {
    const queued = aJob({ attempt: 1 })
    const base = { id: '1-0', jobId: queued.id, at: timeOf(1), attempt: 1 }
    expect(applyEvent(queued, { ...base, type: 'attempt.started', worker: 'w' })).toBe(queued)
    expect(applyEvent(queued, { ...base, type: 'phase.changed', phase: 'encoding' })).toBe(queued)
  })

  test('can not be played any more when the attempt is over that showed its output, unless that is published', () => {
    const output: JobOutput = {
      ...{ name: 'film', preset: 'hls', path: 'film', mediaType: 'application/vnd.apple.mpegurl' },
      ...{ bytes: null, sha256: null, durationMs: null, href: null, warnings: [], playable: null },
    }
    const playable = { afterMs: 1, attempt: 1, href: '/v1/jobs/j/early/1/main/master.m3u8' }
    const base = { id: '1-0', jobId: aJob().id, at: timeOf(1) }
    const shown = statesOf(
      [{ ...base, attempt: 1, type: 'output.playable', output: output.name, playable }],
      aJob({ state: 'active', attempt: 1, outputs: [output] }),
    ).at(-1)!
    expect(shown.outputs[0]!.playable).toEqual(playable)
    const next = { ...base, attempt: 2, type: 'attempt.started' as const, worker: 'w' }
    expect(applyEvent(shown, next).outputs[0]!.playable).toBeNull()
    const published = { ...shown, outputs: shown.outputs.map((each) => ({ ...each, href: '/there' })) }
    expect(applyEvent(published, next).outputs[0]!.playable).toEqual(playable)
  })

  test('does not end as it ended before it was run again', () => {
    const cancelled = ended({ state: 'cancelled', finishedAt: timeOf(9) })
    const before = ended({ finishedAt: timeOf(5) })
    expect(applyEvent(cancelled, { id: '1-0', jobId: '', at: timeOf(5), type: 'job.failed', job: before })).toBe(
      cancelled,
    )
  })

  test('is told of nothing by the events of workers', () => {
    const job = aJob()
    const event = { id: '1-0', at: timeOf(1), worker: 'w', reason: null }
    expect(applyEvent(job, { ...event, type: 'worker.left' })).toBe(job)
  })
})
