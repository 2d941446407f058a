/** Several inputs, asked of the API and made by a worker. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JobRequest } from '../../src/contract/index.js'
import { startFleet } from '../helpers/fleet-stack.js'
import type { Stack } from '../helpers/stack.js'

let stack: Stack
beforeAll(async () => {
  stack = await startFleet(
    {},
    { 'a.mp4': 'h264-aac', 'still.png': 'png', 'tone.mp3': 'mp3', 'silent.mp4': 'video-only' },
  )
  await stack.startWorker()
})
afterAll(() => stack.stop())

const inputs: JobRequest['inputs'] = [
  { uri: 'still.png', durationMs: 1_000, fadeInMs: 200 },
  { uri: 'a.mp4', startMs: 500, speed: 2 },
  'a.mp4',
]

test('are one output, whose request can be sent again', async () => {
  const { id } = await stack.client.submit({ inputs, outputs: [{ preset: 'h264-360p', path: 'joined.mp4' }] })
  const job = await stack.client.wait(id)
  expect(job).toMatchObject({
    state: 'completed',
    warnings: [],
    input: { uri: 'still.png', durationMs: 1_000 },
    inputs: [{ uri: 'still.png' }, { uri: 'a.mp4', speed: 2 }, { uri: 'a.mp4', startMs: null }],
    progress: { percent: 100 },
  })
  expect(job.outputs[0]!.durationMs! / 1_000).toBeCloseTo(1 + 0.75 + 2, 0)
  const again = await stack.client.requestOf(id)
  expect(again).toEqual({ inputs, outputs: [{ preset: 'h264-360p', path: 'joined.mp4' }] })
  const report = await stack.client.report(id)
  const { argv, timeline } = report.attempts[0]!.passes[0]!
  expect(argv.join(' ')).toMatch(/concat=n=3:v=1:a=1/)
  expect(timeline.rows.length).toBeGreaterThan(0)
  expect(JSON.stringify(report)).not.toContain(stack.mediaRoot)
})

test('deliver to each other, also a soundtrack', async () => {
  const { id: sound } = await stack.client.submit({
    input: 'tone.mp3',
    outputs: [{ preset: 'mp3-192k', name: 'sound' }],
  })
  const { id } = await stack.client.submit({
    input: { uri: 'still.png', soundtrack: `job:${sound}/sound` },
    outputs: [{ preset: 'h264-360p' }],
  })
  const job = await stack.client.wait(id)
  expect(job).toMatchObject({ state: 'completed', after: [sound] })
  expect(job.outputs[0]!.durationMs! / 1_000).toBeCloseTo(2, 0)
})

test('a dry run tells how long it will be, and what cannot be', async () => {
  const { plan, refusal, job } = await stack.client.dryRun({ inputs, outputs: [{ preset: 'mp3-192k' }] })
  expect(refusal).toBeNull()
  expect(job.inputs).toHaveLength(3)
  expect(plan!.outputs[0]!.durationUs! / 1e6).toBeCloseTo(3.75, 1)
  const apart = await stack.client.dryRun({ inputs: ['silent.mp4', 'tone.mp3'], outputs: [{ preset: 'h264-360p' }] })
  expect(apart.refusal).toMatchObject({ code: 'NO_VIDEO_STREAM', detail: expect.stringContaining('nothing in common') })
})

test.each([
  [{ input: { uri: 'a.mp4', speed: 0 } }, '/input/speed'],
  [{ inputs: Array.from({ length: 100 }, () => 'a.mp4') }, '/inputs'],
  [{ input: 'a.mp4', inputs: ['a.mp4'] }, '/inputs'],
  [{}, '/input'],
  [{ inputs: ['a.mp4', 'gone.mp4'] }, '/inputs/1'],
  [{ inputs: ['a.mp4', '../a.mp4'] }, '/inputs/1'],
])('refused where it stands: %j', async (part, pointer) => {
  const sent = stack.client.submit({ ...part, outputs: [{ preset: 'h264-360p' }] })
  await expect(sent).rejects.toMatchObject({ errors: [{ pointer }] })
})

test('who holds a watch link learns of none of them', async () => {
  const { id } = await stack.client.submit({
    input: { uri: 'silent.mp4', soundtrack: 'tone.mp3' },
    outputs: [{ preset: 'h264-360p' }],
  })
  const { links } = await stack.client.wait(id)
  const events = await (
    await fetch(new URL(links.watch, stack.baseUrl), { headers: { accept: 'text/event-stream' } })
  ).text()
  expect(events).toContain('job.completed')
  expect(events).not.toMatch(/silent\.mp4|tone\.mp3/)
})
