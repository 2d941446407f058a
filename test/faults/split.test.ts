/** An output in parts: what is encoded stays, whatever becomes of the worker and the job. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PACED, useFleet } from '../helpers/fleet.js'

const fleet = useFleet()
const inParts = (path: string) => ({
  input: 'long.mp4',
  outputs: [{ preset: 'tiny', path, split: { segmentMs: 2_000 } }],
})
/** The passes of each attempt, by their names. */
const passesOf = async (id: string) =>
  (await fleet.stack.client.report(id)).attempts.map(({ passes }) => passes.map(({ label }) => label))
const sha256Of = (job: { outputs: { sha256: string | null }[] }) => job.outputs[0]!.sha256

const reached = (id: string, pass: number) =>
  fleet.told(id, (event) => event.type === 'progress' && event.progress.pass.index >= pass)
const forget = () => rm(join(fleet.stack.outputRoot, '.ffleet/parts'), { recursive: true })

test('what is encoded is kept when a job is cancelled and a worker killed, and all come to the same bytes', async () => {
  const doomed = await fleet.worker(PACED)
  const { id: cancelled } = await fleet.stack.client.submit(inParts('cancelled.mp4'))
  await reached(cancelled, 2)
  await fleet.stack.client.cancel(cancelled)
  expect(await fleet.ended(cancelled)).toMatchObject({ state: 'cancelled' })
  fleet.watchOutputs(cancelled)

  const id = await fleet.submit(inParts('killed.mp4'))
  await reached(id, 3)
  doomed.signal('SIGKILL')
  await fleet.worker()
  const killed = await fleet.ended(id)
  expect(killed).toMatchObject({ state: 'completed', attempt: 2, warnings: [] })
  expect(await passesOf(id)).toEqual([
    ['part 2 of 3', 'part 3 of 3'],
    ['part 3 of 3', 'join'],
  ])

  await fleet.stack.client.retry(cancelled)
  expect(sha256Of(await fleet.ended(cancelled))).toBe(sha256Of(killed))
  expect((await passesOf(cancelled)).at(-1)).toEqual(['join'])

  await forget()
  const whole = await fleet.submit(inParts('whole.mp4'))
  expect(sha256Of(await fleet.ended(whole))).toBe(sha256Of(killed))
  const percents = (await fleet.events(whole)).flatMap((event) =>
    event.type === 'progress' ? [event.progress.percent ?? 0] : [],
  )
  expect(percents).toEqual(percents.toSorted((a, b) => a - b))
})
