import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { JobOutput } from '../../src/contract/index.js'
import { program, useFleet } from '../helpers/fleet.js'
import { long } from '../helpers/long.js'

const fleet = useFleet()

/** Two decodes: the first makes one file, the second another one in two passes. */
const OUTPUTS = [{ preset: 'tiny' }, { preset: 'tiny-2pass' }]

/** Which file stands at an output's path; made anew it is another one. */
const inodeOf = async (output: JobOutput) => (await stat(join(fleet.stack.outputRoot, output.path))).ino

/** What the passes of each attempt were, by the files they wrote. */
async function passes(id: string): Promise<string[][]> {
  const { attempts } = await fleet.stack.client.report(id)
  return attempts.map((attempt) => attempt.passes.map(({ label }) => label))
}

test('a worker that is lost with one output published: the next makes only the other', async () => {
  const fault = fleet.fault(/^before open .*\/1\/out-1\.mp4$/, 'kill')
  const doomed = await fleet.worker(fault.env)
  const id = await fleet.submit({ outputs: OUTPUTS })
  await doomed.ended
  const [first, second] = (await fleet.get(id)).outputs
  expect([first!.sha256 !== null, second!.sha256 !== null]).toEqual([true, false])
  const inode = await inodeOf(first!)
  await fleet.worker()
  const job = await fleet.ended(id)
  expect(job).toMatchObject({ state: 'completed', attempt: 2 })
  expect(await inodeOf(job.outputs[0]!)).toBe(inode)
  expect((await passes(id)).map((labels) => labels.length)).toEqual([3, 2])
})

test('a commit that was not carried out is carried out by the next, without encoding', async () => {
  const fault = fleet.fault(/^before link .*\/1\/out-1\.mp4 -> /, 'kill')
  const doomed = await fleet.worker(fault.env)
  const id = await fleet.submit({ outputs: OUTPUTS })
  await doomed.ended
  // Whoever encodes now fails.
  await fleet.worker({ FFLEET_FFMPEG: program('exits-with-code.mjs') })
  expect(await fleet.ended(id)).toMatchObject({ state: 'completed', attempt: 2 })
})

test('a retry by a person makes only what is missing', async () => {
  const fault = fleet.fault(/^before open .*\/1\/out-1\.mp4$/, 'EIO')
  await fleet.worker(fault.env)
  const { id } = await fleet.stack.client.submit({ input: 'in.mp4', outputs: OUTPUTS, maxAttempts: 1 })
  const failed = await fleet.ended(id)
  expect(failed).toMatchObject({ state: 'failed' })
  const inode = await inodeOf(failed.outputs[0]!)
  await fleet.stack.client.retry(id)
  const job = await fleet.ended(id)
  expect(job).toMatchObject({ state: 'completed', attempt: 2 })
  expect(await inodeOf(job.outputs[0]!)).toBe(inode)
  const ready = (await fleet.events(id)).flatMap((event) => (event.type === 'output.ready' ? [event.output.name] : []))
  expect(ready).toEqual(['tiny', 'tiny-2pass'])
  fleet.watchOutputs(id)
})

long('a retry by a person makes what was published and is gone again', async () => {
  const fault = fleet.fault(/^before open .*\/1\/out-1\.mp4$/, 'EIO')
  await fleet.worker(fault.env)
  const { id } = await fleet.stack.client.submit({ input: 'in.mp4', outputs: OUTPUTS, maxAttempts: 1 })
  const [first] = (await fleet.ended(id)).outputs
  await rm(join(fleet.stack.outputRoot, first!.path))
  const queued = await fleet.stack.client.retry(id)
  expect(queued.outputs.map(({ sha256 }) => sha256)).toEqual([null, null])
  const job = await fleet.ended(id)
  expect(job).toMatchObject({ state: 'completed', attempt: 2 })
  expect((await passes(id)).map((labels) => labels.length)).toEqual([3, 3])
  fleet.watchOutputs(id)
})
