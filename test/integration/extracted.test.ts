/** Subtitles and attachments as files of their own, against what is in the film. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import type { Preset } from '../../src/contract/index.js'
import { resolve } from '../../src/presets/index.js'
import { anOutput, useEncoder } from '../helpers/encode.js'
import { aFolder } from '../helpers/folder.js'
import { some } from '../helpers/long.js'

const encoder = useEncoder()
const recipe = (preset: string, overrides: Parameters<typeof resolve>[1] = {}) =>
  anOutput(preset, (one: Preset) => Object.assign(one, resolve(structuredClone(one), overrides)))

const SRT =
  '1\n00:00:00,200 --> 00:00:00,700\nOne <i>it</i>\n\n2\n00:00:01,000 --> 00:00:01,500\nTwo\nlines\n\n3\n00:00:01,700 --> 00:00:01,900\nThree\n'

/** A film with SRT in English, ASS in German, and these attachments by the names that the file gives them. */
async function film(attachments: Record<string, Buffer> = {}, more: string[] = [], name = 'film.mkv'): Promise<string> {
  const folder = await aFolder()
  await writeFile(join(folder, 's.srt'), SRT)
  const attached = Object.entries(attachments)
  const args = [
    '-v',
    'error',
    '-i',
    await makeClip('video-only'),
    '-i',
    join(folder, 's.srt'),
    '-i',
    join(folder, 's.srt'),
  ]
  args.push('-map', '0', '-map', '1', '-map', '2', '-c', 'copy')
  args.push(
    ...(more.length > 0 ? more : ['-c:s:1', 'ass']),
    '-metadata:s:s:0',
    'language=eng',
    '-metadata:s:s:1',
    'language=ger',
  )
  for (const [n, [called, data]] of attached.entries()) {
    await writeFile(join(folder, `a${n}`), data)
    args.push('-attach', join(folder, `a${n}`), `-metadata:s:t:${n}`, 'mimetype=application/x-font')
    args.push(`-metadata:s:t:${n}`, `filename=${called}`)
  }
  const path = join(folder, name)
  execFileSync('ffmpeg', [...args, path])
  return path
}

const cues = async (path: string) => (await readFile(path, 'utf8')).replaceAll('\r', '')

describe('subtitles', () => {
  test.each([
    [
      'vtt',
      'WEBVTT\n\n00:00.200 --> 00:00.700\nOne <i>it</i>\n\n00:01.000 --> 00:01.500\nTwo\nlines\n\n00:01.700 --> 00:01.900\nThree\n',
    ],
    ['srt', SRT],
  ] as const)('are %s, every cue of them', async (container, text) => {
    const { outputs, groups } = await encoder.encode({ path: await film() }, [recipe('subtitles', { container })])
    const { path, warnings, verified } = outputs.subtitles!
    expect((await cues(path)).trimEnd()).toBe(text.trimEnd())
    expect(warnings).toEqual([])
    expect(groups[0]!.outputs[0]!.warnings).toEqual([
      { code: 'STREAM_LEFT_OUT', detail: 'Subtitles 2 (ger) of the input left out.' },
    ])
    expect(verified).toEqual({ duration: null, streams: true, decodes: null })
  })

  test('are ASS by language or index; the extension of the path says it too', async () => {
    const path = await film()
    for (const subtitles of [['de'], { index: 2 }]) {
      const { outputs, groups } = await encoder.encode({ path }, [
        recipe('subtitles', { path: 'a/b.ass', tracks: { subtitles } }),
      ])
      const text = await cues(outputs.subtitles!.path)
      expect(text.match(/^Dialogue: .*$/gm)).toEqual([
        expect.stringMatching(/,0:00:00\.20,0:00:00\.70,.*One/),
        expect.stringMatching(/,0:00:01\.00,0:00:01\.50,.*Two\\Nlines$/),
        expect.stringMatching(/,0:00:01\.70,0:00:01\.90,.*Three$/),
      ])
      expect(groups[0]!.outputs[0]!.relativePath).toMatch(/\.ass$/)
    }
  })

  test.each([
    ['vtt', ['00:00.000 --> 00:00.300\nTwo\nlines', '00:00.500 --> 00:00.600\nThree']],
    ['srt', ['1\n00:00:00,000 --> 00:00:00,300\nTwo\nlines', '2\n00:00:00,500 --> 00:00:00,600\nThree']],
    ['ass', [',0:00:00.00,0:00:00.30,', ',0:00:00.50,0:00:00.60,']],
  ] as const)('of a range begin with it: %s', async (container, shown) => {
    const { outputs } = await encoder.encode({ path: await film() }, [recipe('subtitles', { container })], {
      startMs: 1_200,
      endMs: 1_800,
    })
    const text = await cues(outputs.subtitles!.path)
    for (const cue of shown) expect(text).toContain(cue)
    expect(text).not.toContain('One')
  })

  test('of an MP4 are counted without its gaps', async () => {
    const path = await film({}, ['-c:s', 'mov_text'], 'film.mp4')
    const { outputs } = await encoder.encode({ path }, [recipe('subtitles', { container: 'srt' })])
    expect(outputs.subtitles!.warnings).toEqual([])
    expect((await cues(outputs.subtitles!.path)).match(/-->/g)).toHaveLength(3)
  })

  test('of pictures are refused as such', async () => {
    await expect(encoder.encode('picture-subtitles', [recipe('subtitles')])).rejects.toMatchObject({
      code: 'CODEC_NOT_ALLOWED',
      message: expect.stringMatching(
        /^Subtitles \d of the input are hdmv_pgs_subtitle, no text: they can not be written as vtt\.$/,
      ),
    })
  })

  test('that are not there are told with those that are', async () => {
    await expect(
      encoder.encode({ path: await film() }, [recipe('subtitles', { tracks: { subtitles: ['fra'] } })]),
    ).rejects.toMatchObject({
      code: 'TRACK_NOT_FOUND',
      message: 'The input has no subtitles fra; it has 1 (eng), 2 (ger).',
    })
    await expect(encoder.encode('h264-aac', [recipe('subtitles')])).rejects.toMatchObject({
      code: 'TRACK_NOT_FOUND',
      message: 'The input has no subtitles.',
    })
  })

  test.each([
    [{ container: 'mp4' as const }, '/container'],
    [{ tracks: { subtitles: 'keep' as const } }, '/tracks/subtitles'],
    [{ tracks: { subtitles: ['eng', 'ger'] } }, '/tracks/subtitles'],
    [{ tracks: { audio: 'all' as const } }, '/tracks/audio'],
    [{ video: { crf: 20 } }, '/video'],
  ])('%j is refused when it is sent', (overrides, pointer) => {
    expect(() => recipe('subtitles', overrides)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', errors: [expect.objectContaining({ pointer })] }),
    )
  })
})

describe('attachments', () => {
  test('are files in a folder, byte by byte, whatever they are called', async () => {
    const named = {
      'Font One.ttf': randomBytes(3_000),
      '../../evil.ttf': randomBytes(500),
      '/etc/EVIL.ttf': randomBytes(70),
      '.hidden': randomBytes(10),
      'a:b|c.bin': randomBytes(20),
    }
    const path = await film(named)
    const { outputs, groups } = await encoder.encode({ path }, [recipe('attachments')])
    const folder = outputs.attachments!.path
    expect((await readdir(folder)).sort()).toEqual(['EVIL-2.ttf', 'Font One.ttf', 'a_b_c.bin', 'evil.ttf', 'hidden'])
    const data = Object.values(named)
    const names = ['Font One.ttf', 'evil.ttf', 'EVIL-2.ttf', 'hidden', 'a_b_c.bin']
    for (const [i, name] of names.entries()) expect(await readFile(join(folder, name))).toEqual(data[i])
    expect(outputs.attachments!.warnings).toEqual([])
    expect(groups[0]!.outputs[0]!.extracted).toMatchObject({
      files: [{ bytes: 3_000 }, { bytes: 500 }, { bytes: 70 }, { bytes: 10 }, { bytes: 20 }],
    })
  })

  test('that are not there are told', async () => {
    await expect(encoder.encode('h264-aac', [recipe('attachments')])).rejects.toMatchObject({
      code: 'TRACK_NOT_FOUND',
      message: 'The input has no attachments.',
    })
  })

  test('and subtitles come beside a film of the same job', async () => {
    const { outputs } = await encoder.encode('tracks', ['h264-360p', 'attachments', recipe('subtitles')])
    expect(Object.keys(outputs).sort()).toEqual(['attachments', 'h264-360p', 'subtitles'])
  })
})

describe('cover art', () => {
  /** The clip with a JPEG as its cover. */
  async function covered(from: 'h264-aac' | 'audio-only', name: string): Promise<string> {
    const folder = await aFolder()
    const path = join(folder, name)
    const args = [
      '-v',
      'error',
      '-i',
      await makeClip(from),
      '-i',
      await makeClip('jpeg'),
      '-map',
      '0',
      '-map',
      '1',
      '-c',
      'copy',
    ]
    execFileSync('ffmpeg', [...args, `-disposition:v:${from === 'audio-only' ? 0 : 1}`, 'attached_pic', path])
    return path
  }
  const pictures = (path: string) =>
    execFileSync(
      'ffprobe',
      ['-v', 'error', '-show_entries', 'stream=codec_name:stream_disposition=attached_pic', '-of', 'csv=p=0', path],
      { encoding: 'utf8' },
    )
      .trim()
      .split('\n')
      .filter((line) => line.endsWith(',1'))

  test.each(some(['mp3-192k', 'aac-128k', 'flac', 'copy-mp4'], 2))(
    'is carried over by %s, of a part too',
    async (preset) => {
      const path = await covered('audio-only', 'in.m4a')
      for (const range of [{}, { startMs: 500, endMs: 1_000 }]) {
        const { outputs, groups } = await encoder.encode({ path }, [preset], range)
        const { warnings } = outputs[preset]!
        expect([...warnings, ...groups[0]!.outputs[0]!.warnings]).toEqual([])
        expect(pictures(outputs[preset]!.path)).toEqual(['mjpeg,1'])
      }
    },
  )

  test('of a film is carried over by a copy, beside its picture', async () => {
    const path = await covered('h264-aac', 'in.mp4')
    const { outputs, groups } = await encoder.encode({ path }, ['copy-mp4'])
    const copy = outputs['copy-mp4']!
    expect(groups[0]!.outputs[0]!.warnings).toEqual([])
    expect(copy.probe.streams.map(({ codec, attachedPicture }) => [codec, attachedPicture])).toEqual([
      ['h264', false],
      ['aac', false],
      ['mjpeg', true],
    ])
  })

  test.each([
    ['h264-360p', {}],
    ['copy-mkv', {}],
    ['opus-96k', {}],
    ['mp3-192k', { tracks: { metadata: 'none' as const } }],
  ])('that %s does not carry is told', async (preset, overrides) => {
    const path = await covered('h264-aac', 'in.mp4')
    const { outputs, groups } = await encoder.encode({ path }, [recipe(preset, overrides)])
    expect(groups[0]!.outputs[0]!.warnings).toEqual([
      { code: 'STREAM_LEFT_OUT', detail: '1 cover picture of the input left out.' },
    ])
    expect(pictures(outputs[preset]!.path)).toEqual([])
  })
})
