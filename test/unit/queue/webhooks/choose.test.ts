import { expect, test } from 'vitest'
import type { JobEvent } from '../../../../src/contract/index.js'
import type { Entry } from '../../../../src/queue/index.js'
import { choose } from '../../../../src/queue/webhooks/choose.js'

const log = (...types: JobEvent['type'][]) => types.map((type, i) => ({ id: `1-${i}`, type }) as Entry<JobEvent>)
const state = (types: JobEvent['type'][], rest = {}) => ({
  types: new Set(types),
  cursor: '0-7',
  retryAtMs: 0,
  nextProgressAtMs: 0,
  ...rest,
})
const choice = (entries: Entry<JobEvent>[], given: ReturnType<typeof state>, nowMs = 100) => {
  const chosen = choose(entries, given, nowMs)
  return chosen.kind === 'nothing' ? ['nothing', chosen.cursor] : [chosen.kind, chosen.entry.id]
}

test('what is sent next is the first of what is subscribed', () => {
  const entries = log('job.queued', 'attempt.started', 'log', 'job.failed', 'job.queued', 'job.completed')
  expect(choice(entries, state(['job.failed', 'job.completed']))).toEqual(['send', '1-3'])
  expect(choice(entries, state(['job.cancelled']))).toEqual(['nothing', '1-5'])
  expect(choice([], state(['job.failed']))).toEqual(['nothing', '0-7'])
})

test('of progress it is the newest, and none before something else', () => {
  const running = log('attempt.started', 'progress', 'phase.changed', 'progress', 'progress')
  expect(choice(running, state(['progress']))).toEqual(['send', '1-4'])
  expect(choice(running, state(['progress', 'phase.changed']))).toEqual(['send', '1-2'])
  expect(choice(log('progress', 'progress', 'job.completed'), state(['progress', 'job.completed']))).toEqual([
    'send',
    '1-2',
  ])
})

test('progress waits for its interval, what is tried again for its time, and one not for that of the other', () => {
  const both = state(['progress', 'job.completed'], { retryAtMs: 150, nextProgressAtMs: 0 })
  expect(choice(log('progress'), both)).toEqual(['send', '1-0'])
  expect(choice(log('job.completed'), both)).toEqual(['wait', '1-0'])
  expect(choice(log('job.completed'), both, 150)).toEqual(['send', '1-0'])
  const later = state(['progress', 'job.completed'], { nextProgressAtMs: 150 })
  expect(choice(log('progress'), later)).toEqual(['wait', '1-0'])
  expect(choice(log('progress', 'job.completed'), later)).toEqual(['send', '1-1'])
})
