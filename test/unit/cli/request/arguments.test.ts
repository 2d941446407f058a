import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../../src/cli/exit.js'
import {
  integerOf,
  readArguments,
  secondsOf,
  tagsOf,
  valuesOf,
  withTwoDashes,
} from '../../../../src/cli/request/arguments.js'
import { outputChoices, outputNames, PRESET_OF_EXTENSION, RECIPE_OPTIONS } from '../../../../src/cli/request/outputs.js'
import { OVERRIDES } from '../../../../src/cli/request/overrides.js'
import { LadderOverrides } from '../../../../src/contract/ladder.js'
import { VideoOverrides } from '../../../../src/contract/picture.js'
import { AudioOverrides } from '../../../../src/contract/sound.js'
import { SpriteOverrides } from '../../../../src/contract/stills.js'
import { SHIPPED_PRESETS } from '../../../../src/presets/index.js'

const DEFS = {
  input: { type: 'positional', required: true },
  extra: { type: 'positional', required: false },
  output: { type: 'string', alias: 'o' },
  preset: { type: 'string', alias: 'p' },
  'max-attempts': { type: 'string' },
  tag: { type: 'string' },
  json: { type: 'boolean' },
  ...RECIPE_OPTIONS,
} as const
const read = (...args: string[]) => readArguments(args, DEFS)

describe('the command line', () => {
  test('gives options in their order, by their long names', () => {
    expect(read('-o', 'a', 'in', '--preset=p', '-ob', '--json')).toEqual({
      options: [
        { name: 'output', value: 'a' },
        { name: 'preset', value: 'p' },
        { name: 'output', value: 'b' },
        { name: 'json', value: null },
      ],
      positionals: ['in'],
    })
  })

  test('what follows -- is no option', () => {
    expect(read('--', '-in.mov', '--json').positionals).toEqual(['-in.mov', '--json'])
  })

  test.each([
    [['in', '--jsn'], 'Unknown option: --jsn; did you mean --json?'],
    [['in', '-x'], 'Unknown option: -x'],
    [['in', '--o', 'a'], 'Unknown option: --o'],
    [['in', '--pre'], 'Unknown option: --pre; did you mean --preset?'],
    [['in', '--no-json'], 'Unknown option: --no-json; did you mean --json?'],
    [['in', '-o'], '-o needs a value.'],
    [['in', '--output='], '--output needs a value.'],
    [['in', '--json=yes'], '--json takes no value.'],
    [['in', 'b', 'c'], 'Unexpected argument: c'],
    [[], 'Missing argument: INPUT'],
  ])('%j is refused', (args, message) => {
    expect(() => read(...args)).toThrow(new UsageError(message))
  })

  test('one dash before a long name does, as ffmpeg has it', () => {
    const typed = (...args: string[]) => readArguments(withTwoDashes(args, DEFS), DEFS).options
    expect(typed('in', '-preset', 'poster', '-crf=20', '-max-attempts', '2')).toEqual([
      { name: 'preset', value: 'poster' },
      { name: 'crf', value: '20' },
      { name: 'max-attempts', value: '2' },
    ])
    expect(typed('in', '-pposter', '-oa.mp4')).toEqual([
      { name: 'preset', value: 'poster' },
      { name: 'output', value: 'a.mp4' },
    ])
    expect(withTwoDashes(['--', '-preset'], DEFS)).toEqual(['--', '-preset'])
  })

  test.each([
    [['in', '-prest', 'x'], 'Unknown option: -prest; did you mean --preset?'],
    [['-i', 'in'], 'Unknown option: -i; inputs are given without an option.'],
    [['in', '-ss', '5'], 'Unknown option: -ss; --start says where to begin.'],
    [['in', '-b:v', '1M'], 'Unknown option: -b:v; --bitrate sets the bit rate of the video.'],
    [['in', '-y'], 'Unknown option: -y; --force replaces what is there.'],
  ])('%j is told by what it is called here', (args, message) => {
    expect(() => readArguments(withTwoDashes(args, DEFS), DEFS)).toThrow(new UsageError(message))
  })

  test('a place for many takes many', () => {
    const defs = { 'job…': { type: 'positional', required: true } } as const
    expect(readArguments(['a', 'b', 'c'], defs).positionals).toEqual(['a', 'b', 'c'])
    expect(() => readArguments([], defs)).toThrow('Missing argument: JOB…')
  })

  test('numbers, seconds and tags are checked', () => {
    expect(integerOf(undefined, '--n', 1, 5)).toBeUndefined()
    expect(integerOf('5', '--n', 1, 5)).toBe(5)
    for (const bad of ['6', '0', '-1', '1.5', 'x', '', '1e2']) {
      expect(() => integerOf(bad, '--n', 1, 5)).toThrow('--n takes a whole number from 1 to 5')
    }
    expect(secondsOf('12.5', '--start')).toBe(12_500)
    expect(secondsOf('0', '--start')).toBe(0)
    expect(secondsOf('1:30', '--start')).toBe(90_000)
    expect(secondsOf('00:00:05', '--start')).toBe(5_000)
    expect(secondsOf('100:02:03.25', '--start')).toBe(360_123_250)
    for (const bad of ['-1', '1:60', '1:60:00', ':30', '1:', '1:2:3:4', 'x', '', '1e3', '9'.repeat(20)])
      expect(() => secondsOf(bad, '--start')).toThrow('--start takes seconds')
    expect(tagsOf(valuesOf(read('in', '--tag', 'a=1', '--tag', 'b==2'), 'tag'))).toEqual({ a: '1', b: '=2' })
    expect(() => tagsOf(['novalue'])).toThrow('--tag takes key=value')
    expect(() => tagsOf(['=x'])).toThrow('--tag takes key=value')
  })
})

describe('outputs', () => {
  const choices = (...args: string[]) => outputChoices(read('in', ...args))

  test('without a word: one by the default preset', () => {
    expect(choices()).toEqual([{ path: null, preset: 'h264-720p', overrides: {} }])
  })

  test('the extension tells the preset', () => {
    expect(choices('-o', 'x/OUT.WEBM')).toMatchObject([{ path: 'x/OUT.WEBM', preset: 'vp9-720p' }])
    expect(() => choices('-o', 'out.avi')).toThrow('"out.avi" ends in .avi, which tells no preset')
    expect(() => choices('-o', 'out')).toThrow('"out" has no extension')
  })

  test('pairs in any order', () => {
    const pairs = [
      { path: 'a.mp4', preset: 'h264-360p' },
      { path: 'b.mp3', preset: 'mp3-192k' },
    ]
    expect(choices('-o', 'a.mp4', '-p', 'h264-360p', '-o', 'b.mp3')).toMatchObject(pairs)
    expect(choices('-p', 'h264-360p', '-o', 'a.mp4', '-p', 'mp3-192k', '-o', 'b.mp3')).toMatchObject(pairs)
    expect(choices('-p', 'poster', '-p', 'flac')).toMatchObject([
      { path: null, preset: 'poster' },
      { path: null, preset: 'flac' },
    ])
    expect(choices('-o', 'a.mp4', '-o', 'b.flac').map((one) => one.preset)).toEqual(['h264-720p', 'flac'])
  })

  test('overrides belong to the output they follow; those before the first, to all', () => {
    const args = ['--crf', '20', '-p', 'h264-720p', '--crf=30', '-o', 'a.mp4', '-o', 'b.webm', '--audio-bitrate', '96k']
    expect(choices(...args).map(({ overrides }) => overrides)).toEqual([
      { video: { crf: 30 } },
      { video: { crf: 20 }, audio: { bitrate: 96_000 } },
    ])
    expect(choices('-p', 'flac', '--max-frame-rate', '29.97')[0]!.overrides).toEqual({ video: { maxFrameRate: 29.97 } })
    expect(choices('--bitrate', '2.5M')[0]!.overrides).toEqual({ video: { bitrate: 2_500_000 } })
    const ladder = ['--rungs', '1080,720=2.5M', '--codecs', 'h264,av1', '--segment-ms', '6000']
    expect(choices(...ladder)[0]!.overrides).toEqual({
      ladder: {
        rungs: [{ height: 1080 }, { height: 720, bitrate: 2_500_000 }],
        codecs: ['h264', 'av1'],
        segmentMs: 6_000,
      },
    })
    const picture = ['--crop', '640x360+0+60', '--rotate=90', '--fit', 'pad', '--dynamic-range', 'keep']
    expect(choices(...picture)[0]!.overrides).toEqual({
      video: { crop: { x: 0, y: 60, width: 640, height: 360 }, rotate: 90, fit: 'pad', dynamicRange: 'keep' },
    })
  })

  test('sound is a word or two', () => {
    const sound = [
      '--loudness',
      '-16,-1.5',
      '--channel-map',
      '1,0',
      '--trim-silence=end,-60dB,200ms',
      '--layout',
      '5.1',
    ]
    expect(choices(...sound, '--sample-rate', '48000')[0]!.overrides.audio).toEqual({
      loudness: { targetLufs: -16, truePeakDbtp: -1.5 },
      channelMap: [1, 0],
      trimSilence: { at: 'end', thresholdDb: -60, keepMs: 200 },
      layout: '5.1',
      sampleRate: 48_000,
    })
    expect(choices('--gain-db', '-3.5', '--trim-silence', 'both')[0]!.overrides.audio).toEqual({
      gainDb: -3.5,
      trimSilence: { at: 'both' },
    })
  })

  test('what is to be achieved is an override, too', () => {
    const quality = (...args: string[]) => choices(...args).map(({ overrides }) => overrides.quality?.target)
    expect(quality('--quality-ssim', '0.98')).toEqual([{ ssim: 0.98 }])
    expect(quality('-o', 'a.mp4', '--max-size', '8.5M', '-o', 'b.mp4')).toEqual([{ maxBytes: 8_500_000 }, undefined])
  })

  test('containers and tracks are overrides, too', () => {
    const args = ['-o', 'a.mkv', '--audio-tracks', 'eng,jpn', '--subtitles=3', '-o', 'b.mkv', '--audio-tracks', 'all']
    expect(choices('--chapters', 'keep', '--container', 'mkv', ...args)).toEqual([
      {
        path: 'a.mkv',
        preset: 'h264-720p',
        overrides: {
          container: 'mkv',
          tracks: { chapters: 'keep', audio: ['eng', 'jpn'], subtitles: { index: [3] } },
        },
      },
      {
        path: 'b.mkv',
        preset: 'h264-720p',
        overrides: { container: 'mkv', tracks: { chapters: 'keep', audio: 'all' } },
      },
    ])
  })

  test('parts, too: of some seconds each, or where they pay', () => {
    expect(choices('--split', 'auto', '-o', 'a.mp4', '-o', 'b.mp4', '--split', '2.5')).toMatchObject([
      { overrides: { split: 'auto' } },
      { overrides: { split: { segmentMs: 2_500 } } },
    ])
  })

  test.each([
    ['--split', '0.5', '--split takes auto, never, or seconds from 1 to 3600, not "0.5".'],
    ['--container', 'avi', '--container takes mp4, mkv, mov, webm, vtt, srt, ass, not "avi".'],
    ['--audio-tracks', 'e', '--audio-tracks takes first, all, languages such as eng,jpn or indexes'],
    ['--subtitles', '1,eng', '--subtitles takes keep, burn, none, languages such as eng,jpn or indexes'],
    ['--subtitles', 'burn:1,2', '--subtitles takes keep, burn, none, languages such as eng,jpn or indexes'],
    ['--metadata', 'all', '--metadata takes keep, none, not "all".'],
    ['--loudness', 'loud', '--loudness takes LUFS, and after a comma dBTP, such as -16 or -16,-1.5, not "loud".'],
    ['--gain-db', '-61', '--gain-db takes a number from -60 to 60, not "-61".'],
    ['--gain-db', 'NaN', '--gain-db takes a number from -60 to 60, not "NaN".'],
    ['--layout', '5.2', '--layout takes mono, stereo,'],
    ['--channel-map', 'left', '--channel-map takes channels of the input, counted from 0'],
    ['--trim-silence', 'all', '--trim-silence takes both, beginning or end'],
    ['--crf', '64', '--crf takes a number from 0 to 63, not "64".'],
    ['--crf', 'x', '--crf takes a number from 0 to 63, not "x".'],
    ['--height', '719.5', '--height takes a whole number from 16 to 16384, not "719.5".'],
    ['--bitrate', '5k', '--bitrate takes bits per second, such as 800k or 2.5M, from 10000 to 200000000, not "5k".'],
    ['--audio-bitrate', '2G', '--audio-bitrate takes bits per second'],
    ['--rotate', '45', '--rotate takes 90, 180, 270, not "45".'],
    ['--crop', '640x360', '--crop takes WIDTHxHEIGHT+X+Y in pixels, such as 640x360+0+60, or auto, not "640x360".'],
    ['--rungs', '720p', '--rungs takes heights in pixels, such as 1080,720, or 720=3M,360=800k, not "720p".'],
    ['--quality-ssim', '1', '--quality-ssim takes a number from 0.5 to 0.999, such as 0.98, not "1".'],
    ['--max-size', '25MB', '--max-size takes bytes, such as 800k, 25M or 1.5G, from 10000 on, not "25MB".'],
    ['--channels', '0', '--channels takes a whole number from 1 to 8'],
  ])('%s %s is refused by its name', (option, value, message) => {
    expect(() => choices(option, value)).toThrow(message)
  })

  test('every typed override of the contract has an option', () => {
    const fields = [...OVERRIDES.values()].map(({ part, field }) => `${part}.${field}`)
    const contract = [
      ...Object.keys(VideoOverrides.properties).map((field) => `video.${field}`),
      ...Object.keys(AudioOverrides.properties).map((field) => `audio.${field}`),
      ...Object.keys(SpriteOverrides.properties).map((field) => `sprites.${field}`),
      ...Object.keys(LadderOverrides.properties).map((field) => `ladder.${field}`),
    ]
    expect(fields.sort()).toEqual(contract.sort())
  })

  test('every preset that an extension tells is shipped and writes files of that kind', () => {
    const shipped = new Map(SHIPPED_PRESETS.map((preset) => [preset.name, preset]))
    for (const name of Object.values(PRESET_OF_EXTENSION)) expect(shipped.has(name), name).toBe(true)
    for (const [extension, name] of Object.entries(PRESET_OF_EXTENSION)) {
      const writes = `.${shipped.get(name)!.extension}`
      // Films go into the container that the extension says.
      const same = {
        '.jpeg': '.jpg',
        '.opus': '.ogg',
        '.m4v': '.mp4',
        '.srt': '.vtt',
        '.ass': '.vtt',
        '.mkv': '.mp4',
        '.mov': '.mp4',
      }[extension]
      expect([extension, same], name).toContain(writes)
    }
  })

  test('names are unique in a job', () => {
    const names = outputNames(choices('-p', 'flac', '-p', 'poster', '-p', 'flac'))
    expect(names).toEqual(['flac', 'poster', 'flac-2'])
  })
})
