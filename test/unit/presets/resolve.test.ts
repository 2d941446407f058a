import { describe, expect, it } from 'vitest'
import { FfleetError, type Preset } from '../../../src/contract/index.js'
import { resolve, SHIPPED_PRESETS } from '../../../src/presets/index.js'

type Overrides = Parameters<typeof resolve>[1]

const preset = (name: string): Preset => SHIPPED_PRESETS.find((shipped) => shipped.name === name)!

function faults(name: string, overrides: Overrides): string[] {
  try {
    resolve(preset(name), overrides)
  } catch (error) {
    if (error instanceof FfleetError && error.code === 'INVALID_REQUEST') {
      return error.errors.map(({ pointer, detail }) => `${pointer}: ${detail}`)
    }
    throw error
  }
  return []
}

describe('overrides that apply', () => {
  it('leaves a preset as it is without any', () => {
    for (const shipped of SHIPPED_PRESETS) expect(resolve(shipped, {})).toEqual(shipped)
    expect(resolve(preset('mp3-192k'), { video: {} })).toEqual(preset('mp3-192k'))
  })

  it('changes what it names and nothing else', () => {
    const recipe = resolve(preset('h264-720p'), {
      video: { crf: 30, width: 426, height: 240, maxFrameRate: 15 },
      audio: { bitrate: 64_000, channels: 1 },
    })
    expect(recipe.video).toEqual({
      ...preset('h264-720p').video,
      crf: 30,
      width: 426,
      height: 240,
      maxFrameRate: 15,
    })
    expect(recipe.audio).toEqual({ codec: 'aac', bitrate: 64_000, channels: 1 })
  })

  it('puts a bitrate in the place of a quality', () => {
    expect(resolve(preset('vp9-720p'), { video: { bitrate: 800_000 } }).video).toMatchObject({
      crf: null,
      bitrate: 800_000,
    })
  })

  it.each<[string, Overrides, Partial<Preset>]>([
    ['h264-720p', { container: 'mkv' }, { container: 'mkv', extension: 'mkv', mediaType: 'video/x-matroska' }],
    ['h264-720p', { path: 'a/b.MOV' }, { container: 'mov', extension: 'mov', mediaType: 'video/quicktime' }],
    ['h264-720p', { path: 'b.mkv', container: 'mp4' }, { container: 'mp4', extension: 'mp4' }],
    ['h264-720p', { path: 'b.m4v' }, { container: 'mp4', extension: 'mp4' }],
    ['h264-720p', { path: 'b.bin' }, { container: 'mp4' }],
    ['av1-1080p', { path: 'b.webm' }, { container: 'webm', audio: { codec: 'opus', bitrate: 128_000, channels: 2 } }],
    ['vp9-720p', { path: 'b.mp4' }, { container: 'mp4', audio: { codec: 'aac', bitrate: 96_000, channels: 2 } }],
    ['vp9-720p', { container: 'mkv' }, { container: 'mkv', audio: { codec: 'opus', bitrate: 96_000, channels: 2 } }],
    ['copy-mp4', { path: 'b.webm' }, { container: 'webm' }],
    ['flac', { path: 'b.mkv' }, { container: 'flac' }],
  ])('%s goes where %j says', (name, overrides, recipe) => {
    expect(resolve(preset(name), overrides)).toMatchObject(recipe)
  })

  it('adds tracks to those of the preset', () => {
    const own = { ...preset('h264-720p'), tracks: { audio: 'all', chapters: 'keep' } as const }
    expect(resolve(own, { tracks: { audio: ['eng'], subtitles: 'keep' } }).tracks).toEqual({
      audio: ['eng'],
      chapters: 'keep',
      subtitles: 'keep',
    })
  })

  it('puts a frame rate in the place of its bound, and the other way round', () => {
    const exact = resolve(preset('h264-720p'), { video: { frameRate: 25 } })
    expect(exact.video).toMatchObject({ frameRate: 25, maxFrameRate: null })
    expect(resolve(exact, { video: { maxFrameRate: 50 } }).video).toEqual({
      ...preset('h264-720p').video,
      maxFrameRate: 50,
    })
  })

  it('does not touch the preset', () => {
    const before = structuredClone(preset('h264-720p'))
    resolve(preset('h264-720p'), { video: { crf: 10 }, audio: { channels: 1 } })
    expect(preset('h264-720p')).toEqual(before)
  })
})

describe('sound', () => {
  const sound = { ...preset('aac-128k'), audio: { ...preset('aac-128k').audio!, loudness: { targetLufs: -16 } } }

  it('of two that exclude each other takes the one that the request gives', () => {
    expect(resolve(preset('aac-128k'), { audio: { layout: '5.1' } }).audio).toEqual({
      codec: 'aac',
      bitrate: 128_000,
      channels: null,
      layout: '5.1',
    })
    const { audio } = resolve(sound, { audio: { gainDb: 3 } })
    expect(audio).toEqual({ ...preset('aac-128k').audio, gainDb: 3 })
    const wide = { ...sound, audio: { ...sound.audio, channels: null, layout: '5.1' as const } }
    expect(resolve(wide, { audio: { channels: 2 } }).audio).toEqual({ ...sound.audio, channels: 2 })
  })

  it.each<[string, Overrides['audio'], string[]]>([
    ['mp3-192k', { sampleRate: 192_000 }, ['/audio/sampleRate: of mp3 is one of 8000,']],
    ['opus-96k', { sampleRate: 44_100 }, ['/audio/sampleRate: of opus is one of 48000']],
    ['mp3-192k', { layout: '5.1' }, ['/audio/layout: of mp3 is one of mono, stereo']],
    ['aac-128k', { layout: 'stereo', channels: 2 }, ['/audio/layout: says how many channels there are; give either']],
    ['flac', { layout: '5.1', channelMap: [0, 1] }, ['/audio/channelMap: has 2 channels, the layout 5.1 6']],
    ['aac-128k', { channelMap: [0, 1, 2] }, ['/audio/channelMap: has 3 channels, but channels bounds them to 2']],
    ['mp3-192k', { channelMap: [0, 1, 2] }, ['/audio/channelMap: has 3 channels, which no layout of mp3 has']],
    ['flac', { loudness: { targetLufs: -16 }, gainDb: 1 }, ['/audio/gainDb: would be undone by loudness; give either']],
    ['h264-360p', { trimSilence: {} }, ['/audio/trimSilence: would take sound and picture apart']],
    ['copy-mp4', { gainDb: 1 }, ['/audio/gainDb: a copied stream stays as it is']],
    ['peaks', { gainDb: 1 }, ['/audio: the preset peaks has no audio to override']],
  ])('%s %j is refused', (name, audio, expected) => {
    const told = faults(name, { audio: audio! })
    expect(told).toEqual(expected.map((text) => expect.stringContaining(text)))
  })
})

describe('overrides that do not apply', () => {
  it.each<[string, Overrides, string[]]>([
    ['mp3-192k', { video: { crf: 20 } }, ['/video: the preset mp3-192k has no video to override']],
    ['thumbnails', { video: { width: 100 } }, ['/video: the preset thumbnails has no video to override']],
    [
      'h264-720p',
      { container: 'webm' },
      ['/container: h264, which the preset h264-720p makes, does not go into webm; it goes into mp4, mkv, mov'],
    ],
    [
      'vp9-720p',
      { path: 'x.mov' },
      ['/path: vp9, which the preset vp9-720p makes, does not go into mov; it goes into mp4, mkv, webm'],
    ],
    ['flac', { container: 'mkv' }, ['/container: the preset flac makes no film, whose container could be another']],
    [
      'flac',
      { tracks: { audio: 'all' } },
      ['/tracks/audio: an audio file has one track: choose it by language or index'],
    ],
    ['flac', { tracks: { subtitles: 'keep' } }, ['/tracks/subtitles: an audio file has no subtitles']],
    ['poster', { tracks: { metadata: 'none' } }, ['/tracks/metadata: a preset of kind picture has no tracks']],
    ['h264-720p', { quality: { target: {} } }, ['/quality/target: give either ssim or maxBytes']],
    [
      'h264-720p',
      { quality: { target: { ssim: 0.9, maxBytes: 50_000 } } },
      ['/quality/target: give either ssim or maxBytes'],
    ],
    [
      'h264-720p',
      { quality: { target: { ssim: 0.9 } }, video: { crf: 20 } },
      ['/video/crf: is what quality finds; give either'],
    ],
    ...['h264-720p-2pass', 'h264-720p'].map((name): [string, Overrides, string[]] => [
      name,
      { quality: { target: { ssim: 0.9 } }, video: { bitrate: 500_000 } },
      ['/quality: a bitrate says already how large it becomes; choose a preset that has a crf, such as h264-720p'],
    ]),
    [
      'h264-720p',
      { quality: { target: { ssim: 0.9 } }, video: { encoder: 'auto' } },
      ['/quality: is found with encoders in software; leave video.encoder out, which is auto'],
    ],
    [
      'prores',
      { quality: { target: { ssim: 0.9 } } },
      ['/quality: prores has no crf to find; choose a preset of h264, hevc, vp9, av1'],
    ],
    ...(['copy-mp4', 'mp3-192k', 'ffv1', 'gif', 'poster'] as const).map((name): [string, Overrides, string[]] => [
      name,
      { quality: { target: { ssim: 0.9 } } },
      [`/quality: is of films that are encoded, not of a preset of kind ${preset(name).kind}`],
    ]),
    ['poster', { audio: { channels: 1 } }, ['/audio: the preset poster has no audio to override']],
    ['poster', { video: { crf: 20 } }, ['/video/crf: does not apply to a picture']],
    ['poster', { video: { maxFrameRate: 20 } }, ['/video/maxFrameRate: does not apply to a picture']],
    ['h264-720p-2pass', { video: { crf: 20 } }, ['/video/crf: the preset h264-720p-2pass aims at a bitrate']],
    ['h264-720p', { video: { crf: 20, bitrate: 900_000 } }, ['/video/crf: give either crf or bitrate']],
    ['h264-720p', { video: { crf: 52 } }, ['/video/crf: of h264 goes to 51']],
    ['flac', { audio: { bitrate: 64_000 } }, ['/audio/bitrate: flac has none']],
    ['mp3-192k', { audio: { bitrate: 400_000 } }, ['/audio/bitrate: of mp3 goes to 320000']],
    ['mp3-192k', { audio: { channels: 6 } }, ['/audio/channels: of mp3 go to 2']],
    [
      'h264-720p',
      { video: { frameRate: 25, maxFrameRate: 30 } },
      ['/video/frameRate: give either frameRate or maxFrameRate'],
    ],
    [
      'h264-480p',
      { video: { fit: 'pad', width: 855, height: 481 } },
      [
        '/video/width: must be even where fit is pad, such as 854',
        '/video/height: must be even where fit is pad, such as 480',
      ],
    ],
    [
      'h264-720p',
      { video: { dynamicRange: 'keep' } },
      ['/video/dynamicRange: of h264 is standard; choose a preset of hevc, av1 or prores to keep a high one'],
    ],
    ['poster', { video: { frameRate: 5 } }, ['/video/frameRate: does not apply to a picture']],
    ['poster', { video: { denoise: 'light' } }, ['/video/denoise: does not apply to a picture']],
    ['mp3-192k', { video: { rotate: 90 } }, ['/video: the preset mp3-192k has no video to override']],
    ['copy-mp4', { video: { rotate: 90 } }, ['/video/rotate: a copied stream stays as it is']],
    [
      'copy-mp4',
      { video: { crf: 20, width: 640 }, audio: { channels: 1 } },
      [
        '/video/crf: a copied stream stays as it is',
        '/video/width: a copied stream stays as it is',
        '/audio/channels: a copied stream stays as it is',
      ],
    ],
  ])('%s %j', (name, overrides, expected) => {
    expect(faults(name, overrides)).toEqual(expected)
  })

  it('accepts on the codec that can', () => {
    expect(faults('vp9-720p', { video: { crf: 60 } })).toEqual([])
    expect(faults('opus-96k', { audio: { channels: 6 } })).toEqual([])
    expect(faults('poster', { video: { width: 100, height: 100 } })).toEqual([])
    const crop = { x: 0, y: 0, width: 100, height: 100 }
    expect(
      faults('poster', { video: { crop, fit: 'fill', rotate: 90, flip: 'vertical', deinterlace: 'off' } }),
    ).toEqual([])
    expect(faults('av1-1080p', { video: { dynamicRange: 'keep', denoise: 'strong', frameRate: 29.97 } })).toEqual([])
  })

  it('needs both sides for a frame of one size', () => {
    const open = { ...preset('h264-720p'), video: { ...preset('h264-720p').video!, height: null } }
    expect(() => resolve(open, { video: { fit: 'pad' } })).toThrow(
      expect.objectContaining({
        errors: [{ pointer: '/video/fit', detail: 'pad needs width and height; give height as well' }],
      }),
    )
  })
})
