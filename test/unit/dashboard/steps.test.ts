import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Report } from '../../../src/contract/index.js'
import { type Attempt, addStep, attemptsOf } from '../../../src/dashboard/job/steps.js'
import { ERROR, HISTORIES, timeOf } from './histories.js'

describe('the attempts of a job', () => {
  test('one for each that began, in order, and only the last one may run', () => {
    fc.assert(
      fc.property(HISTORIES, (events) => {
        const attempts = events.reduce(addStep, [] as Attempt[])
        const begun = events.flatMap((event) => (event.type === 'attempt.started' ? event.attempt : []))
        expect(attempts.map(({ attempt }) => attempt)).toEqual(begun)
        for (const { outcome, finishedAt } of attempts.slice(0, -1)) {
          expect(outcome).not.toBe('running')
          expect(finishedAt).not.toBeNull()
        }
      }),
    )
  })

  test('a worker that was lost is told from a failure', () => {
    const error = { ...ERROR, code: 'WORKER_LOST' as const }
    const failed = { id: '1-0', jobId: '', at: timeOf(1), type: 'attempt.failed' as const, attempt: 1, willRetry: true }
    expect(addStep([], { ...failed, error })[0]?.outcome).toBe('lost')
    expect(addStep([], { ...failed, error: ERROR })[0]?.outcome).toBe('failed')
  })

  test('events tell what a report does not know yet, and a report what no event tells any more', () => {
    const told = { attempt: 1, worker: 'w-1', startedAt: timeOf(1), finishedAt: timeOf(5), outcome: 'released' }
    const report = { attempts: [{ ...told, error: null }] } as unknown as Report
    expect(attemptsOf(report, [])).toEqual([{ ...told, error: null, phases: [] }])
    const heard = addStep([], {
      id: '1-0',
      jobId: '',
      at: timeOf(2),
      type: 'phase.changed',
      attempt: 2,
      phase: 'probing',
    })
    const both = attemptsOf(report, heard)
    expect(both.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'released'],
      [2, 'running'],
    ])
    expect(both[1]?.phases).toEqual([{ phase: 'probing', at: timeOf(2) }])
  })
})
