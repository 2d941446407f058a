/** Films without loss: every picture and every sound is held against the input by plain ffmpeg, too. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type ClipName, makeClip } from '../../fixtures/media/recipes.js'
import { resolve, SHIPPED_PRESETS } from '../../src/presets/index.js'
import { checkLossless } from '../../src/verify/check-lossless.js'
import { type Encoded, useEncoder } from '../helpers/encode.js'
import { aFolder } from '../helpers/folder.js'
import { long, some } from '../helpers/long.js'

const run = promisify(execFile)
const encoder = useEncoder()

async function archive(input: ClipName | { path: string }, more = {}): Promise<Encoded> {
  return (await encoder.encode(input, ['ffv1'], more)).outputs.ffv1!
}

/** As the guide has it, by the installed ffmpeg; `-vf` of the input brings it into the order of values of the output. */
async function md5Of(path: string, filter = 'null'): Promise<{ frames: number; md5: string }> {
  const args = [
    '-nostdin',
    '-v',
    'error',
    '-i',
    path,
    '-map',
    '0:V:0',
    '-vf',
    filter,
    '-vsync',
    'passthrough',
    '-f',
    'framemd5',
    '-',
  ]
  const lines = (await run('ffmpeg', args)).stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const hashes = lines.map((line) => `${line.split(',').at(-1)!.trim()}\n`)
  return { frames: hashes.length, md5: createHash('md5').update(hashes.join('')).digest('hex') }
}

async function samplesOf(path: string, track = 0): Promise<string> {
  const args = ['-nostdin', '-v', 'error', '-i', path, '-map', `0:a:${track}`, '-c:a', 'pcm_s32le', '-f', 'md5', '-']
  return (await run('ffmpeg', args)).stdout
}

/** Two pictures a second apart from each other in what they hold, of any format of pixels and with any sound. */
async function madeWith(name: string, ...args: string[]): Promise<{ path: string }> {
  const path = join(await aFolder(), name)
  const sources = ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=10:d=0.5', '-f', 'lavfi', '-i', 'sine=d=0.5:r=48000']
  await run('ffmpeg', ['-nostdin', '-v', 'error', ...sources, ...args, path])
  return { path }
}

describe('an archive', () => {
  const CLIPS = [
    'h264-aac',
    'hdr10',
    'vfr',
    'interlaced',
    'anamorphic',
    'rotated-90',
    'mpeg4-mp3-avi',
    'video-only',
  ] as const
  it.each<ClipName>(some(CLIPS, 4))('has every picture of %s', async (clip) => {
    const { probe, path, lossless, verified, warnings } = await archive(clip)
    expect(probe.streams[0]).toMatchObject({ type: 'video', codec: 'ffv1' })
    expect(lossless).toEqual(await md5Of(await makeClip(clip)))
    expect(lossless).toEqual(await md5Of(path))
    expect(verified).toMatchObject({ streams: true, duration: true })
    expect(warnings).toEqual([])
  })

  it.each<[string, string, string[]]>(
    some(
      [
        ['rgb24', 'format=rgb24', ['-c:v', 'rawvideo', '-pix_fmt', 'bgr24', '-c:a', 'pcm_s24le']],
        ['packed', 'format=yuv422p', ['-c:v', 'rawvideo', '-pix_fmt', 'uyvy422', '-c:a', 'pcm_u8']],
        [
          'big-endian',
          'format=yuv422p10le',
          ['-c:v', 'rawvideo', '-pix_fmt', 'yuv422p10be', '-f', 'nut', '-c:a', 'pcm_s16be'],
        ],
        ['4:4:4', 'null', ['-c:v', 'ffvhuff', '-pix_fmt', 'yuv444p', '-c:a', 'pcm_s16le']],
        ['alpha', 'format=bgra', ['-c:v', 'png', '-pix_fmt', 'rgba', '-c:a', 'pcm_s16le']],
      ],
      2,
    ),
  )('has every value of %s, and every sample', async (_, filter, args) => {
    const input = await madeWith(args.includes('nut') ? 'in.nut' : 'in.avi', ...args)
    const { probe, path, lossless } = await archive(input)
    expect(lossless).toEqual(await md5Of(input.path, filter))
    expect(lossless).toEqual(await md5Of(path, filter))
    expect(probe.streams[1]).toMatchObject({ codec: 'flac' })
    expect(await samplesOf(path)).toBe(await samplesOf(input.path))
  })

  long('has full range as it is', async () => {
    const input = await madeWith('in.mov', '-c:v', 'mjpeg', '-pix_fmt', 'yuvj422p', '-c:a', 'pcm_s24be')
    const { probe, lossless, path } = await archive(input)
    expect(lossless).toEqual(await md5Of(input.path))
    expect(probe.streams[0]).toMatchObject({ pixelFormat: 'yuv422p', range: 'pc' })
    expect(await samplesOf(path)).toBe(await samplesOf(input.path))
  })

  it('copies sound that FLAC does not hold, and what was coded with loss', async () => {
    const float = await archive(await madeWith('in.mkv', '-c:v', 'ffv1', '-c:a', 'pcm_f32le'))
    expect(float.probe.streams[1]).toMatchObject({ codec: 'pcm_f32le' })
    const double = await archive(await madeWith('in.mov', '-c:v', 'ffvhuff', '-c:a', 'pcm_f64be', '-strict', '-2'))
    expect(double.probe.streams[1]).toMatchObject({ codec: 'pcm_f64le' })
    expect((await archive('h264-aac')).probe.streams[1]).toMatchObject({ codec: 'aac' })
  })

  it('keeps every track, chapters and attachments', async () => {
    const [{ probe }, source] = [await archive('tracks'), await makeClip('tracks')]
    const before = await encoder.prober.probe(source, { everyStream: true })
    const types = (each: typeof probe) => each.streams.map(({ type }) => type).sort()
    expect(types(probe)).toEqual(types(before))
    expect(probe.chapters).toBe(before.chapters)
  })

  long('is of a part of the input', async () => {
    const made = await archive('one-key-frame-ts', { startMs: 1_000, endMs: 1_500 })
    expect(made.lossless!.frames).toBe(13)
  })

  it('is made beside others, of one decoding', async () => {
    const { outputs, groups } = await encoder.encode('h264-aac', ['ffv1', 'h264-360p', 'poster'])
    expect(groups.map(({ label }) => label)).toEqual(['poster', 'encode'])
    expect(outputs.ffv1!.lossless!.frames).toBe(50)
  })

  it('is refused where FFV1 does not hold the pictures', async () => {
    const input = await madeWith('in.mkv', '-c:v', 'rawvideo', '-pix_fmt', 'nv12', '-c:a', 'flac')
    await expect(archive(input)).rejects.toMatchObject({
      code: 'CODEC_NOT_ALLOWED',
      message: /^The pictures are nv12, /,
    })
  })
})

describe('the proof', () => {
  const expected = {
    lossless: {
      pictures: 'out-0.mkv.pictures.md5',
      hashedAs: null,
      sounds: [] as { track: number; codec: string; file: string }[],
    },
  }

  it('finds a single picture that differs, one that is missing, and one too many', async () => {
    const { path } = await archive('h264-aac')
    const file = join(dirname(path), expected.lossless.pictures)
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
    const check = async (changed: string[]) => {
      await writeFile(file, `${changed.join('\n')}\n`)
      return checkLossless('matroska,webm', { path, expected, capabilities: encoder.capabilities })
    }
    expect(await check(lines)).toMatchObject({ lossless: { frames: 50 } })
    const wrong = lines.with(-21, lines.at(-21)!.replace(/\w{32}$/, 'f'.repeat(32)))
    const refusal = (message: string) => ({ code: 'OUTPUT_INVALID', message })
    await expect(check(wrong)).rejects.toMatchObject(
      refusal('Picture 30 of the output is not, pixel by pixel, that of the input.'),
    )
    await expect(check(lines.slice(0, -1))).rejects.toMatchObject(
      refusal('The output has more pictures than the input: 49 are alike.'),
    )
    await expect(check([...lines, lines.at(-1)!])).rejects.toMatchObject(
      refusal('The output has fewer pictures than the input: 50 are alike.'),
    )
  })

  it('finds a sound that differs', async () => {
    const input = await madeWith('in.mov', '-c:v', 'ffvhuff', '-c:a', 'pcm_s16le')
    const { path } = await archive(input)
    const file = 'out-0.mkv.sound-0.md5'
    expect(await readdir(dirname(path))).toContain(file)
    await writeFile(join(dirname(path), file), 'MD5=00000000000000000000000000000000\n')
    const sounds = [{ track: 0, codec: 'pcm_s32le', file }]
    const proof = { lossless: { ...expected.lossless, sounds } }
    await expect(
      checkLossless('matroska,webm', { path, expected: proof, capabilities: encoder.capabilities }),
    ).rejects.toMatchObject({ code: 'OUTPUT_INVALID', message: /^Audio 0 of the output is not, sample by sample/ })
  })
})

describe('what can be asked of an archive', () => {
  const ffv1 = SHIPPED_PRESETS.find(({ name }) => name === 'ffv1')!
  it.each<[object, string, string]>([
    [{ video: { width: 320 } }, '/video/width', 'an archive keeps the picture as it is'],
    [{ video: { crop: 'auto' } }, '/video/crop', 'an archive keeps the picture as it is'],
    [{ audio: { gainDb: 3 } }, '/audio/gainDb', 'an archive keeps the sound as it is'],
    [{ container: 'mp4' }, '/container', 'ffv1, which the preset ffv1 makes, does not go into mp4; it goes into mkv'],
  ])('is not %j', (overrides, pointer, detail) => {
    expect(() => resolve(ffv1, overrides)).toThrow(expect.objectContaining({ errors: [{ pointer, detail }] }))
  })

  it('is which tracks it has', () => {
    expect(resolve(ffv1, { tracks: { audio: ['eng'] } }).tracks).toEqual({ audio: ['eng'] })
  })
})
