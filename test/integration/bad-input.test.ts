import { execFileSync } from 'node:child_process'
import { copyFile, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import { reportSummary } from '../../src/cli/render/report-summary.js'
import { plainStyle } from '../../src/cli/render/style.js'
import type { Job, JobRequest } from '../../src/contract/index.js'
import { brokenPromises } from '../helpers/invariants.js'
import { type Stack, startStack } from '../helpers/stack.js'

let stack: Stack
const accepted: string[] = []

beforeAll(async () => {
  stack = await startStack({ env: { FFLEET_SLOTS: '2' } })
  const media = (name: string) => join(stack.mediaRoot, name)
  const video = await makeClip('h264-aac')
  await copyFile(video, media('good.mp4'))
  await mkdir(media('folder'))
  execFileSync('mkfifo', [media('fifo')])
  await writeFile(media('empty.mp4'), '')
  await writeFile(media('text.mp4'), 'This is no film.\n'.repeat(200))
  await writeFile(media('playlist.mp4'), '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n/etc/passwd\n#EXT-X-ENDLIST\n')
  await symlink('/etc/passwd', media('link.mp4'))
  await copyFile(await makeClip('truncated-faststart'), media('cut.mp4'))
  await copyFile(await makeClip('truncated-mkv'), media('cut.mkv'))
  await copyFile(await makeClip('audio-only'), media('sound.m4a'))
  await copyFile(await makeClip('video-only'), media('silent.mp4'))
  await copyFile(await makeClip('mp3-cover'), media('cover.mp3'))
  await mkdir(join(stack.outputRoot, 'taken'))
})
afterAll(() => stack.stop())

async function submit(
  request: unknown,
): Promise<{ status: number; body: { code?: string; id?: string; errors?: { pointer: string }[] } }> {
  const response = await fetch(`${stack.baseUrl}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  })
  const body = (await response.json()) as { id?: string; code?: string }
  if (response.status === 202) accepted.push(body.id!)
  return { status: response.status, body }
}

async function run(request: JobRequest): Promise<Job> {
  const { status, body } = await submit(request)
  expect(body, JSON.stringify(body)).toMatchObject({ state: 'queued' })
  expect(status).toBe(202)
  return stack.client.wait(body.id!)
}

const h264 = [{ preset: 'h264-360p' }]

describe('refused at once', () => {
  test.each([
    ['a missing file', { input: 'none.mp4', outputs: h264 }, 'INPUT_NOT_FOUND', '/input'],
    ['a folder', { input: 'folder', outputs: h264 }, 'NOT_A_REGULAR_FILE', '/input'],
    ['a FIFO', { input: 'fifo', outputs: h264 }, 'NOT_A_REGULAR_FILE', '/input'],
    ['a path with ..', { input: '../good.mp4', outputs: h264 }, 'PATH_OUTSIDE_ROOT', '/input'],
    ['an absolute path', { input: '/etc/passwd', outputs: h264 }, 'PATH_OUTSIDE_ROOT', '/input'],
    ['a link that leaves the root', { input: 'link.mp4', outputs: h264 }, 'PATH_OUTSIDE_ROOT', '/input'],
    ['NUL in the input', { input: 'a\0.mp4', outputs: h264 }, 'INVALID_REQUEST', '/input'],
    ['another scheme', { input: 'concat:good.mp4', outputs: h264 }, 'SCHEME_NOT_ALLOWED', '/input'],
    [
      'an unknown preset',
      { input: 'good.mp4', outputs: [{ preset: 'nope' }] },
      'PRESET_NOT_FOUND',
      '/outputs/0/preset',
    ],
    ['an unknown field', { input: 'good.mp4', outputs: h264, what: 1 }, 'INVALID_REQUEST', '/what'],
    ['an unknown field inside', { input: { uri: 'good.mp4', x: 1 }, outputs: h264 }, 'INVALID_REQUEST', '/input/x'],
    ['no output', { input: 'good.mp4', outputs: [] }, 'INVALID_REQUEST', '/outputs'],
    [
      'an output outside',
      { input: 'good.mp4', outputs: [{ preset: 'h264-360p', path: '../x.mp4' }] },
      'PATH_OUTSIDE_ROOT',
      '/outputs/0/path',
    ],
    [
      'an absolute output',
      { input: 'good.mp4', outputs: [{ preset: 'h264-360p', path: '/tmp/x.mp4' }] },
      'PATH_OUTSIDE_ROOT',
      '/outputs/0/path',
    ],
    [
      'NUL in an output',
      { input: 'good.mp4', outputs: [{ preset: 'h264-360p', path: 'x\0.mp4' }] },
      'INVALID_REQUEST',
      '/outputs/0/path',
    ],
    [
      'an output that is a folder',
      { input: 'good.mp4', outputs: [{ preset: 'h264-360p', path: 'taken' }] },
      'INVALID_REQUEST',
      '/outputs/0/path',
    ],
    [
      'one path for two outputs',
      {
        input: 'good.mp4',
        outputs: [
          { preset: 'h264-360p', path: 'x.mp4' },
          { preset: 'mp3-192k', path: './x.mp4' },
        ],
      },
      'INVALID_REQUEST',
      '/outputs/1/path',
    ],
  ])('%s', async (_, request, code, pointer) => {
    const { status, body } = await submit(request)
    expect(body).toMatchObject({ code })
    expect(status).toBe(422)
    expect(body.errors!.map((error) => error.pointer)).toContain(pointer)
    expect(JSON.stringify(body)).not.toContain(stack.folder)
  })
})

describe('fails with a clear error', () => {
  test.each([
    ['an empty file', 'empty.mp4', 'h264-360p', 'NOT_MEDIA'],
    ['a text file', 'text.mp4', 'h264-360p', 'NOT_MEDIA'],
    ['a playlist that names other files', 'playlist.mp4', 'h264-360p', 'UNSUPPORTED_CONTAINER'],
    ['an MP4 that is cut off', 'cut.mp4', 'h264-360p', 'INPUT_TRUNCATED'],
    ['a Matroska that is cut off', 'cut.mkv', 'h264-360p', 'INPUT_TRUNCATED'],
    ['sound for a video preset', 'sound.m4a', 'h264-360p', 'NO_VIDEO_STREAM'],
    ['an mp3 with a picture for a video preset', 'cover.mp3', 'h264-360p', 'NO_VIDEO_STREAM'],
    ['a silent film for an audio preset', 'silent.mp4', 'mp3-192k', 'NO_AUDIO_STREAM'],
  ])('%s', async (_, input, preset, code) => {
    const job = await run({ input, outputs: [{ preset }], maxAttempts: 1 })
    expect(job.error).toMatchObject({ code, retryable: false, attempt: 1 })
    expect(job.state).toBe('failed')
    expect(job.error!.hint).not.toBe('')
    expect(JSON.stringify(job)).not.toContain(stack.folder)
  })
})

describe('works, though unusual', () => {
  test('a poster of a clip with nothing further in', async () => {
    await copyFile(await makeClip('one-frame'), join(stack.mediaRoot, 'one-frame.mp4'))
    const job = await run({ input: 'one-frame.mp4', outputs: [{ preset: 'poster' }], maxAttempts: 1 })
    expect(job.error).toBeNull()
    expect(job.progress!.pass).toMatchObject({ index: 1, count: 1 })
    const { attempts } = await stack.client.report(job.id)
    expect(attempts[0]!.passes.map(({ summary }) => summary.frames)).toEqual([0, 1])
  })

  test('a poster of a segment with one key frame', async () => {
    await copyFile(await makeClip('one-key-frame-ts'), join(stack.mediaRoot, 'segment.ts'))
    const job = await run({ input: 'segment.ts', outputs: [{ preset: 'poster' }], maxAttempts: 1 })
    expect(job.error).toBeNull()
  })

  test('a header that promises too much, which the report tells', async () => {
    await copyFile(await makeClip('lying-header'), join(stack.mediaRoot, 'lying.mkv'))
    const job = await run({ input: 'lying.mkv', outputs: h264, maxAttempts: 1 })
    expect(job.error).toBeNull()
    const { outputs } = await stack.client.report(job.id)
    expect(outputs[0]!.warnings).toEqual([expect.stringMatching(/^By its header, 35\.0 s of the input were/)])
    expect(reportSummary(await stack.client.report(job.id), plainStyle())).toContain('h264-360p: By its header, 35.0 s')
  })

  test.each([
    'with spaces.mp4',
    '-leading dash.mp4',
    '%d and %05d.mp4',
    '12:30 talk.mp4',
    `it's "quoted".mp4`,
    'émoji 🎬 名前.mp4',
    'back\\slash $HOME `id`.mp4',
  ])('the name %j', async (name) => {
    await copyFile(await makeClip('h264-aac'), join(stack.mediaRoot, name))
    const job = await run({ input: name, outputs: [{ preset: 'h264-360p', path: `out/${name}` }] })
    expect(job.error).toBeNull()
    expect(job.outputs[0]).toMatchObject({ path: `out/${name}` })
    expect(await readdir(join(stack.outputRoot, 'out'))).toContain(name)
  })

  test('a line break in the name of an input, though not in that of an output', async () => {
    await copyFile(await makeClip('h264-aac'), join(stack.mediaRoot, 'new\nline.mp4'))
    expect(await run({ input: 'new\nline.mp4', outputs: h264 })).toMatchObject({ state: 'completed' })
    const { body } = await submit({ input: 'good.mp4', outputs: [{ preset: 'h264-360p', path: 'new\nline.mp4' }] })
    expect(body).toMatchObject({ code: 'INVALID_REQUEST' })
  })

  test('an mp3 with a picture, for an audio preset', async () => {
    const job = await run({ input: 'cover.mp3', outputs: [{ preset: 'aac-128k' }] })
    expect(job).toMatchObject({ state: 'completed', error: null })
  })

  test('a silent film, for a video preset', async () => {
    expect(await run({ input: 'silent.mp4', outputs: h264 })).toMatchObject({ state: 'completed' })
  })
})

test('after all that nothing half-written is left and the queue still works', async () => {
  expect(await run({ input: 'good.mp4', outputs: h264 })).toMatchObject({ state: 'completed' })
  expect(await brokenPromises(stack, accepted)).toEqual([])
})
