/** Watermarks and texts of jobs: sent to an API, made by a worker in its sandbox; and what is refused, where and why. */
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { JobRequest, OutputRequest } from '../../src/contract/index.js'
import { useFleet } from '../helpers/fleet.js'
import { some } from '../helpers/long.js'
import { pixelAt } from '../helpers/ssim.js'

const fleet = useFleet({ env: { FFLEET_MAX_PIXELS: '50000000' } })
const media = (name: string) => join(fleet.stack.mediaRoot, name)
const LOGO = "-it's %d [a],logo;.png"

const picture = (name: string, size: string) => {
  const source = ['-f', 'lavfi', '-i', 'color=blue:s=64x64', '-vf', `format=rgb24,scale=${size}`]
  execFileSync('ffmpeg', ['-v', 'error', ...source, '-frames:v', '1', `file:${media(name)}`])
}

beforeAll(async () => {
  picture('logo.png', '64:64')
  execFileSync('mv', ['--', media('logo.png'), media(LOGO)])
  picture('dot.png', '1:1')
  picture('huge.png', '10000:10000')
  await writeFile(media('text.png'), 'This is no picture.\n'.repeat(100))
  execFileSync('bash', ['-c', 'head -c 120 "$1" > "$2"', '-', media(LOGO), media('broken.png')])
})

const corner = { position: 'top-left', margin: 0, width: 50 } as const
const request = (video: OutputRequest['video'], more: Partial<JobRequest> = {}): Partial<JobRequest> => ({
  outputs: [{ preset: 'h264-360p', video: video! }],
  ...more,
})

describe('a job', () => {
  it('draws what it names, of inputs that are joined too, and of another job', async () => {
    await fleet.worker()
    const watermark = { uri: LOGO, ...corner }
    const text = {
      template: '{title}{file} {name} {job} {date} {time} {frame} مرحبا שלום Ж %{{pts}}\n\\',
      size: 4,
      position: 'bottom',
    } as const
    const poster = { preset: 'poster', name: 'poster', video: { watermark } }
    const first = await fleet.submit({
      outputs: [{ preset: 'h264-360p', name: 'film', video: { watermark, text } }, poster],
    })
    const joined = await fleet.submit(
      request({ watermark: { uri: `job:${first}/poster`, ...corner } }, {
        input: undefined,
        inputs: ['in.mp4', 'in.mp4'],
      } as never),
    )
    const job = await fleet.ended(first)
    expect(job).toMatchObject({ state: 'completed', warnings: [] })
    const next = await fleet.ended(joined)
    expect(next).toMatchObject({ state: 'completed', after: [first] })
    for (const { path } of [...job.outputs, ...next.outputs]) {
      const [r, g, b] = await pixelAt(join(fleet.stack.outputRoot, path), 20, 20)
      expect([r! < 60, g! < 60, b! > 180], path).toEqual([true, true, true])
    }
    expect(next.outputs[0]!.durationMs).toBeGreaterThan(3_900)
    const events = await fleet.events(first)
    const percents = events.flatMap((event) => (event.type === 'progress' ? [event.progress.percent ?? 0] : []))
    expect(percents).toEqual([...percents].sort((a, b) => a - b))
  }, 60_000)

  it.each(
    some(
      [
        ['no picture at all', { watermark: { uri: 'text.png' } }, 'UNSUPPORTED_CONTAINER'],
        ['a film', { watermark: { uri: 'in.mp4' } }, 'WATERMARK_NOT_A_PICTURE'],
        ['a picture that is cut off', { watermark: { uri: 'broken.png' } }, 'WATERMARK_NOT_A_PICTURE'],
        ['a picture of too many pixels', { watermark: { uri: 'huge.png' } }, 'DIMENSIONS_TOO_LARGE'],
      ],
      2,
    ),
  )(
    'fails before anything is encoded where the watermark is %s',
    async (_, video, code) => {
      await fleet.worker()
      const id = await fleet.submit({ ...request(video), maxAttempts: 1 })
      const { error } = await fleet.ended(id)
      expect(error).toMatchObject({ code })
      expect(error!.detail).toContain('video.watermark.uri')
      expect(error!.detail).not.toContain(fleet.stack.mediaRoot)
      const phases = (await fleet.events(id)).filter((event) => event.type === 'phase.changed')
      expect(phases.map((event) => event.phase)).not.toContain('encoding')
    },
    60_000,
  )

  it('takes a dot for a square', async () => {
    await fleet.worker()
    const { state } = await fleet.ended(await fleet.submit(request({ watermark: { uri: 'dot.png', ...corner } })))
    expect(state).toBe('completed')
  }, 60_000)
})

type Refusal = [what: string, video: OutputRequest['video'], code: string, pointer: string, says: RegExp]
const at = (field: string) => `/outputs/0/video/${field}`
const REFUSED: Refusal[] = [
  ['a watermark that is not there', { watermark: { uri: 'none.png' } }, 'INPUT_NOT_FOUND', at('watermark/uri'), /./],
  ['one outside of the root', { watermark: { uri: '../x.png' } }, 'PATH_OUTSIDE_ROOT', at('watermark/uri'), /./],
  ['an opacity of 2', { watermark: { uri: LOGO, opacity: 2 } }, 'INVALID_REQUEST', at('watermark/opacity'), /1/],
  [
    'an end before the start',
    { text: { template: 'a', startMs: 20, endMs: 10 } },
    'INVALID_REQUEST',
    at('text/endMs'),
    /20/,
  ],
  ['text without end', { text: { template: 'a'.repeat(5_000) } }, 'INVALID_REQUEST', at('text/template'), /500/],
  [
    'letters that the font lacks',
    { text: { template: '日本 a' } },
    'LETTERS_NOT_IN_FONT',
    at('text/template'),
    /日 本/,
  ],
  ['a field that does not exist', { text: { template: '{pts}' } }, 'INVALID_REQUEST', at('text/template'), /\{pts\}/],
  ['a bell', { text: { template: 'a\u0007' } }, 'INVALID_REQUEST', at('text/template'), /control/],
  ['blanks', { text: { template: ' \n ' } }, 'INVALID_REQUEST', at('text/template'), /nothing/],
]

it.each(REFUSED)('%s is refused where it is asked for', async (_, video, code, pointer, says) => {
  const refused = await fleet.stack.client
    .submit({ input: 'in.mp4', ...request(video) } as JobRequest)
    .catch((error) => error)
  expect(refused).toMatchObject({ code, errors: [{ pointer }] })
  expect(refused.errors[0].detail).toMatch(says)
})

it('a still has no times', async () => {
  const video = { text: { template: '{frame}', startMs: 1 } }
  const outputs = [{ preset: 'poster', video }]
  const refused = await fleet.stack.client.submit({ input: 'in.mp4', outputs }).catch((error) => error)
  expect(refused.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
    at('text/startMs'),
    at('text/template'),
  ])
})
