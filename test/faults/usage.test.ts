/** What is used is counted once, whoever dies in between: real ffmpeg, workers and APIs that are killed. */
import { expect, test } from 'vitest'
import { useFleet } from '../helpers/fleet.js'
import { some } from '../helpers/long.js'

const fleet = useFleet()

// That ends, attempts and outputs are counted once is a promise that is looked at behind every test of faults.

const POINTS: [string, RegExp][] = [
  ['behind its commit', /^before link .*\/1\/out-0\.mp4 -> /],
  ['before it has decided to publish', /^after sync .*\/1\/out-0\.mp4$/],
  ['before it tells the queue', /^after rmdir .*\/\.ffleet\/[^/]+\/1$/],
]

test.each(some(POINTS, 3))('a worker killed %s is charged once, its successor once', async (_, point) => {
  const fault = fleet.fault(point, 'kill')
  const doomed = await fleet.worker(fault.env)
  const id = await fleet.submit()
  expect(await doomed.ended).toEqual({ code: null, signal: 'SIGKILL' })
  await fleet.worker()
  const job = await fleet.ended(id)
  expect(job).toMatchObject({ state: 'completed', attempt: 2 })
  const { attempts } = await fleet.stack.client.report(id)
  const [lost = 0, second = 0] = attempts.map(({ passes }) =>
    passes.reduce((sum, { summary }) => sum + summary.cpuUserMs! + summary.cpuSystemMs!, 0),
  )
  const { items } = await fleet.stack.client.usage()
  expect(items).toMatchObject([
    {
      tenant: null,
      jobs: { completed: 1, failed: 0, cancelled: 0 },
      attempts: 2,
      mediaMs: Math.round(job.outputs[0]!.durationMs!),
      outputBytes: job.outputs[0]!.bytes,
    },
  ])
  expect(items[0]!.inputBytes).toBeGreaterThan(0)
  // A worker may die before it has told what its ffmpeg had used.
  expect([second, lost + second]).toContain(items[0]!.cpuMs ?? 0)
})

test('an API killed while a job ends counts nothing twice when it is back', async () => {
  await fleet.worker()
  const ids = await Promise.all(Array.from({ length: 6 }, () => fleet.submit()))
  await fleet.told(ids[2]!, ({ type }) => type === 'job.completed')
  fleet.stack.api.signal('SIGKILL')
  await fleet.stack.api.ended
  await fleet.stack.startApi()
  for (const id of ids) expect(await fleet.ended(id)).toMatchObject({ state: 'completed' })
})
