/** Sound, asked of the API and made by a worker. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JobRequest, OutputRequest } from '../../src/contract/index.js'
import { startFleet } from '../helpers/fleet-stack.js'
import type { Stack } from '../helpers/stack.js'

let stack: Stack
beforeAll(async () => {
  stack = await startFleet(
    {},
    { 'talk.wav': 'wav-tone-in-silence', 'silent.mp4': 'video-only', 'broken.mp3': 'mp3-broken-cover' },
  )
  await stack.startWorker()
})
afterAll(() => stack.stop())

const outputs: OutputRequest[] = [
  { preset: 'mp3-192k', path: 'talk.mp3', audio: { loudness: { targetLufs: -20 }, trimSilence: { keepMs: 0 } } },
  { preset: 'peaks', path: 'talk.json' },
  { preset: 'waveform', path: 'talk.png' },
]
const request: JobRequest = { input: 'talk.wav', outputs }

test('a dry run shows what is measured first, and words where the figures will stand', async () => {
  const { plan, refusal } = await stack.client.dryRun(request)
  expect(refusal).toBeNull()
  expect(plan!.passes.map(({ label }) => label)).toEqual(['measure', 'encode'])
  const filters = plan!.passes[1]!.argv.find((arg) => arg.includes('aresample'))
  expect(filters).toMatch(/<without silence \(both, .*>,.*<gain to -20 LUFS, .*>$/)
})

test('a job measures, makes, hears the output again, and can be asked for again', async () => {
  const { id } = await stack.client.submit(request)
  const job = await stack.client.wait(id)
  expect(job).toMatchObject({ state: 'completed', warnings: [] })
  expect(job.outputs.map(({ mediaType, durationMs }) => [mediaType, durationMs === null])).toEqual([
    ['audio/mpeg', false],
    ['application/json', true],
    ['image/png', true],
  ])
  const report = await stack.client.report(id)
  const [measure, encode] = report.attempts[0]!.passes
  expect([measure!.label, encode!.label]).toEqual(['measure', 'encode'])
  expect(encode!.argv.join(' ')).toMatch(/atrim=start=1\.0\d+:end=4\.0\d+,.*,volume=-?\d+\.\d\ddB/)
  expect(encode!.argv.join(' ')).not.toMatch(/[<>]/)
  const talk = report.outputs.find(({ name }) => name === 'mp3-192k')!
  expect(Math.abs(talk.loudness!.integratedLufs! - -20)).toBeLessThanOrEqual(0.5)
  const peaks = JSON.parse(await readFile(join(stack.outputRoot, 'talk.json'), 'utf8'))
  expect(peaks).toMatchObject({ version: 2, length: 120 })
  expect(await stack.client.requestOf(id)).toMatchObject({ outputs })
})

test.each(['aac-128k', 'mp3-192k', 'flac'])(
  'a cover that is no picture is left out of %s, and told',
  async (preset) => {
    const { id } = await stack.client.submit({ input: 'broken.mp3', outputs: [{ preset }] })
    const job = await stack.client.wait(id)
    expect(job).toMatchObject({ state: 'completed', attempt: 1, warnings: [{ code: 'STREAM_LEFT_OUT' }] })
  },
)

test('what can not be is refused, by its field or by the planning', async () => {
  const refused = stack.client.submit({
    input: 'talk.wav',
    outputs: [{ preset: 'mp3-192k', audio: { sampleRate: 192_000, loudness: { targetLufs: Number.NaN } } }],
  })
  await expect(refused).rejects.toMatchObject({ errors: [{ pointer: '/outputs/0/audio/loudness/targetLufs' }] })
  const rate = stack.client.submit({
    input: 'talk.wav',
    outputs: [{ preset: 'mp3-192k', audio: { sampleRate: 192_000 } }],
  })
  await expect(rate).rejects.toMatchObject({ errors: [{ pointer: '/outputs/0/audio/sampleRate' }] })
  for (const [input, output, code] of [
    ['talk.wav', { preset: 'flac', audio: { channelMap: [2] } }, 'CHANNEL_NOT_IN_INPUT'],
    ['silent.mp4', { preset: 'peaks' }, 'NO_AUDIO_STREAM'],
    ['silent.mp4', { preset: 'aac-128k', audio: { loudness: { targetLufs: -16 } } }, 'NO_AUDIO_STREAM'],
  ] as const) {
    const { refusal } = await stack.client.dryRun({ input, outputs: [output as OutputRequest] })
    expect(refusal?.code).toBe(code)
  }
})
