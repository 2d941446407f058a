/** What an editor shows to somebody who writes a request: TypeScript's own language service is asked. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  AudioOverrides,
  CropArea,
  DrawnText,
  Encryption,
  InputRequest,
  JobRequest,
  LadderOverrides,
  Loudness,
  OutputRequest,
  Quality,
  QualityTarget,
  Rung,
  SHIPPED_PRESET_NAMES,
  SpriteOverrides,
  SubtitleFileRequest,
  Tracks,
  TrimSilence,
  VideoOverrides,
  Watermark,
  WebhookRequest,
} from '../../src/contract/index.js'
import { SHIPPED_PRESETS } from '../../src/presets/index.js'
import { PROJECT } from './pages.js'

const FILE = join(PROJECT, 'request.ts')
/** Every field there is; `|` stands before its name. */
const TEXT = `import type { JobRequest } from './dist/src/index.js'
export const request: JobRequest = {
  |input: {
    |uri: 'in.mp4', |startMs: 0, |endMs: 1, |expectedDurationMs: 1,
    |speed: 2, |fadeInMs: 1, |fadeOutMs: 1, |crossfadeMs: 1, |loop: 1, |durationMs: 40, |soundtrack: 'a.mp3',
    |subtitles: [{ |uri: 's.srt', |language: 'eng', |title: 'a', |default: true, |forced: true, |offsetMs: 0 }],
  }, |inputs: ['in.mp4'],
  |outputs: [{
    |quality: { |target: { |ssim: 0.98, |maxBytes: 25000000 } },
    |preset: '', |path: 'a.mp4', |name: 'a', |onExists: 'fail', |split: 'auto',
    |video: {
      |crf: 20, |bitrate: 100000, |width: 16, |height: 16, |maxFrameRate: 25, |frameRate: 25, |profile: 'hq',
      |crop: { |x: 0, |y: 0, |width: 16, |height: 16 }, |fit: 'pad', |rotate: 90, |flip: 'vertical',
      |deinterlace: 'off', |denoise: 'light', |dynamicRange: 'keep', |encoder: 'auto',
      |watermark: {
        |uri: 'logo.png', |position: 'top', |margin: 3, |width: 15, |opacity: 0.5, |startMs: 0, |endMs: 1,
      },
      |text: {
        |template: '{time}', |position: 'top', |margin: 3, |size: 5, |colour: '#FFFFFF', |background: '#000000', |opacity: 1,
        |startMs: 0, |endMs: 1,
      },
    },
    |audio: {
      |bitrate: 64000, |channels: 2, |sampleRate: 48000, |layout: 'stereo', |channelMap: [0, 0], |gainDb: 0,
      |loudness: { |targetLufs: -16, |truePeakDbtp: -1 },
      |trimSilence: { |at: 'both', |thresholdDb: -50, |keepMs: 100 },
    }, |arguments: ['-an'], |container: 'mkv', |format: 'png',
    |sprites: { |intervalMs: 1000, |count: 5, |columns: 2, |rows: 2, |width: 64, |times: true },
    |ladder: { |rungs: [{ |height: 360, |bitrate: 800000 }], |segmentMs: 4000, |codecs: ['h264'], |poster: true, |thumbnails: true,
      |playable: 'when-complete', |encryption: { |method: 'AES-128', |keyUri: 'https://example.com/key' } },
    |tracks: { |audio: 'all', |subtitles: 'keep', |chapters: 'keep', |attachments: 'keep', |metadata: 'keep' },
  }],
  |priority: 0, |maxAttempts: 1, |timeoutMs: null, |delayMs: 0, |after: [], |tags: {}, |arguments: {},
  |webhook: { |url: 'https://example.com', |events: ['job.failed'], |progressIntervalMs: 1000 },
}
`
const SOURCE = TEXT.replaceAll('|', '')

const SOUND = [AudioOverrides, Loudness, TrimSilence]
const PARTS = [
  JobRequest,
  InputRequest,
  OutputRequest,
  Quality,
  QualityTarget,
  VideoOverrides,
  CropArea,
  Watermark,
  DrawnText,
  ...SOUND,
  SpriteOverrides,
  LadderOverrides,
  Encryption,
  Rung,
  SubtitleFileRequest,
  Tracks,
  WebhookRequest,
]

let service: ts.LanguageService
beforeAll(() => {
  const { config } = ts.readConfigFile(join(PROJECT, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, PROJECT)
  const read = (path: string) => (path === FILE ? SOURCE : existsSync(path) ? readFileSync(path, 'utf8') : undefined)
  service = ts.createLanguageService({
    getScriptFileNames: () => [FILE],
    getScriptVersion: () => '1',
    getScriptSnapshot(path) {
      const text = read(path)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    getCurrentDirectory: () => PROJECT,
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (path) => read(path) !== undefined,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    readDirectory: ts.sys.readDirectory,
    readFile: read,
  })
})

/** Hover text of each field, in the order of TEXT. */
function hovered(): [name: string, text: string][] {
  let removed = 0
  return [...TEXT.matchAll(/\|(\w+)/g)].map((match) => {
    const info = service.getQuickInfoAtPosition(FILE, match.index - removed++)
    return [match[1]!, ts.displayPartsToString(info?.documentation).replaceAll(/\s+/g, ' ')]
  })
}

type Described = { description?: string; anyOf?: Described[] }
const descriptions = (schemas: { properties: object }[]): [string, string | undefined][] =>
  schemas.flatMap(({ properties }) =>
    Object.entries(properties as Record<string, Described>).map(
      ([name, { description, anyOf }]): [string, string | undefined] => [
        name,
        description ?? anyOf?.find((each) => each.description)?.description,
      ],
    ),
  )

describe('a request in an editor', () => {
  it('is right TypeScript, with every field there is', () => {
    expect(service.getSemanticDiagnostics(FILE).map(({ messageText }) => messageText)).toEqual([])
    const all = descriptions(PARTS)
    expect(
      hovered()
        .map(([name]) => name)
        .sort(),
    ).toEqual(all.map(([name]) => name).sort())
  })

  it('tells of each field what the reference tells', () => {
    const all = descriptions(PARTS)
    const asText = (pairs: [string, string | undefined][]) => pairs.map((pair) => pair.join(': ')).sort()
    expect(asText(hovered())).toEqual(asText(all))
    expect(all.filter(([, text]) => !text)).toEqual([])
  })

  it('is offered the presets by name, and takes others', () => {
    const at = SOURCE.indexOf("preset: '") + "preset: '".length
    const offered = service.getCompletionsAtPosition(FILE, at, {})?.entries.map(({ name }) => name)
    expect(offered?.sort()).toEqual([...SHIPPED_PRESET_NAMES].sort())
    expect(SHIPPED_PRESETS.map(({ name }) => name)).toEqual([...SHIPPED_PRESET_NAMES])
  })
})
