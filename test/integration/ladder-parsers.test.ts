/** Playlists and manifests of ladders, read by parsers of players: what they find is what stands in the folder. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Parser } from 'm3u8-parser'
// @ts-expect-error: it comes without types.
import * as mpdParser from 'mpd-parser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Preset } from '../../src/contract/index.js'
import { resolve } from '../../src/presets/index.js'
import { anOutput, type Encoded, useEncoder } from '../helpers/encode.js'
import { encodeInto } from '../helpers/encode-into.js'
import { FFMPEG } from '../helpers/ffmpeg-runs.js'

const FFPROBE = process.env.FFLEET_FFPROBE ?? 'ffprobe'
/**
 * The schema of ISO/IEC 23009-1, which may not be handed on with ffleet: the path of a DASH-MPD.xsd, of a copy of the repository
 * MPEGGroup/DASHSchema of GitHub; the xlink.xsd that it imports is asked of the W3C, unless it is named there as a file.
 */
const SCHEMA = process.env.DASH_SCHEMA

type MpdSegment = { resolvedUri: string; duration: number; map: { resolvedUri: string } }
type MpdPlaylist = {
  attributes: { BANDWIDTH: number; CODECS: string; RESOLUTION?: { width: number; height: number } }
  segments: MpdSegment[]
}
type MpdGroup = Record<string, { default: boolean; language: string; playlists: MpdPlaylist[] }>
type Mpd = {
  duration: number
  playlists: MpdPlaylist[]
  mediaGroups: { AUDIO: { audio: MpdGroup }; SUBTITLES: { subs?: MpdGroup } }
}

const SRT = '1\n00:00:00,500 --> 00:00:01,000\nOne\n\n'
const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=30000/1001:d=5']
const SOUNDS = [
  ['-f', 'lavfi', '-i', 'sine=440:r=44100:d=5'],
  ['-f', 'lavfi', '-i', 'sine=880:r=48000:d=5'],
].flat()

const encoder = useEncoder()

/** How long a segment is by what ffprobe reads of its packets, in seconds. */
function lengthOf(folder: string, name: string): number {
  const whole = join(folder, `whole-${name}.mp4`)
  writeFileSync(whole, Buffer.concat(['init.mp4', name].map((part) => readFileSync(join(folder, part)))))
  const args = ['-v', 'error', '-show_entries', 'packet=pts_time,duration_time', '-of', 'csv=p=0', whole]
  const packets = execFileSync(FFPROBE, args).toString().trim().split('\n')
  rmSync(whole)
  const [starts, ends] = [0, 1].map((fields) =>
    // Of the first packet of a sound it tells no length.
    packets.map((line) => {
      const [pts, duration] = line.split(',').map((text) => Number.parseFloat(text) || 0)
      return pts! + fields * duration!
    }),
  )
  return Math.max(...ends!) - Math.min(...starts!)
}

function playlist(path: string) {
  const parser = new Parser()
  parser.push(readFileSync(path, 'utf8'))
  parser.end()
  return parser.manifest
}

const segmentsIn = (folder: string, ending = '.m4s') =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending) && /^\d/.test(name))
    .sort()

describe('HLS and DASH over one set of segments', () => {
  let folder: string
  let made: Encoded

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ffleet-ladder-'))
    await writeFile(join(folder, 's.srt'), SRT)
    const maps = [0, 1, 2, 3].flatMap((n) => ['-map', `${n}`])
    const languages = ['-metadata:s:a:0', 'language=eng', '-metadata:s:a:1', 'language=ger']
    const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'flac', ...languages, '-metadata:s:s:0']
    const args = [...PICTURE, ...SOUNDS, '-i', 's.srt', ...maps, ...codecs, 'language=jpn', 'film.mkv']
    execFileSync(FFMPEG, ['-v', 'error', ...args], { cwd: folder })
    const ladder = { segmentMs: 2_000, rungs: [{ height: 240 }, { height: 144 }] }
    const recipe = (one: Preset) => Object.assign(one, resolve(structuredClone(one), { ladder }))
    const input = { path: join(folder, 'film.mkv') }
    const { outputs } = await encodeInto(folder, input, [anOutput('cmaf', recipe)], encoder)
    made = outputs.cmaf!
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('m3u8-parser finds every rung, sound and subtitle of the folder in the main playlist', () => {
    const { playlists, mediaGroups, iFramePlaylists } = playlist(join(made.path, 'master.m3u8'))
    expect(playlists!.map(({ uri }) => uri).sort()).toEqual(['video-144p/index.m3u8', 'video-240p/index.m3u8'])
    for (const { attributes } of playlists!) {
      expect(attributes).toMatchObject({ AUDIO: 'audio', SUBTITLES: 'subtitles', 'FRAME-RATE': 29.97 })
    }
    expect(playlists!.map(({ attributes }) => attributes.RESOLUTION)).toContainEqual({ width: 192, height: 144 })
    expect(
      Object.entries(mediaGroups!.AUDIO!.audio!).map(([name, { uri, default: main }]) => [name, uri, main]),
    ).toEqual([
      ['English', 'audio-eng/index.m3u8', true],
      ['German', 'audio-ger/index.m3u8', false],
    ])
    expect(mediaGroups!.SUBTITLES!.subtitles!.Japanese!.uri).toBe('subtitles-jpn/index.m3u8')
    for (const { uri } of iFramePlaylists!) expect(existsSync(join(made.path, uri))).toBe(true)
    expect(iFramePlaylists).toHaveLength(2)
  })

  test.each(['video-240p', 'video-144p', 'audio-eng', 'audio-ger'])(
    'of %s m3u8-parser finds each segment, as long as ffprobe does',
    (name) => {
      const folder = join(made.path, name)
      const { segments, targetDuration, endList, playlistType } = playlist(join(folder, 'index.m3u8'))
      expect({ endList, playlistType }).toEqual({ endList: true, playlistType: 'VOD' })
      expect(segments!.map(({ uri }) => uri)).toEqual(segmentsIn(folder))
      for (const [i, { uri, duration, map }] of segments!.entries()) {
        expect(map!.uri).toBe('init.mp4')
        expect(Math.round(duration)).toBeLessThanOrEqual(targetDuration!)
        // The last frame of a sound is cut short; ffprobe takes it for whole.
        const tolerance = name.startsWith('audio') && i === segments!.length - 1 ? 1_024 / 48_000 : 0.001
        expect(Math.abs(duration - lengthOf(folder, uri)), `${name}/${uri}`).toBeLessThan(tolerance)
      }
    },
  )

  test('of the subtitles as well, over the whole film', () => {
    const folder = join(made.path, 'subtitles-jpn')
    const { segments, endList } = playlist(join(folder, 'index.m3u8'))
    expect(endList).toBe(true)
    expect(segments!.map(({ uri }) => uri)).toEqual(segmentsIn(folder, '.vtt'))
    expect(Math.abs(segments!.reduce((sum, { duration }) => sum + duration, 0) - 5)).toBeLessThan(0.05)
  })

  test('mpd-parser finds the same in the manifest', () => {
    const text = readFileSync(join(made.path, 'manifest.mpd'), 'utf8')
    const read = mpdParser.parse(text, { manifestUri: 'http://here/manifest.mpd' }) as Mpd
    expect(Math.abs(read.duration - 5.05)).toBeLessThan(0.06)
    const tracks = [
      ...read.playlists,
      ...Object.values(read.mediaGroups.AUDIO.audio).flatMap(({ playlists }) => playlists),
    ]
    const found = tracks.map(({ segments }) => {
      const name = new URL(segments[0]!.map.resolvedUri).pathname.split('/')[1]!
      const folder = join(made.path, name)
      const listed = playlist(join(folder, 'index.m3u8')).segments!
      expect(segments.map(({ resolvedUri }) => new URL(resolvedUri).pathname)).toEqual(
        segmentsIn(folder).map((file) => `/${name}/${file}`),
      )
      for (const [i, { duration }] of segments.entries())
        expect(Math.abs(duration - listed[i]!.duration)).toBeLessThan(0.001)
      return name
    })
    expect(found.sort()).toEqual(['audio-eng', 'audio-ger', 'video-144p', 'video-240p'])
    const { SUBTITLES, AUDIO } = read.mediaGroups
    expect(Object.values(AUDIO.audio).map(({ language, default: main }) => [language, main])).toEqual([
      ['en', true],
      ['de', false],
    ])
    expect(Object.values(SUBTITLES.subs!).map(({ language }) => language)).toEqual(['ja'])
  })

  test.skipIf(!SCHEMA)('the manifest is valid by the schema of DASH, as xmllint finds', () => {
    execFileSync('xmllint', ['--noout', '--schema', SCHEMA!, join(made.path, 'manifest.mpd')], { stdio: 'pipe' })
  })
})
