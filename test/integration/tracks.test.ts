/** Tracks and containers against what ffprobe says of real outputs. */
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { Preset, Tracks } from '../../src/contract/index.js'
import { resolve } from '../../src/presets/index.js'
import { anOutput, useEncoder } from '../helpers/encode.js'
import { long, some } from '../helpers/long.js'

const encoder = useEncoder()

type Stream = {
  codec_type: string
  codec_name: string
  tags?: Record<string, string>
  disposition: { default: number; forced: number }
}

/** What a file holds, told apart from the reader under test: `audio aac deu*`, the star for default, `!` for forced. */
function holds(path: string): { streams: string[]; chapters: string[]; title: string | undefined } {
  const args = ['-v', 'error', '-of', 'json', '-show_streams', '-show_format', '-show_chapters', path]
  const found = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' })) as {
    streams: Stream[]
    chapters: { tags: { title: string } }[]
    format: { tags?: Record<string, string> }
  }
  const shown = ({ codec_type, codec_name, tags, disposition }: Stream) => {
    const flags = `${disposition.default && codec_type !== 'video' ? '*' : ''}${disposition.forced ? '!' : ''}`
    const language = tags?.language === 'und' ? undefined : tags?.language
    return [codec_type, codec_name, language, tags?.title].filter(Boolean).join(' ') + flags
  }
  return {
    // The chapters of an MP4 are a track, too.
    streams: found.streams.filter(({ codec_type }) => codec_type !== 'data').map(shown),
    chapters: found.chapters.map(({ tags }) => tags.title),
    title: found.format.tags?.title,
  }
}

const recipe = (preset: string, overrides: Parameters<typeof resolve>[1]) =>
  anOutput(preset, (one: Preset) => Object.assign(one, resolve(structuredClone(one), overrides)))

async function make(
  clip: Parameters<typeof encoder.encode>[0],
  preset: string,
  overrides: Parameters<typeof resolve>[1],
) {
  const { outputs } = await encoder.encode(clip, [recipe(preset, overrides)])
  const { path, warnings, verified } = outputs[preset]!
  return { path, warnings, verified, ...holds(path) }
}

describe('a copy has all that its container holds', () => {
  test('an MKV everything', async () => {
    const made = await make('tracks', 'copy-mkv', {})
    expect(made).toMatchObject({
      streams: [
        'video h264',
        'audio aac deu',
        'audio aac fra Le son*',
        'subtitle subrip eng',
        'subtitle ass jpn Signs!',
        'attachment ttf',
      ],
      chapters: ['One', 'Two'],
      title: 'All of it',
      warnings: [],
    })
  })

  test('an MP4 text as its own, and no fonts, which is told', async () => {
    const { groups, outputs } = await encoder.encode('tracks', [recipe('copy-mp4', {})])
    expect(holds(outputs['copy-mp4']!.path)).toMatchObject({
      streams: [
        'video h264',
        'audio aac deu',
        expect.stringMatching(/^audio aac fra.*\*$/),
        expect.stringMatching(/^subtitle mov_text eng/),
        expect.stringMatching(/^subtitle mov_text jpn/),
      ],
      chapters: ['One', 'Two'],
    })
    expect(groups[0]!.outputs[0]!.warnings).toEqual([
      { code: 'STREAM_LEFT_OUT', detail: '1 attachment of the input left out.' },
    ])
  })

  test('picture subtitles stay pictures in an MKV, and behind where an MP4 is made', async () => {
    expect((await make('picture-subtitles', 'copy-mkv', {})).streams[2]).toBe('subtitle hdmv_pgs_subtitle eng')
    const { groups, outputs } = await encoder.encode('picture-subtitles', [recipe('copy-mp4', {})])
    expect(holds(outputs['copy-mp4']!.path).streams).toHaveLength(2)
    expect(groups[0]!.outputs[0]!.warnings).toMatchObject([
      { detail: '1 subtitle stream (eng) of the input left out.' },
    ])
  })
})

describe('a film that is encoded', () => {
  test('has the default sound alone, unless more is asked for', async () => {
    const made = await make('tracks', 'h264-360p', {})
    expect(made).toMatchObject({ streams: ['video h264', expect.stringMatching(/^audio aac fra/)], chapters: [] })
  })

  test.each(
    some(
      [
        [
          'all in an MKV',
          'mkv',
          { audio: 'all', subtitles: 'keep', chapters: 'keep', attachments: 'keep' },
          [
            'video h264',
            'audio aac deu',
            'audio aac fra Le son*',
            'subtitle subrip eng',
            'subtitle ass jpn Signs!',
            'attachment ttf',
          ],
        ],
        [
          'by language, the first of them the default',
          'mkv',
          { audio: ['de', 'fr'], subtitles: ['ja'] },
          ['video h264', 'audio aac deu*', 'audio aac fra Le son', 'subtitle ass jpn Signs!'],
        ],
        [
          'by index',
          'mov',
          { audio: { index: 1 }, subtitles: { index: [3] } },
          ['video h264', 'audio aac ger*', expect.stringMatching(/^subtitle mov_text eng/)],
        ],
      ] as const,
      3,
    ),
  )('%s', async (_, container, tracks, streams) => {
    const made = await make('tracks', 'h264-360p', { container, tracks: structuredClone(tracks) as Tracks })
    expect(made.streams).toEqual(streams)
    expect(made.verified).toMatchObject({ duration: true, streams: true })
  })

  long('leaves titles out where they are not wanted, and keeps the languages', async () => {
    const made = await make('tracks', 'h264-360p', { container: 'mkv', tracks: { metadata: 'none', audio: 'all' } })
    expect(made).toMatchObject({ title: undefined, streams: expect.arrayContaining(['audio aac deu']) })
  })

  test('a range cuts subtitles and chapters with it', async () => {
    const asked = recipe('h264-360p', { container: 'mkv', tracks: { subtitles: 'keep', chapters: 'keep' } })
    const { outputs } = await encoder.encode('tracks', [asked], { startMs: 900, endMs: 1_700 })
    const { path } = outputs['h264-360p']!
    expect(holds(path).chapters).toEqual(['One', 'Two'])
    const shown = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-map', '0:s:0', '-f', 'srt', '-'], {
      encoding: 'utf8',
    })
    expect(shown).toMatch(/^1\n00:00:00,1\d\d --> 00:00:00,7\d\d\nGrüße, 世界/)
  })

  long('WebM takes its own sound and subtitles', async () => {
    const made = await make('tracks', 'av1-1080p', { container: 'webm', tracks: { subtitles: 'keep', audio: 'all' } })
    expect(made.streams).toEqual([
      'video av1',
      'audio opus deu',
      'audio opus fra Le son*',
      'subtitle webvtt eng',
      'subtitle webvtt jpn Signs!',
    ])
  })

  test('two passes carry them in the second', async () => {
    const made = await make('tracks', 'h264-720p-2pass', {
      container: 'mkv',
      tracks: { audio: 'all', subtitles: 'keep' },
    })
    expect(made.streams).toHaveLength(5)
  })
})

long('an audio file has the language that was asked for', async () => {
  expect((await make('tracks', 'flac', { tracks: { audio: ['deu'] } })).streams).toEqual(['audio flac'])
  const { groups } = await encoder.encode('tracks', [recipe('aac-128k', { tracks: { audio: ['deu'] } })])
  expect(groups[0]!.outputs[0]!.warnings).toMatchObject([{ detail: '1 audio stream (fra) of the input left out.' }])
})

describe('what is not there', () => {
  test.each([
    [
      'a language',
      'copy-mkv',
      { audio: ['ita'] },
      'TRACK_NOT_FOUND',
      'The input has no audio ita; it has 1 (deu), 2 (fra).',
    ],
    ['an index', 'h264-360p', { audio: { index: 3 } }, 'TRACK_NOT_FOUND', 'no audio 3; it has 1 (deu)'],
    ['subtitles', 'h264-360p', { subtitles: ['fra'] }, 'TRACK_NOT_FOUND', 'no subtitles fra; it has 3 (eng), 4 (jpn)'],
  ] as const)('%s fails the job, and what there is is named', async (_, preset, tracks, code, detail) => {
    const asked = encoder.encode('tracks', [recipe(preset, { tracks: structuredClone(tracks) as Tracks })])
    await expect(asked).rejects.toMatchObject({ code, message: expect.stringContaining(detail) })
  })

  test('picture subtitles by name in an MP4', async () => {
    const asked = encoder.encode('picture-subtitles', [recipe('h264-360p', { tracks: { subtitles: ['en'] } })])
    await expect(asked).rejects.toMatchObject({ code: 'CODEC_NOT_ALLOWED', hint: expect.stringContaining('mkv') })
  })

  test('one of several is a warning', async () => {
    const asked = recipe('copy-mkv', { tracks: { audio: ['ita', 'fra'] } })
    const { groups } = await encoder.encode('tracks', [asked])
    expect(groups[0]!.outputs[0]!.warnings).toContainEqual({
      code: 'TRACK_MISSING',
      detail: 'The input has no audio ita; it has 1 (deu), 2 (fra).',
    })
  })
})
