/** Files of subtitles beside a film, as a worker makes them ready, against what ffprobe says of real outputs. */
import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type ClipName, makeClip } from '../../fixtures/media/recipes.js'
import type { NormalizedJob, Preset, SubtitleFileRequest } from '../../src/contract/index.js'
import { needsEveryStream } from '../../src/plan/index.js'
import { resolve } from '../../src/presets/index.js'
import { openInput } from '../../src/storage/inputs.js'
import { placeSubtitles } from '../../workers/stages/subtitles.js'
import { anOutput, useEncoder } from '../helpers/encode.js'
import { encodeInto } from '../helpers/encode-into.js'
import { aFolder } from '../helpers/folder.js'
import { long, some } from '../helpers/long.js'

const encoder = useEncoder()
const SRT =
  '1\n00:00:00,200 --> 00:00:00,700\nUn\n\n2\n00:00:01,000 --> 00:00:01,900\nDeux\n\n3\n00:00:05,000 --> 00:00:06,000\nTrop tard\n'
const VTT = 'WEBVTT\n\n00:00.500 --> 00:01.500\nEins\n'
const ASS =
  '[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\nStyle: Default,Sans,20\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\nDialogue: 0,0:00:00.40,0:00:01.20,Default,,0,0,0,,{\\i1}One\n'

type Beside = Omit<SubtitleFileRequest, 'uri'> & { uri: string; text: string }
type Range = { startMs: number | null; endMs: number | null }

async function make(
  clip: ClipName,
  files: Beside[],
  [preset, overrides]: [string, Parameters<typeof resolve>[1]],
  range: Range = { startMs: null, endMs: null },
) {
  const [folder, root] = [await aFolder(), await aFolder()]
  const output = anOutput(preset, (one: Preset) => Object.assign(one, resolve(structuredClone(one), overrides)))
  const inputPath = await makeClip(clip)
  const { recipe } = output
  const probe = await encoder.prober.probe(inputPath, { everyStream: needsEveryStream(recipe) })
  const fetched = []
  for (const { uri, text } of files) {
    await writeFile(join(root, uri), text)
    const held = await openInput(root, uri)
    onTestFinished(() => held.close())
    fetched.push({ uri, held, link: '' })
  }
  const subtitles = files.map(({ text: _, ...file }) => file)
  const request = { input: { uri: clip, expectedDurationMs: null, ...range, subtitles } } as unknown as NormalizedJob
  const beside = await placeSubtitles({ request, folder }, fetched, probe)
  const { outputs, groups } = await encodeInto(folder, { path: inputPath }, [output], encoder, { ...range, beside })
  return { ...outputs[preset]!, groups, told: groups[0]!.outputs[0]!.warnings }
}

type Stream = { codec_name: string; tags?: Record<string, string>; disposition: { default: number; forced: number } }

/** `subrip fre Titre*!`: the star for default, `!` for forced. */
function subtitlesOf(path: string): string[] {
  const args = ['-v', 'error', '-of', 'json', '-show_streams', '-select_streams', 's', path]
  const { streams } = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' })) as { streams: Stream[] }
  return streams.map(({ codec_name, tags = {}, disposition }) => {
    const flags = `${disposition.default ? '*' : ''}${disposition.forced ? '!' : ''}`
    const title = tags.title ?? (tags.handler_name === 'SubtitleHandler' ? undefined : tags.handler_name)
    return [codec_name, tags.language, title].filter(Boolean).join(' ') + flags
  })
}

/** As SubRip. */
function cuesOf(path: string, n = 0): string {
  const args = ['-v', 'error', '-i', path, '-map', `0:s:${n}`, '-f', 'srt', '-']
  return execFileSync('ffmpeg', args, { encoding: 'utf8' }).trim()
}

const FILES: Beside[] = [
  { uri: 'fr.srt', text: SRT, language: 'fre', title: 'Pour: tous, "ça"', default: true },
  { uri: 'de.vtt', text: VTT, language: 'ger', forced: true },
  { uri: 'x.ass', text: ASS },
]

describe('become tracks', () => {
  test.each([
    ['mkv', ['subrip fre Pour: tous, "ça"*', 'subrip ger!', 'ass']],
    ['mp4', ['mov_text fre Pour: tous, "ça"*', 'mov_text ger!', 'mov_text und']],
  ] as const)('of a copy into %s, behind its own', async (container, shown) => {
    const { path, told } = await make('video-only', FILES, [`copy-${container}`, {}])
    // ffmpeg before 5 writes no mark of forced subtitles into an MP4.
    const isMarked = container === 'mkv' || encoder.capabilities.major >= 5
    expect(subtitlesOf(path)).toEqual(isMarked ? shown : shown.map((track) => track.replace('!', '')))
    expect(told).toEqual([])
    expect(cuesOf(path)).toBe('1\n00:00:00,200 --> 00:00:00,700\nUn\n\n2\n00:00:01,000 --> 00:00:01,900\nDeux')
    expect(cuesOf(path, 1)).toContain('00:00:00,500 --> 00:00:01,500\nEins')
  })

  test('chosen by language beside the ones of the film; the others are told', async () => {
    const { path, told } = await make('tracks', FILES, [
      'h264-360p',
      { container: 'mkv', tracks: { subtitles: ['fra', 'eng'] } },
    ])
    expect(subtitlesOf(path)).toEqual(['subrip fre Pour: tous, "ça"*', 'subrip eng'])
    expect(told.map(({ detail }) => detail)).toContainEqual('3 subtitle streams (jpn, ger) of the input left out.')
  })

  test.each(some(['h264-aac', 'h264-aac-ts'] as const, 2))('of a range begin with it: %s', async (clip) => {
    const range = { startMs: 400, endMs: 1_300 }
    const { path } = await make(
      clip,
      FILES.slice(0, 1),
      ['h264-360p', { container: 'mp4', tracks: { subtitles: 'keep' } }],
      range,
    )
    expect(cuesOf(path)).toBe('1\n00:00:00,000 --> 00:00:00,300\nUn\n\n2\n00:00:00,600 --> 00:00:00,900\nDeux')
  })

  long('moved by an offset, and of nothing in the range', async () => {
    const late = { ...FILES[0]!, offsetMs: 600 }
    const { path } = await make('video-only', [late, { ...FILES[1]!, offsetMs: 10_000 }], ['copy-mkv', {}])
    expect(cuesOf(path)).toBe('1\n00:00:00,800 --> 00:00:01,300\nUn\n\n2\n00:00:01,600 --> 00:00:02,000\nDeux')
    expect(subtitlesOf(path)).toHaveLength(2)
    expect(cuesOf(path, 1)).toBe('')
  })
})

describe('are used like those of the film', () => {
  test('written by themselves', async () => {
    const range = { startMs: 400, endMs: 1_300 }
    const { path } = await make(
      'h264-aac',
      FILES,
      ['subtitles', { container: 'vtt', tracks: { subtitles: ['fr'] } }],
      range,
    )
    const text = await readFile(path, 'utf8')
    expect(text).toContain('00:00.000 --> 00:00.300\nUn\n\n00:00.600 --> 00:00.900\nDeux')
  })

  test('burnt', async () => {
    const { groups, path } = await make('h264-aac', FILES, ['h264-360p', { tracks: { subtitles: 'burn' } }])
    expect(groups[0]!.passes[0]!.args.join(' ')).toContain('-f srt -i file:subtitles-1.srt -map 0:s:0 -c:s ass')
    expect(subtitlesOf(path)).toEqual([])
    expect(groups[0]!.outputs[0]!.warnings.map(({ detail }) => detail)).toEqual([
      '2 subtitle streams (ger) of the input left out.',
    ])
  })

  test('what is none is refused with its field', async () => {
    const made = make('h264-aac', [FILES[0]!, { uri: 'a.txt', text: 'Dear diary' }], ['copy-mkv', {}])
    await expect(made).rejects.toMatchObject({
      code: 'SUBTITLES_NOT_READABLE',
      message: '`input.subtitles[1].uri` holds no cue of SubRip, WebVTT or ASS.',
    })
  })
})
