/** What strangers may send: real files at and beyond each limit, and codecs beside those that are read. */
import { execFileSync } from 'node:child_process'
import { copyFile, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ClipName, makeClip } from '../../fixtures/media/recipes.js'
import type { Job } from '../../src/contract/index.js'
import { type Capabilities, findCapabilities } from '../../src/ffmpeg/index.js'
import { codecWhitelist, READ_CODECS } from '../../src/probe/codecs.js'
import { createProber, type ProbeLimits, type Prober } from '../../src/probe/index.js'
import { long, some } from '../helpers/long.js'
import { type Stack, startStack } from '../helpers/stack.js'

let capabilities: Capabilities
const probers: Prober[] = []
beforeAll(async () => {
  capabilities = await findCapabilities({ ffmpeg: process.env.FFLEET_FFMPEG, ffprobe: process.env.FFLEET_FFPROBE })
})
afterAll(() => Promise.all(probers.map((prober) => prober.close())))

function probe(path: string, limits: ProbeLimits = {}) {
  const prober = createProber({ capabilities, limits })
  probers.push(prober)
  return prober.probe(path)
}

describe('limits of inputs', () => {
  test.each<[ClipName, ProbeLimits, string, RegExp]>(
    some(
      [
        ['sixty-streams', { maxStreams: 59 }, 'TOO_MANY_STREAMS', /has 60 streams; at most 59 are/],
        ['h264-aac', { maxStreams: 1 }, 'TOO_MANY_STREAMS', /has 2 streams; at most 1 are/],
        ['h264-aac-ts', { maxStreams: 1 }, 'TOO_MANY_STREAMS', /has 2 streams; at most 1 are/],
        ['attachments', { maxAttachments: 1 }, 'ATTACHMENTS_TOO_LARGE', /has 2 attachments; at most 1 are/],
        ['20000-fps', { maxFrameRate: 10_000 }, 'FRAME_RATE_TOO_HIGH', /has 20000 frames a second; at most 10000 are/],
        ['h264-aac', { maxPixels: 57_599 }, 'DIMENSIONS_TOO_LARGE', /has 320x180 pixels; at most 57599 are/],
        // What ffprobe withholds is in its log.
        ['mpeg4-mp3-avi', { maxPixels: 57_599 }, 'DIMENSIONS_TOO_LARGE', /has 320x180 pixels; at most 57599 are/],
      ],
      2,
    ),
  )('%s, %o: %s', async (clip, limits, code, message) => {
    const path = await makeClip(clip)
    await expect(probe(path, limits)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    const next = Object.fromEntries(Object.entries(limits).map(([name, limit]) => [name, Number(limit) + 10_000]))
    expect((await probe(path, next)).streams.length).toBeGreaterThan(0)
  })

  test('bytes of attachments, wherever they lie', async () => {
    const path = await makeClip('attachments')
    const files = await Promise.all((['wav', 'png'] as const).map(async (clip) => stat(await makeClip(clip))))
    const bytes = files.reduce((sum, { size }) => sum + size, 0)
    await expect(probe(path, { maxAttachmentBytes: bytes - 1 })).rejects.toMatchObject({
      code: 'ATTACHMENTS_TOO_LARGE',
      message: expect.stringContaining(`have ${bytes} bytes; at most ${bytes - 1} are`),
    })
    const { streams } = await probe(path, { maxAttachmentBytes: bytes })
    const kinds = streams.filter(({ attachedPicture }) => !attachedPicture).map(({ type }) => type)
    expect(kinds.filter((type) => type !== 'attachment')).toEqual(['video', 'audio'])
  })

  test('memory that is allocated at once', async () => {
    const path = await makeClip('20000-fps')
    await expect(probe(path, { maxAllocBytes: 40_000 })).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' })
  })
})

describe('codecs', () => {
  test('each that is read has the decoder that this ffmpeg takes for it on the list', () => {
    const allowed = new Set(codecWhitelist().split(','))
    const known = execFileSync(capabilities.ffmpeg, ['-hide_banner', '-codecs'], { encoding: 'utf8' })
    const decoded = new Map(
      [...known.matchAll(/^ D\S+ +(\S+) (.*)$/gm)].map(([, codec, words]) => {
        const [, first = codec] = /\(decoders: (\S+)/.exec(words!) ?? []
        return [codec!, first!]
      }),
    )
    const missing = READ_CODECS.flatMap(({ codecs }) => codecs).filter(
      (codec) => decoded.has(codec) && !allowed.has(decoded.get(codec)!),
    )
    expect(missing).toEqual([])
    expect(decoded.size).toBeGreaterThan(200)
  })

  test('none is named twice', () => {
    const codecs = READ_CODECS.flatMap((row) => row.codecs)
    expect(codecs.filter((codec, i) => codecs.indexOf(codec) !== i)).toEqual([])
  })

  test('a stream of another one is described, but not decoded', async () => {
    const { streams } = await probe(await makeClip('h264-aac-snow'))
    expect(streams.map(({ codec }) => codec)).toEqual(['h264', 'aac', 'snow'])
  })
})

describe('jobs', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
    for (const clip of ['h264-aac-snow', 'snow'] as const) {
      const path = await makeClip(clip)
      await copyFile(path, join(stack.mediaRoot, path.endsWith('.avi') ? 'snow.avi' : 'side.mkv'))
    }
  })
  afterAll(() => stack.stop())

  const run = async (input: string): Promise<Job> =>
    stack.client.wait((await stack.client.submit({ input, outputs: [{ preset: 'h264-360p' }] })).id)

  long('a stream that no output needs may have any codec', async () => {
    const job = await run('side.mkv')
    expect(job).toMatchObject({ state: 'completed', attempt: 1 })
    expect(job.warnings).toMatchObject([{ code: 'STREAM_LEFT_OUT' }])
    const output = await readFile(join(stack.outputRoot, job.outputs[0]!.path))
    expect(output.length).toBeGreaterThan(10_000)
  })

  test('one that an output needs is named', async () => {
    const job = await run('snow.avi')
    expect(job).toMatchObject({ state: 'failed', attempt: 1 })
    expect(job.error).toMatchObject({ code: 'CODEC_NOT_ALLOWED', retryable: false })
    expect(job.error?.detail).toContain('It is snow')
    expect(job.error?.hint).toContain('FFLEET_MORE_CODECS')
  })

  test('an operator may let it in', async () => {
    const former = stack.workers[0]!
    former.signal('SIGTERM')
    await former.ended
    await stack.startWorker({ FFLEET_MORE_CODECS: 'snow' })
    expect(await run('snow.avi')).toMatchObject({ state: 'completed' })
  })
})
