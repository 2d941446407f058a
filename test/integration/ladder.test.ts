/** Ladders against what ffmpeg's own readers see in them, and against the film that they are of. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Preset } from '../../src/contract/index.js'
import { resolve } from '../../src/presets/index.js'
import { anOutput, type Encoded, useEncoder } from '../helpers/encode.js'
import { encodeInto } from '../helpers/encode-into.js'
import { FFMPEG } from '../helpers/ffmpeg-runs.js'
import { aFolder } from '../helpers/folder.js'

const FFPROBE = process.env.FFLEET_FFPROBE ?? 'ffprobe'
const encoder = useEncoder()
const recipe = (preset: string, overrides: Parameters<typeof resolve>[1] = {}) =>
  anOutput(preset, (one: Preset) => Object.assign(one, resolve(structuredClone(one), overrides)))

const SRT = '1\n00:00:00,500 --> 00:00:01,000\nOne\n\n2\n00:00:01,800 --> 00:00:02,500\nOver the border\n\n'
const FILM = ['-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=24000/1001:d=5', '-f', 'lavfi', '-i', 'sine=440:r=44100:d=5']

async function film(args: readonly string[], { name = 'film.mkv', into = '' } = {}): Promise<string> {
  const folder = into || (await aFolder())
  await writeFile(join(folder, 's.srt'), SRT)
  const path = join(folder, name)
  // By the installed one, whichever is tried.
  execFileSync('ffmpeg', ['-v', 'error', ...args, path], { cwd: folder })
  return path
}

/** Of a track: all packets in their order, as ffmpeg's reader of playlists has them; times in seconds, the first picture at 0. */
function packets(path: string): { pts: number; isKey: boolean }[] {
  const json = execFileSync(FFPROBE, ['-v', 'error', '-show_packets', '-of', 'json', path], { maxBuffer: 1 << 26 })
  const all = (JSON.parse(json.toString()) as { packets: { pts_time: string; flags: string }[] }).packets
  const first = Math.min(...all.map(({ pts_time }) => Number(pts_time)))
  return all.map(({ pts_time, flags }) => ({ pts: Number(pts_time) - first, isKey: flags.startsWith('K') }))
}

const attributes = (text: string, tag: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`#EXT-X-${tag}:`))
    .map((line) =>
      Object.fromEntries(
        [...line.matchAll(/([A-Z-]+)=("[^"]*"|[^,]+)/g)].map(([, key, value]) => [key, value!.replaceAll('"', '')]),
      ),
    )

const durations = (text: string) => [...text.matchAll(/#EXTINF:([\d.]+)/g)].map(([, s]) => Number(s))

describe('HLS and DASH over one set of segments', () => {
  let made: Encoded
  let master: string

  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ffleet-ladder-'))
    const input = await film(
      [
        ...[...FILM, '-f', 'lavfi', '-i', 'sine=880:r=48000:d=5', '-i', 's.srt'],
        ...['-map', '0', '-map', '1', '-map', '2', '-map', '3'],
        ...['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'flac', '-metadata:s:a:0', 'language=eng'],
        ...['-metadata:s:a:1', 'language=ger', '-metadata:s:s:0', 'language=jpn'],
      ],
      { into: folder },
    )
    const ladder = { segmentMs: 2_000, rungs: [{ height: 240 }, { height: 144, bitrate: 200_000 }] }
    const { outputs } = await encodeInto(folder, { path: input }, [recipe('cmaf', { ladder })], encoder)
    made = outputs.cmaf!
    master = await readFile(join(made.path, 'master.m3u8'), 'utf8')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('every track has its folder, and nothing else is there', async () => {
    expect((await readdir(made.path)).sort()).toEqual([
      ...['audio-eng', 'audio-ger', 'manifest.mpd', 'master.m3u8', 'subtitles-jpn', 'video-144p', 'video-240p'],
    ])
    expect((await readdir(join(made.path, 'video-240p'))).sort()).toEqual([
      ...['00001.m4s', '00002.m4s', '00003.m4s', 'iframes.m3u8', 'index.m3u8', 'init.mp4'],
    ])
    expect(made).toMatchObject({ verified: { duration: true, streams: true, decodes: true }, warnings: [] })
  })

  test('the main playlist says what is measured, each group by its language', async () => {
    expect(attributes(master, 'MEDIA')).toMatchObject([
      { TYPE: 'AUDIO', NAME: 'English', LANGUAGE: 'en', DEFAULT: 'YES', CHANNELS: '1', URI: 'audio-eng/index.m3u8' },
      { TYPE: 'AUDIO', NAME: 'German', LANGUAGE: 'de', DEFAULT: 'NO', URI: 'audio-ger/index.m3u8' },
      { TYPE: 'SUBTITLES', NAME: 'Japanese', LANGUAGE: 'ja', FORCED: 'NO', URI: 'subtitles-jpn/index.m3u8' },
    ])
    const variants = attributes(master, 'STREAM-INF')
    expect(variants).toMatchObject([
      {
        CODECS: expect.stringMatching(/^avc1\.[0-9A-F]{6},mp4a\.40\.2$/),
        RESOLUTION: '320x240',
        'FRAME-RATE': '23.976',
        'VIDEO-RANGE': 'SDR',
      },
      { RESOLUTION: '192x144', AUDIO: 'audio', SUBTITLES: 'subtitles', 'CLOSED-CAPTIONS': 'NONE' },
    ])
    for (const [i, name] of ['video-240p', 'video-144p'].entries()) {
      const [video, eng, ger] = await Promise.all([name, 'audio-eng', 'audio-ger'].map(measured))
      const peak = video!.peak + Math.max(eng!.peak, ger!.peak)
      expect(Math.abs(Number(variants[i]!.BANDWIDTH) - peak)).toBeLessThan(5)
      expect(Number(variants[i]!['AVERAGE-BANDWIDTH'])).toBeLessThanOrEqual(peak)
    }
  })

  /** By the sizes of the files and what the playlist says of them. */
  async function measured(name: string): Promise<{ peak: number }> {
    const list = await readFile(join(made.path, name, 'index.m3u8'), 'utf8')
    const target = Number(/TARGETDURATION:(\d+)/.exec(list)![1])
    const parts = await Promise.all(
      durations(list).map(async (s, i) => ({
        s,
        bits: 8 * (await stat(join(made.path, name, `0000${i + 1}.m4s`))).size,
      })),
    )
    const runs = parts.flatMap((_, from) => parts.slice(from).map((__, n) => parts.slice(from, from + n + 1)))
    const sums = runs.map((run) => ({
      s: run.reduce((sum, { s }) => sum + s, 0),
      bits: run.reduce((sum, { bits }) => sum + bits, 0),
    }))
    return {
      peak: Math.max(...sums.filter(({ s }) => s >= target / 2 && s <= target * 1.5).map(({ s, bits }) => bits / s)),
    }
  }

  test('rungs have the same frames as the film, at the same times, and key frames at the same borders', async () => {
    const [high, low] = ['video-240p', 'video-144p'].map((name) => packets(join(made.path, name, 'index.m3u8')))
    expect(high).toHaveLength(120)
    expect(low!.map(({ pts }) => pts)).toEqual(high!.map(({ pts }) => pts))
    const keys = high!.flatMap(({ isKey }, n) => (isKey ? [n] : []))
    expect(keys).toEqual([0, 48, 96])
    expect(low!.flatMap(({ isKey }, n) => (isKey ? [n] : []))).toEqual(keys)
    const listed = durations(await readFile(join(made.path, 'video-240p', 'index.m3u8'), 'utf8'))
    expect(listed).toEqual([2.002, 2.002, 1.001])
  })

  test('the list of key frames has one picture of each segment by itself', async () => {
    const list = await readFile(join(made.path, 'video-240p', 'iframes.m3u8'), 'utf8')
    const ranges = [...list.matchAll(/#EXT-X-BYTERANGE:(\d+)@0\n(\d+\.m4s)/g)]
    expect(ranges).toHaveLength(3)
    for (const [, bytes, name] of ranges) {
      const folder = await aFolder()
      const header = await readFile(join(made.path, 'video-240p', 'init.mp4'))
      const part = (await readFile(join(made.path, 'video-240p', name!))).subarray(0, Number(bytes))
      await writeFile(join(folder, 'key.mp4'), Buffer.concat([header, part]))
      const text = execFileSync(FFMPEG, [
        '-v',
        'quiet',
        '-i',
        join(folder, 'key.mp4'),
        '-f',
        'framemd5',
        '-',
      ]).toString()
      expect(text.split('\n').filter((line) => /^0,/.test(line))).toHaveLength(1)
    }
  })

  test('sounds go from begin to end without a gap, cut next to the borders of the pictures', async () => {
    for (const name of ['audio-eng', 'audio-ger']) {
      const list = await readFile(join(made.path, name, 'index.m3u8'), 'utf8')
      for (const [i, s] of durations(list).slice(0, 2).entries())
        expect(Math.abs(s - [2.045, 2.0][i]!)).toBeLessThan(0.05)
      const times = packets(join(made.path, name, 'index.m3u8')).map(({ pts }) => pts)
      for (const [i, pts] of times.slice(1).entries())
        expect(Math.abs(pts - times[i]! - 1_024 / 48_000)).toBeLessThan(1e-4)
      expect(Math.abs(times.at(-1)! - 5)).toBeLessThan(0.1)
    }
  })

  test('a cue stands in each segment that it is shown in, at its time', async () => {
    const [first, second, third] = await Promise.all(
      [1, 2, 3].map((n) => readFile(join(made.path, 'subtitles-jpn', `0000${n}.vtt`), 'utf8')),
    )
    for (const text of [first, second, third])
      expect(text).toMatch(/^WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n/)
    expect(first).toContain('00:00.500 --> 00:01.000\nOne')
    for (const text of [first, second]) expect(text).toContain('00:01.800 --> 00:02.500\nOver the border')
    expect(third).not.toContain('-->')
  })

  test('the manifest has the same tracks and times', async () => {
    const text = await readFile(join(made.path, 'manifest.mpd'), 'utf8')
    expect(text.match(/<AdaptationSet /g)).toHaveLength(4)
    expect(text).toContain('frameRate="24000/1001"')
    expect(text.match(/<S t="\d+" d="48048" r="1"\/>\s+<S t="\d+" d="24024"\/>/g)).toHaveLength(2)
    const demuxers = execFileSync(FFMPEG, ['-v', 'quiet', '-demuxers']).toString()
    if (!/ dash /.test(demuxers)) return
    // With text beside them, ffmpeg's reader ends where that ends.
    const films = join(made.path, '..', 'films.mpd')
    const own = text.replace(/<AdaptationSet [^>]*contentType="text"[\s\S]*?<\/AdaptationSet>/, '')
    await writeFile(films, own.replaceAll(/(initialization|media)="/g, `$1="${made.path}/`))
    const json = execFileSync(FFPROBE, ['-v', 'error', '-show_streams', '-count_packets', '-of', 'json', films])
    const { streams } = JSON.parse(json.toString()) as { streams: { codec_type: string; nb_read_packets: string }[] }
    const counted = (type: string) =>
      streams.filter((each) => each.codec_type === type).map((each) => Number(each.nb_read_packets))
    expect(counted('video')).toEqual([120, 120])
    for (const count of counted('audio')) expect(Math.abs(count - 235)).toBeLessThan(4)
  })
})

describe('films of other kinds', () => {
  test('pictures that last differently are cut where one is due, in every rung alike', async () => {
    const vfr = await film([
      ...FILM.slice(0, 4),
      '-vf',
      "select='not(mod(n,7))+gt(n,60)*not(mod(n,3))'",
      '-fps_mode',
      'vfr',
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
    ])
    const { outputs } = await encoder.encode({ path: vfr }, [
      recipe('hls', { ladder: { segmentMs: 1_500, rungs: [{ height: 240 }, { height: 120 }] } }),
    ])
    const [high, low] = outputs.hls!.ladder!.rungs
    expect(high!.segments).toBe(low!.segments)
    expect(high!.segments).toBeGreaterThanOrEqual(3)
    const [source, made] = [packets(vfr), packets(join(outputs.hls!.path, 'video-240p', 'index.m3u8'))]
    const times = (all: typeof made) => all.map(({ pts }) => Math.round(pts * 1e3)).sort((a, b) => a - b)
    const due = times(source)
    for (const [i, ms] of times(made).entries()) expect(Math.abs(ms - due[i]!)).toBeLessThanOrEqual(1)
  })

  test('a portrait film stays one; no rung is larger than the film; without sound there is none', async () => {
    const portrait = await film(
      ['-f', 'lavfi', '-i', 'testsrc2=s=180x320:r=25:d=2', '-c:v', 'libx264', '-preset', 'ultrafast'],
      { name: 'tall.mp4' },
    )
    const { outputs } = await encoder.encode({ path: portrait }, [
      recipe('hls', { ladder: { rungs: [{ height: 1_080 }, { height: 720 }, { height: 90 }] } }),
    ])
    const { rungs, audio } = outputs.hls!.ladder!
    expect(rungs.map(({ name, width, height }) => [name, width, height])).toEqual([
      ['video-180p', 180, 320],
      ['video-90p', 90, 160],
    ])
    expect(audio).toEqual([])
    expect(await readFile(join(outputs.hls!.path, 'master.m3u8'), 'utf8')).not.toContain('AUDIO')
  })

  test('a part of a film begins at 0, and sound that begins later comes later', async () => {
    const late = await film([
      ...FILM.slice(0, 4),
      ...[
        '-itsoffset',
        '1.5',
        ...FILM.slice(4),
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-g',
        '24',
        '-c:a',
        'aac',
        '-t',
        '5',
      ],
    ])
    const ladder = { rungs: [{ height: 120 }], segmentMs: 2_000 }
    const { outputs } = await encoder.encode({ path: late }, [recipe('dash', { ladder })], {
      startMs: 500,
      endMs: 4_500,
    })
    const text = await readFile(join(outputs.dash!.path, 'manifest.mpd'), 'utf8')
    const [video, audio] = [...text.matchAll(/timescale="(\d+)"[^>]*>\s*<SegmentTimeline>\s*<S t="(\d+)"/g)].map(
      ([, scale, t]) => Number(t) / Number(scale),
    )
    expect(video).toBeLessThan(0.05)
    expect(Math.abs(audio! - 1)).toBeLessThan(0.05)
    expect(Math.abs(outputs.dash!.ladder!.rungs[0]!.durationMs - 4_000)).toBeLessThan(60)
  })

  test('a film whose clock begins a frame late begins at 0, with its sound beside it', async () => {
    // The sound of an AAC encoder begins before 0, which a Matroska file can not say.
    const late = await film([...FILM, '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac'])
    const ladder = { rungs: [{ height: 240 }, { height: 120 }], segmentMs: 2_000 }
    const { outputs } = await encoder.encode({ path: late }, [recipe('dash', { ladder })])
    const text = await readFile(join(outputs.dash!.path, 'manifest.mpd'), 'utf8')
    const starts = [...text.matchAll(/<SegmentTimeline>\s*<S t="(\d+)"/g)].map(([, t]) => Number(t))
    expect(starts.slice(0, 2)).toEqual([0, 0])
    expect(starts[2]).toBeLessThan(1_024)
  })

  const OTHERS = [
    { codec: 'hevc', needs: 'libx265', says: /^hvc1\.1\.6\.L\d+\./ },
    { codec: 'av1', needs: 'libsvtav1', says: /^av01\.0\.0\dM\.08$/ },
  ] as const
  test.each(OTHERS)('in $codec beside H.264', async ({ codec, needs, says }) => {
    if (!encoder.capabilities.encoders.has(needs)) return
    const input = await film([...FILM, '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac'])
    const { outputs } = await encoder.encode({ path: input }, [
      recipe('cmaf', { ladder: { codecs: ['h264', codec], segmentMs: 2_000, rungs: [{ height: 144 }] } }),
    ])
    const [h264, other] = outputs.cmaf!.ladder!.rungs
    expect(h264!.name).toBe('video-h264-144p')
    expect(other).toMatchObject({ name: `video-${codec}-144p`, codec: expect.stringMatching(says), segments: 3 })
  })
})
