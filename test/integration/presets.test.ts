import { execFileSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ClipName, copyClip, makeClip } from '../../fixtures/media/recipes.js'
import type { ProbeStream } from '../../src/contract/index.js'
import { SHIPPED_PRESETS } from '../../src/presets/index.js'
import { anOutput, type Encoded, useEncoder } from '../helpers/encode.js'
import { aFolder } from '../helpers/folder.js'
import { long, some } from '../helpers/long.js'

const FFPROBE = process.env.FFLEET_FFPROBE ?? 'ffprobe'

const encoder = useEncoder()
const videoOf = ({ probe }: Encoded): ProbeStream => probe.streams.find(({ type }) => type === 'video')!
const audioOf = ({ probe }: Encoded): ProbeStream => probe.streams.find(({ type }) => type === 'audio')!

/** Of its pictures, in ms from the first one on. */
function timesOf(path: string): number[] {
  const args = ['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', path]
  const times = execFileSync(FFPROBE, args, { encoding: 'utf8' }).split('\n').filter(Boolean)
  const ms = times.map((time) => Math.round(Number.parseFloat(time) * 1e3)).sort((a, b) => a - b)
  return ms.map((time) => time - ms[0]!)
}

/** Encodes with one preset and gives that output. */
async function make(clip: ClipName | { path: string }, name: string, more = {}): Promise<Encoded> {
  return (await encoder.encode(clip, [name], more)).outputs[name]!
}

describe('every shipped preset makes what it says', () => {
  it.each<[string, string, (string | null)[]]>([
    ['h264-360p', 'mov', ['h264', 'aac']],
    ['h264-480p', 'mov', ['h264', 'aac']],
    ['h264-720p', 'mov', ['h264', 'aac']],
    ['h264-1080p', 'mov', ['h264', 'aac']],
    ['hevc-1080p', 'mov', ['hevc', 'aac']],
    ['vp9-720p', 'matroska', ['vp9', 'opus']],
    ['av1-1080p', 'mov', ['av1', 'aac']],
    ['h264-720p-2pass', 'mov', ['h264', 'aac']],
    ['prores', 'mov', ['prores', 'pcm_s24le']],
    ['dnxhr', 'mov', ['dnxhd', 'pcm_s24le']],
    ['ffv1', 'matroska', ['ffv1', 'aac']],
    ['mp3-192k', 'mp3', ['mp3']],
    ['aac-128k', 'mov', ['aac']],
    ['m4b', 'mov', ['aac']],
    ['opus-96k', 'ogg', ['opus']],
    ['flac', 'flac', ['flac']],
    ['copy-mp4', 'mov', ['h264', 'aac']],
    ['copy-mkv', 'matroska', ['h264', 'aac']],
    ['poster', 'jpeg_pipe', ['mjpeg']],
    ['frames', 'jpeg_pipe', ['mjpeg']],
    ['contact-sheet', 'jpeg_pipe', ['mjpeg']],
    ['thumbnails', 'jpeg_pipe', ['mjpeg']],
  ])(
    '%s',
    async (name, container, codecs) => {
      const { probe, verified, bytes, warnings } = await make('h264-aac', name)
      expect(probe.container.split(',')[0]).toBe(container)
      expect(probe.streams.map(({ codec }) => codec)).toEqual(codecs)
      expect(warnings).toEqual([])
      expect(bytes).toBeGreaterThan(100)
      const isTimeless = container === 'jpeg_pipe'
      expect(verified).toEqual({ duration: isTimeless ? null : true, streams: true, decodes: null })
      if (!isTimeless) expect(Math.abs(probe.durationUs! - 2_000_000)).toBeLessThan(100_000)
    },
    120_000,
  )

  it('knows of each of them', () => {
    expect(SHIPPED_PRESETS).toHaveLength(31)
  })

  it('makes them all of one job: the picture, then one decoding and the sheets of it, then two passes', async () => {
    const names = ['h264-360p', 'mp3-192k', 'poster', 'thumbnails', 'h264-720p-2pass', 'copy-mp4']
    const { outputs, groups } = await encoder.encode('h264-aac', names)
    expect(Object.keys(outputs).sort()).toEqual([...names].sort())
    expect(groups.map(({ passes }) => passes.map(({ label }) => label))).toEqual([
      ['measure', 'picture'],
      ['encode', 'sheets'],
      ['analyse', 'encode'],
    ])
    expect(videoOf(outputs.poster!).width).toBe(320)
  })
})

describe('MP4', () => {
  it('has its index in front', async () => {
    for (const name of ['h264-360p', 'aac-128k', 'copy-mp4']) {
      const bytes = await readFile((await make('h264-aac-tail', name)).path)
      expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'))
    }
  })

  it('carries HEVC under the tag that Apple plays', async () => {
    expect((await readFile((await make('video-only', 'hevc-1080p')).path)).includes('hvc1')).toBe(true)
  })

  it('keeps tags and leaves chapters out', async () => {
    const { probe } = await make('chapters', 'h264-360p')
    expect(probe.tags.title).toBe('Chaptered')
    expect((await readFile((await make('chapters', 'h264-360p')).path)).includes('chpl')).toBe(false)
    expect(probe.streams).toHaveLength(2)
  })
})

describe('the shape of the picture', () => {
  it.each<[ClipName, string, number, number]>(
    some(
      [
        ['rotated-90', 'h264-360p', 180, 320],
        ['portrait', 'h264-360p', 180, 320],
        ['odd', 'h264-360p', 320, 180],
        ['anamorphic', 'h264-360p', 640, 180],
        ['rotated-90', 'poster', 180, 320],
        ['anamorphic', 'poster', 640, 180],
        ['odd', 'vp9-720p', 320, 180],
      ],
      3,
    ),
  )('%s by %s', async (clip, name, width, height) => {
    const video = videoOf(await make(clip, name))
    expect(video).toMatchObject({ width, height, displayWidth: width, displayHeight: height, rotation: 0 })
  })

  it('is made smaller, never larger', async () => {
    const small = anOutput('h264-360p', ({ video }) => Object.assign(video!, { width: 160, height: 90 }))
    for (const [clip, width, height] of [
      ['h264-aac', 160, 90],
      ['portrait', 90, 160],
    ] as const) {
      const { outputs } = await encoder.encode(clip, [small])
      expect(videoOf(outputs['h264-360p']!)).toMatchObject({ width, height })
    }
  })

  it('is progressive when the input was not', async () => {
    const output = await make('interlaced', 'h264-360p')
    expect(videoOf(output).interlaced).toBe(false)
    expect(output.probe.by).toBe('mediabunny') // which leaves whatever may be interlaced to ffprobe
  })

  it('stays turned in a copy, by a note', async () => {
    expect(videoOf(await make('rotated-90', 'copy-mp4'))).toMatchObject({ width: 320, height: 180, rotation: 90 })
  })
})

describe('the times of frames', () => {
  it('keeps a variable frame rate', async () => {
    const output = await make('vfr', 'h264-360p')
    expect(output.frames).toBe(25)
    expect(output.dupFrames).toBe(0)
    expect(videoOf(output).constantFrameRate).toBe(false)
  })

  it.each(['h264', 'vp9', 'prores', 'ffv1'])(
    'keeps frames that come faster than the film is said to have them: %s',
    async (codec) => {
      const clip = await makeClip('bursts')
      const { name } = SHIPPED_PRESETS.find(({ video }) => video?.codec === codec)!
      const { outputs } = await encoder.encode('bursts', [
        anOutput(name, ({ video }) => Object.assign(video!, { maxFrameRate: null })),
      ])
      const [source, made] = [timesOf(clip), timesOf(outputs[name]!.path)]
      expect(made).toHaveLength(40)
      for (const [i, ms] of made.entries()) expect(Math.abs(ms - source[i]!)).toBeLessThanOrEqual(1)
    },
  )

  it('repeats nothing over a gap of an hour', async () => {
    const output = await make('gap', 'h264-360p')
    expect(output.frames).toBe(20)
    expect(output.probe.durationUs! / 1e6).toBeCloseTo(3600.8, 0)
  })

  it('keeps to the highest frame rate', async () => {
    const { outputs, groups } = await encoder.encode('50-fps', ['h264-360p'])
    expect(groups[0]!.passes[0]!.plan.expectedFrames).toBe(60)
    expect(videoOf(outputs['h264-360p']!).frames).toBe(60)
    expect(videoOf(await make('50-fps', 'h264-720p')).frames).toBe(100)
  })

  it.each(some([1.7, 1, 2, 3], 4))(
    'lasts as long as the input at no more than %d frames a second, without sound',
    async (rate) => {
      const slow = (name: string) => ({
        ...anOutput(name, ({ video }) => Object.assign(video!, { maxFrameRate: rate, frameRate: undefined })),
        name,
      })
      for (const range of [{ endMs: null }, { startMs: 300, endMs: 1_900 }]) {
        const { outputs } = await encoder.encode(
          'video-only',
          [slow('h264-360p'), slow('vp9-720p'), slow('gif')],
          range,
        )
        for (const [name, { probe, verified, frames }] of Object.entries(outputs)) {
          expect(verified.duration, name).toBe(true)
          expect(probe.durationUs! / 1e6, name).toBeCloseTo(range.endMs === null ? 2 : 1.6, 0)
          if (name !== 'gif') expect(frames).toBeLessThanOrEqual(2 * rate + 6)
        }
      }
    },
  )

  it('cuts a part out', async () => {
    const whole = await make('h264-aac-6s', 'h264-360p', { startMs: 1_000, endMs: 3_500 })
    expect(whole.probe.durationUs! / 1e6).toBeCloseTo(2.5, 1)
    expect(whole.verified.duration).toBe(true)
    const copy = await make('h264-aac-6s', 'copy-mp4', { startMs: 1_500 })
    expect(copy.verified.duration).toBeNull()
    expect(copy.probe.durationUs! / 1e6).toBeGreaterThan(4)
  })

  long('cuts a part out of MPEG-TS, wherever its key frames are', async () => {
    const part = await make('one-key-frame-ts', 'h264-360p', { startMs: 1_000, endMs: 1_500 })
    expect(part.probe.durationUs! / 1e6).toBeCloseTo(0.5, 1)
    expect(part.verified.duration).toBe(true)
    expect(part.frames).toBe(13)
  })
})

describe('inputs of all kinds', () => {
  it.each<[ClipName, string]>(
    some(
      [
        ['mp3-cover', 'aac-128k'],
        ['mp3-cover', 'flac'],
        ['video-only', 'h264-360p'],
        ['audio-only', 'opus-96k'],
        ['audio-only', 'copy-mp4'],
        ['mpeg4-mp3-avi', 'h264-360p'],
        ['mpeg4-mp3-avi', 'copy-mp4'],
        ['h264-aac-ts', 'copy-mp4'],
        ['h264-aac-flv', 'h264-360p'],
        ['vp8-opus-webm', 'h264-360p'],
        ['theora-vorbis-ogv', 'vp9-720p'],
        ['h264-fragmented', 'h264-360p'],
        ['late-subtitle', 'h264-360p'],
        ['gif', 'h264-360p'],
        ['apng', 'h264-360p'],
        ['png', 'poster'],
        ['jpeg', 'poster'],
        ['webp', 'poster'],
        ['adts', 'mp3-192k'],
        ['wav', 'flac'],
      ],
      2,
    ),
  )('%s by %s', async (clip, name) => {
    const { warnings, probe } = await make(clip, name)
    expect(warnings).toEqual([])
    const covers = probe.streams.filter(({ attachedPicture }) => attachedPicture)
    expect(covers).toHaveLength(clip === 'mp3-cover' ? 1 : 0)
  })

  it('takes the audio that is marked default', async () => {
    expect(audioOf(await make('two-audio', 'h264-360p')).language).toBe('fra')
  })

  it('mixes surround down, and keeps it where it may stay', async () => {
    expect(audioOf(await make('wav-5.1', 'mp3-192k')).channels).toBe(2)
    expect(audioOf(await make('wav-5.1', 'flac')).channels).toBe(6)
    const six = ({ audio }: { audio: { channels: number | null } | null }) => Object.assign(audio!, { channels: 6 })
    const { outputs } = await encoder.encode('wav-5.1', [anOutput('opus-96k', six), anOutput('aac-128k', six)])
    expect(audioOf(outputs['opus-96k']!).channels).toBe(6)
    expect(audioOf(outputs['aac-128k']!).channels).toBe(6)
    expect(audioOf(await make('mp3', 'aac-128k')).channels).toBe(1)
  })

  it.each<[ClipName, string, string]>([
    ['mp3-cover', 'h264-360p', 'NO_VIDEO_STREAM'],
    ['video-only', 'mp3-192k', 'NO_AUDIO_STREAM'],
    ['vp8-opus-webm', 'copy-mp4', 'CODEC_NOT_ALLOWED'],
    ['wav', 'copy-mp4', 'CODEC_NOT_ALLOWED'],
    ['png', 'h264-360p', 'NO_VIDEO_STREAM'],
  ])('%s by %s can not be: %s', async (clip, name, code) => {
    await expect(make(clip, name)).rejects.toMatchObject({ code })
  })

  it.each(
    some(
      [
        'x%d.mp4',
        'x%03d.png',
        '-y.mp4',
        'a:b.mp4',
        "it's.mp4",
        ' a "b" \\ c.mp4',
        '🎬 é.mp4',
        'a\nb.mp4',
        'concat:a|b.mp4',
        'in*.[ab]?.png',
        'text.txt',
      ],
      3,
    ),
  )('may be called %j', async (file) => {
    const isPicture = file.endsWith('.png')
    const path = await copyClip(isPicture ? 'png' : 'h264-aac', join(await aFolder(), file))
    const output = await make({ path }, isPicture ? 'poster' : 'h264-360p')
    expect(videoOf(output).width).toBe(320)
  })
})

describe('thumbnails', () => {
  it('come with an index of every sheet', async () => {
    const { path, bytes } = await make('h264-aac-6s', 'thumbnails')
    const names = (await readdir(path)).sort()
    expect(names).toEqual(['index.vtt', 'sprite-001.jpg'])
    const sizes = await Promise.all(names.map(async (name) => (await readFile(join(path, name))).length))
    expect(bytes).toBe(sizes[0]! + sizes[1]!)
    const index = await readFile(join(path, 'index.vtt'), 'utf8')
    expect(index).toMatch(/^WEBVTT\n\n00:00:00\.000 --> 00:00:00\.600\nsprite-001\.jpg#xywh=0,0,160,90\n/)
    expect(index.match(/-->/g)).toHaveLength(10)
    const sheet = await encoder.prober.probe(join(path, 'sprite-001.jpg'))
    expect(sheet.streams[0]).toMatchObject({ width: 800, height: 180 })
  })

  long('are spread over a raw stream, too, whose packets are counted', async () => {
    const { path } = await make('mpeg2-raw', 'thumbnails')
    const index = await readFile(join(path, 'index.vtt'), 'utf8')
    expect(index.match(/-->/g)).toHaveLength(10)
    expect(index).toMatch(/^00:00:01\.800 --> 00:00:02\.000$/m)
  })

  long('fill as many sheets as it takes', async () => {
    const often = anOutput('thumbnails', ({ sprites }) =>
      Object.assign(sprites!, { intervalMs: 250, columns: 3, rows: 3, width: 64 }),
    )
    const { outputs } = await encoder.encode('h264-aac-6s', [often])
    const { path } = outputs.thumbnails!
    expect((await readdir(path)).filter((name) => name.endsWith('.jpg'))).toHaveLength(3)
    const index = await readFile(join(path, 'index.vtt'), 'utf8')
    expect(index.match(/-->/g)).toHaveLength(24)
    expect(index).toContain('00:00:05.750 --> 00:00:06.000\nsprite-003.jpg#xywh=128,36,64,36')
  })
})

describe('outputs that are not right', () => {
  it('says that the input is cut off', async () => {
    await expect(make('truncated-faststart', 'h264-360p')).rejects.toMatchObject({
      code: 'INPUT_TRUNCATED',
      message: expect.stringMatching(
        /^By its header, 6\.0 s of the input were to be expected, but it is cut off after [34]\.\d s\.$/,
      ),
    })
    await expect(make('truncated-mkv', 'h264-360p')).rejects.toMatchObject({ code: 'INPUT_TRUNCATED' })
  })

  it.each<[ClipName, string]>(
    some(
      [
        ['truncated-flac', 'mp3-192k'],
        ['truncated-flv', 'h264-360p'],
        ['truncated-avi', 'h264-360p'],
      ],
      3,
    ),
  )('says so of %s, too', async (clip, preset) => {
    await expect(make(clip, preset)).rejects.toMatchObject({ code: 'INPUT_TRUNCATED' })
  })

  it('refuses half an output of an input in which the reader is lost', async () => {
    await expect(make('hollow-mkv', 'h264-360p')).rejects.toMatchObject({
      code: 'OUTPUT_INVALID',
      message: expect.stringMatching(/^The output lasts [34]\.\d s instead of 6\.0 s\.$/),
    })
  })

  it('accepts what is there when the header promised more, and says so', async () => {
    const output = await make('lying-header', 'h264-360p')
    expect(output.verified.duration).toBe(true)
    expect(output.warnings.map(({ detail }) => detail)).toEqual([
      'By its header, 35.0 s of the input were to be expected; it ends after 2.0 s, and so does the output.',
    ])
  })

  it('accepts no output from a range in which there is nothing', async () => {
    await expect(make('h264-aac', 'h264-360p', { startMs: 2_100 })).rejects.toMatchObject({
      code: 'RANGE_OUTSIDE_INPUT',
    })
    // The header of this one says that there is something at 20 s; its packets do not.
    for (const preset of ['h264-360p', 'poster', 'thumbnails']) {
      await expect(make('lying-header', preset, { startMs: 20_000 })).rejects.toMatchObject({
        code: 'RANGE_OUTSIDE_INPUT',
      })
    }
  })
})
