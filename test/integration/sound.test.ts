/** What is asked of sound is heard in what comes out, by ffmpeg's own meters. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { ClipName } from '../../fixtures/media/recipes.js'
import type { Preset } from '../../src/contract/index.js'
import { readFigures } from '../../src/plan/index.js'
import { anOutput, type Encoded, useEncoder } from '../helpers/encode.js'
import { aFolder } from '../helpers/folder.js'
import { some } from '../helpers/long.js'

const encoder = useEncoder()
const run = promisify(execFile)
type Audio = NonNullable<Preset['audio']>

async function make(clip: ClipName, name: string, sound: Partial<Audio>, more = {}): Promise<Encoded> {
  const output = anOutput(name, (recipe) => Object.assign(recipe.audio!, sound))
  return (await encoder.encode(clip, [output], more)).outputs[name]!
}

/** What a filter of ffmpeg logs of a file. */
async function heard(path: string, filter: string, ...options: string[]): Promise<string> {
  const args = ['-hide_banner', '-nostdin', '-i', path, ...options, '-vn', '-af', filter, '-f', 'null', '-']
  return (await run(encoder.capabilities.ffmpeg, args)).stderr
}
const lastNumber = (text: string, pattern: RegExp): number => Number([...text.matchAll(pattern)].at(-1)?.[1])
async function loudness({ path }: Encoded): Promise<{ lufs: number; dbtp: number }> {
  const text = await heard(path, 'ebur128=peak=true')
  return { lufs: lastNumber(text, /I:\s+(\S+) LUFS/g), dbtp: lastNumber(text, /Peak:\s+(\S+) dBFS/g) }
}
const audioOf = ({ probe }: Encoded) => probe.streams.find(({ type }) => type === 'audio')!

describe('loudness', () => {
  it.each<[string, number]>(
    some(
      [
        ['flac', -16],
        ['flac', -30],
        ['aac-128k', -20],
        ['opus-96k', -23],
        ['h264-360p', -18],
      ],
      2,
    ),
  )('%s has %d LUFS', async (name, targetLufs) => {
    const made = await make(name === 'h264-360p' ? 'h264-aac' : 'wav-tone-in-silence', name, {
      loudness: { targetLufs },
    })
    expect(made.warnings).toEqual([])
    expect((await loudness(made)).lufs).toBeCloseTo(targetLufs, 0)
    expect(audioOf(made).sampleRate).toBeLessThanOrEqual(48_000)
  })

  it('takes peaks down that would come too high, and nothing else', async () => {
    const made = await make('wav-peaks', 'flac', { loudness: { targetLufs: -16, truePeakDbtp: -2 } })
    const { lufs, dbtp } = await loudness(made)
    expect(dbtp).toBeLessThanOrEqual(-1.9)
    expect(Math.abs(lufs - -16)).toBeLessThan(1)
    expect(audioOf(made).sampleRate).toBe(44_100)
    expect(Math.abs(made.probe.durationUs! - 6_000_000)).toBeLessThan(30_000)
  })

  it('is told to be off where peaks leave no room for it', async () => {
    const made = await make('wav-peaks', 'flac', { loudness: { targetLufs: -5, truePeakDbtp: -9 } })
    expect(made.warnings).toMatchObject([{ code: 'LOUDNESS_OFF_TARGET', detail: /instead of -5: its peaks/ }])
  })

  it('of silence stays, with a word', async () => {
    const made = await make('wav-silence', 'mp3-192k', { loudness: { targetLufs: -16 } })
    expect(made.warnings).toMatchObject([{ code: 'LOUDNESS_OFF_TARGET', detail: /silent/ }])
  })

  it('is that of each track', async () => {
    const output = anOutput('h264-360p', (recipe) => {
      Object.assign(recipe.audio!, { loudness: { targetLufs: -20 } })
      Object.assign(recipe, { tracks: { audio: 'all' }, container: 'mkv', extension: 'mkv' })
    })
    const made = (await encoder.encode('two-audio', [output])).outputs['h264-360p']!
    expect(made.warnings).toEqual([])
    for (const track of [0, 1]) {
      const text = await heard(made.path, 'ebur128', '-map', `0:a:${track}`)
      expect(lastNumber(text, /I:\s+(\S+) LUFS/g)).toBeCloseTo(-20, 0)
    }
  })

  it('is that of the range', async () => {
    const range = { startMs: 1_000, endMs: 4_000 }
    const made = await make('wav-tone-in-silence', 'flac', { loudness: { targetLufs: -16 } }, range)
    expect((await loudness(made)).lufs).toBeCloseTo(-16, 0)
    expect(Math.abs(made.probe.durationUs! - 3_000_000)).toBeLessThan(30_000)
  })
})

describe('silence at the ends', () => {
  it.each<[Audio['trimSilence'], number]>([
    [{}, 3.2],
    [{ keepMs: 0 }, 3],
    [{ at: 'beginning', keepMs: 0 }, 5],
    [{ at: 'end', keepMs: 0 }, 4],
  ])('%j leaves %d s', async (trimSilence, seconds) => {
    const made = await make('wav-tone-in-silence', 'flac', { trimSilence: trimSilence! })
    expect(made.probe.durationUs! / 1e6).toBeCloseTo(seconds, 1)
    expect(made.verified.duration).toBeNull()
  })

  it('goes together with loudness; where all is silent, all stays', async () => {
    const both = await make('wav-tone-in-silence', 'mp3-192k', {
      trimSilence: { keepMs: 0 },
      loudness: { targetLufs: -20 },
    })
    expect((await loudness(both)).lufs).toBeCloseTo(-20, 0)
    expect(both.probe.durationUs! / 1e6).toBeCloseTo(3, 0)
    const silent = await make('wav-silence', 'flac', { trimSilence: {} })
    expect(silent.probe.durationUs).toBe(2_000_000)
  })
})

describe('channels, gain and rate', () => {
  const levelsOf = async (made: Encoded) => {
    const text = await heard(made.path, 'astats', '-ss', '1.5', '-t', '1')
    return [...text.matchAll(/RMS level dB: (\S+)/g)].map(([, level]) => Number(level))
  }

  it('maps them', async () => {
    const [left, right] = await levelsOf(await make('wav-tone-in-silence', 'flac', {}))
    const [first, second] = await levelsOf(await make('wav-tone-in-silence', 'flac', { channelMap: [1, 0] }))
    expect([first, second]).toEqual([right, left])
    const mono = await make('wav-tone-in-silence', 'mp3-192k', { channelMap: [1] })
    expect(audioOf(mono).channels).toBe(1)
  })

  it('has a layout, also one with more than the input', async () => {
    const wide = await make('wav-tone-in-silence', 'aac-128k', { channels: null, layout: '5.1', sampleRate: 32_000 })
    expect([audioOf(wide).channels, audioOf(wide).sampleRate]).toEqual([6, 32_000])
    const mono = await make('wav-5.1', 'opus-96k', { channels: null, layout: 'mono' })
    expect(audioOf(mono).channels).toBe(1)
  })

  it('gains', async () => {
    const [plain] = await levelsOf(await make('wav-tone-in-silence', 'flac', {}))
    const [louder] = await levelsOf(await make('wav-tone-in-silence', 'flac', { gainDb: 6 }))
    expect(louder! - plain!).toBeCloseTo(6, 1)
  })
})

describe('a waveform', () => {
  type Peaks = { version: number; sample_rate: number; samples_per_pixel: number; length: number; data: number[] }
  const peaksOf = async ({ path }: Encoded) => JSON.parse(await readFile(path, 'utf8')) as Peaks

  it('as JSON has the least and the greatest sample of each part', async () => {
    const { outputs } = await encoder.encode('wav-tone-in-silence', ['peaks'])
    const peaks = await peaksOf(outputs.peaks!)
    expect(peaks).toMatchObject({ version: 2, channels: 1, bits: 8, sample_rate: 48_000, samples_per_pixel: 2_400 })
    expect([peaks.length, peaks.data.length]).toEqual([120, 240])
    expect(peaks.data.slice(0, 40).every((value) => value === 0)).toBe(true)
    // The louder channel: 0.2 of full scale.
    expect(peaks.data.slice(2 * 40, 2 * 40 + 2)).toEqual([-26, 26])
    expect(outputs.peaks!.verified).toEqual({ duration: true, streams: null, decodes: null })
  })

  it('of a film stands for its times, as JSON and as a picture', async () => {
    const { outputs, groups } = await encoder.encode('h264-aac', ['h264-360p', 'peaks', 'waveform'])
    expect(groups).toHaveLength(1)
    const peaks = await peaksOf(outputs.peaks!)
    expect((peaks.length * peaks.samples_per_pixel) / peaks.sample_rate).toBeCloseTo(2, 0)
    const picture = outputs.waveform!.probe.streams[0]!
    expect([picture.codec, picture.width, picture.height]).toEqual(['png', 1_800, 280])
    const pixels = await run(
      encoder.capabilities.ffmpeg,
      ['-v', 'error', '-nostdin', '-i', outputs.waveform!.path, '-f', 'rawvideo', '-pix_fmt', 'rgba', '-'],
      { encoding: 'buffer', maxBuffer: 1e8 },
    )
    const alpha = (x: number, y: number) => pixels.stdout[4 * (y * 1_800 + x) + 3]
    expect([alpha(900, 0), alpha(900, 140), alpha(900, 279)]).toEqual([0, 255, 0])
  })

  it('of silence is a line', async () => {
    const { outputs } = await encoder.encode('wav-silence', ['waveform', 'peaks'])
    expect(new Set((await peaksOf(outputs.peaks!)).data)).toEqual(new Set([0]))
    expect(outputs.waveform!.probe.streams[0]!.width).toBe(1_800)
  })
})

describe('what was measured', () => {
  const measured = [{ token: '<x>', files: ['x.txt'], value: ([text = '']: readonly string[]) => `${text.length}` }]

  it('is read from plain files alone, of long ones whole lines of both ends', async () => {
    const folder = await aFolder()
    const read = async () => (await readFigures({ args: ['a=<x>,<x>'], measured }, folder)).args[0]
    expect(await read()).toBe('a=0,0')
    await writeFile(join(folder, 'x.txt'), 'k=1\n'.repeat(600_000))
    const length = Number(/\d+/.exec((await read())!)![0])
    expect(length).toBeLessThanOrEqual(1024 * 1024)
    expect(length % 4).toBe(0)
    const other = await aFolder()
    await run('mkfifo', [join(other, 'x.txt')])
    expect((await readFigures({ args: ['<x>'], measured }, other)).args).toEqual(['0'])
  })
})
