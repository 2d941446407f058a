import { describe, expect, it } from 'vitest'
import type { Preset, ProbeStream } from '../../../src/contract/index.js'
import { metadataIn, withMeasured } from '../../../src/plan/measure.js'
import { anAudio, anOutput, aProbe, aVideo, codeOf, OLD_FFMPEG, option, plan } from './inputs.js'

type Audio = NonNullable<Preset['audio']>

const withSound = (name: string, sound: Partial<Audio>) =>
  anOutput(name, (recipe) => Object.assign(recipe.audio!, sound))
const filters = (name: string, sound: Partial<Audio>, stream: Partial<ProbeStream> = {}) =>
  option(plan(aProbe([anAudio(stream)]), [withSound(name, sound)])[0]!.passes.at(-1)!.args, '-filter:a')!

/** What a pass runs once its measuring pass wrote these lines, by the beginning of the file's name. */
async function runs(sound: Partial<Audio>, figures: Record<string, string>, name = 'flac', more = {}): Promise<string> {
  const { passes } = plan(aProbe([anAudio()]), [withSound(name, sound)], more)[0]!
  const { args, measured = [] } = passes.at(-1)!
  const text = (file: string) => figures[file.replace(/-[0-9a-f]{8}\.txt$/, '')] ?? ''
  return option(await withMeasured(args, measured, async (file) => text(file)), '-filter:a')!
}

describe('measuring', () => {
  const loudness = { targetLufs: -16 }

  it('comes first, once for all that want to know the same, and shares the weight', () => {
    const outputs = [
      withSound('h264-360p', { loudness }),
      withSound('mp3-192k', { loudness: { targetLufs: -23 } }),
      withSound('aac-128k', { loudness }),
    ]
    const [group] = plan(aProbe([aVideo(), anAudio()]), outputs)
    expect(group!.passes.map(({ label }) => label)).toEqual(['measure', 'encode'])
    const [measure, encode] = group!.passes
    // With a picture, and without: the sound begins elsewhere.
    expect(measure!.args.filter((arg) => arg === 'null')).toHaveLength(2)
    expect(measure!.args.join(' ')).not.toContain('0:V')
    expect(measure!.plan.weight + encode!.plan.weight).toBeCloseTo(1)
    expect(measure!.plan.expectedUs).toBe(10_000_000)
    expect(encode!.args.join(' ')).toContain('<gain to -16 LUFS, peaks below -1 dBTP at 48000 Hz')
  })

  it('is done for each of several tracks', () => {
    const film = anOutput('h264-360p', (recipe) => {
      Object.assign(recipe.audio!, { loudness })
      recipe.tracks = { audio: 'all' }
    })
    const [measure, encode] = plan(aProbe([aVideo(), anAudio(), anAudio()]), [film])[0]!.passes
    expect(measure!.args.join(' ')).toMatch(/-map 0:a:0 .*-map 0:a:1 /)
    const tokens = ['a:0', 'a:1'].map((to) => option(encode!.args, `-filter:${to}`)!.match(/<.*>/)![0])
    expect(new Set(tokens).size).toBe(2)
  })

  it('is a pass of each group that needs it', () => {
    const outputs = [anOutput('flac'), withSound('h264-720p-2pass', { loudness }), anOutput('poster')]
    const groups = plan(aProbe([aVideo(), anAudio()]), outputs)
    expect(groups.map(({ passes }) => passes.map(({ label }) => label))).toEqual([
      ['picture'],
      ['encode'],
      ['measure', 'analyse', 'encode'],
    ])
    const weights = groups.flatMap(({ passes }) => passes.map((pass) => pass.plan.weight))
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 10)
  })

  it('reads what C writes', () => {
    expect(metadataIn('frame:0 pts:0\nk=-inf\nother=3\nk=-1.50\nk=nan\nk=', 'k')).toEqual([
      Number.NEGATIVE_INFINITY,
      -1.5,
      Number.NaN,
      Number.NaN,
    ])
  })
})

describe('loudness', () => {
  const figures = (lufs: string, peak: string) => ({
    loudness: `lavfi.r128.I=-70.000\nlavfi.r128.I=${lufs}\n`,
    peak: `lavfi.astats.Overall.Peak_level=${peak}\n`,
  })
  const loudness = { targetLufs: -16 }

  it('is one gain where the peaks have room, and a limiter at the output rate where they have not', async () => {
    expect(await runs({ loudness }, figures('-23.000', '-8.5'))).toBe(
      'asetpts=PTS-STARTPTS,aresample=async=1,volume=7.00dB',
    )
    const limited = await runs({ loudness }, figures('-23.000', '-3.0'))
    expect(limited).toMatch(/volume=7\.00dB,aresample=192000,alimiter=limit=0\.8710:.*:latency=1,aresample=48000$/)
    expect(await runs({ loudness }, figures('-23.000', '-3.0'), 'flac', { capabilities: OLD_FFMPEG })).not.toContain(
      'latency',
    )
    expect(await runs({ loudness: { targetLufs: -23, truePeakDbtp: -9 } }, figures('-10', '-0.5'))).toMatch(/dB$/)
  })

  it.each(['-70.000', '-inf', 'nan', ''])('leaves silence, measured as %j, as it is', async (lufs) => {
    expect(await runs({ loudness }, figures(lufs, '-inf'))).toMatch(/,anull$/)
  })
})

describe('silence at the ends', () => {
  const figures = (starts: string[], ends: string[]) => ({
    'silence-starts': starts.map((at) => `lavfi.silence_start=${at}\n`).join(''),
    'silence-ends': ends.map((at) => `lavfi.silence_end=${at}\n`).join(''),
  })
  const trimmed = async (trimSilence: Audio['trimSilence'], starts: string[], ends: string[]) =>
    (await runs({ trimSilence: trimSilence! }, figures(starts, ends))).replace(
      'asetpts=PTS-STARTPTS,aresample=async=1,',
      '',
    )

  it.each<[string, Audio['trimSilence'], string[], string[], string]>([
    ['both ends', {}, ['0', '2', '5'], ['1', '3'], 'atrim=start=0.900000:end=5.100000,asetpts=PTS-STARTPTS'],
    ['nothing in between', {}, ['2'], ['3'], 'anull'],
    [
      'the beginning',
      { at: 'beginning', keepMs: 0 },
      ['-0.01', '5'],
      ['1'],
      'atrim=start=1.000000,asetpts=PTS-STARTPTS',
    ],
    ['the end', { at: 'end', keepMs: 0 }, ['0', '5'], ['1'], 'atrim=end=5.000000,asetpts=PTS-STARTPTS'],
    ['nothing of what is all silent', {}, ['0'], [], 'anull'],
    ['nothing where there is none', {}, [], [], 'anull'],
  ])('takes away %s', async (_, trim, starts, ends, expected) => {
    expect(await trimmed(trim, starts, ends)).toBe(expected)
  })

  it('does not say how long the output will be', () => {
    const [group] = plan(aProbe([anAudio()]), [withSound('flac', { trimSilence: {} })])
    expect(group!.outputs[0]!.expected).toEqual({ durationUs: null, streams: { video: 0, audio: 1 } })
    expect(group!.passes.map((pass) => pass.plan.expectedUs)).toEqual([10_000_000, null])
    // Percent then rests on the place in the input.
    expect(group!.passes[1]!.wholeInput).toBe('/media/in.mp4')
  })
})

describe('channels, gain and rate', () => {
  it.each<[string, string, Partial<Audio>, Partial<ProbeStream>, string]>([
    ['one side on both', 'mp3-192k', { channelMap: [0, 0] }, {}, 'pan=stereo|c0=c0|c1=c0'],
    ['the sides exchanged', 'flac', { channelMap: [1, 0] }, {}, 'pan=stereo|c0=c1|c1=c0'],
    [
      'six of ten',
      'aac-128k',
      { channels: null, layout: '5.1', channelMap: [0, 1, 2, 3, 8, 9] },
      { channels: 10 },
      'pan=5.1|c0=c0|c1=c1|c2=c2|c3=c3|c4=c8|c5=c9',
    ],
    ['a layout', 'aac-128k', { channels: null, layout: 'mono' }, {}, 'aformat=channel_layouts=mono'],
    ['a gain behind it', 'mp3-192k', { gainDb: -3.5 }, {}, 'aformat=channel_layouts=mono|stereo,volume=-3.5dB'],
  ])('%s', (_, name, sound, stream, expected) => {
    expect(filters(name, sound, stream)).toBe(`asetpts=PTS-STARTPTS,aresample=async=1,${expected}`)
  })

  it('refuses a channel that the input has not got', () => {
    const output = withSound('mp3-192k', { channelMap: [2] })
    expect(codeOf(() => plan(aProbe([anAudio()]), [output]))).toBe('CHANNEL_NOT_IN_INPUT')
  })

  it('has the rate that was asked for', () => {
    const args = plan(aProbe([anAudio()]), [withSound('mp3-192k', { sampleRate: 22_050 })])[0]!.passes[0]!.args
    expect(option(args, '-ar:a')).toBe('22050')
  })
})

describe('a waveform', () => {
  const layoutOf = (name: string, durationUs: number | null) =>
    plan(aProbe([anAudio({ durationUs })], { durationUs }), [anOutput(name)])[0]!.outputs[0]!.waveform!

  it('has no more points than are wanted, however long it runs', () => {
    const pointsOf = (name: string, seconds: number) => {
      const { sampleRate, samplesPerPoint } = layoutOf(name, seconds * 1e6)
      return Math.ceil((seconds * sampleRate) / samplesPerPoint)
    }
    expect(pointsOf('peaks', 60)).toBe(1_200)
    expect(pointsOf('peaks', 2 * 3_600)).toBeLessThanOrEqual(50_000)
    expect(pointsOf('peaks', 30 * 86_400)).toBeLessThanOrEqual(50_000)
    expect(pointsOf('waveform', 7_200)).toBeLessThanOrEqual(1_800)
    expect(pointsOf('waveform', 7_200)).toBeGreaterThan(1_700)
    expect(layoutOf('waveform', null).samplesPerPoint).toBe(4_800)
    expect(layoutOf('waveform', 1_000).samplesPerPoint).toBe(16)
  })

  it('needs sound', () => {
    for (const name of ['waveform', 'peaks'])
      expect(codeOf(() => plan(aProbe([aVideo()]), [anOutput(name)]))).toBe('NO_AUDIO_STREAM')
  })

  it('is read together with the others', () => {
    const [group] = plan(aProbe([aVideo(), anAudio()]), [
      anOutput('peaks'),
      anOutput('waveform'),
      anOutput('h264-360p'),
    ])
    expect(group!.outputs.map(({ name }) => name)).toEqual(['h264-360p', 'peaks', 'waveform'])
    expect(group!.outputs[2]!.from).toEqual({ video: null, audio: [1], subtitles: [] })
  })
})
