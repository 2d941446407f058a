/** The outputs that a command line asks for. */
import { extname } from 'node:path'
import { UsageError } from '../exit.js'
import type { Arguments } from './arguments.js'
import { mergeOverrides, OVERRIDE_OPTIONS, OVERRIDES, type Overrides, overrideOf } from './overrides.js'
import { isQualityOption, QUALITY_OPTIONS, qualityOf } from './quality.js'
import { SPLIT_OPTION, splitOf } from './split.js'
import { isTrackOption, TRACK_OPTIONS, trackChoiceOf } from './tracks.js'

/** One output: where to, where it was said, by which preset, and what differs from it. */
export type OutputChoice = { path: string | null; preset: string; overrides: Overrides }

const DEFAULT_PRESET = 'h264-720p'
/** Every preset named here is shipped; a test holds on to that. */
export const PRESET_OF_EXTENSION: Record<string, string> = {
  '.mp4': DEFAULT_PRESET,
  '.m4v': DEFAULT_PRESET,
  '.mkv': DEFAULT_PRESET,
  '.mov': DEFAULT_PRESET,
  '.webm': 'vp9-720p',
  '.mp3': 'mp3-192k',
  '.m4a': 'aac-128k',
  '.ogg': 'opus-96k',
  '.opus': 'opus-96k',
  '.flac': 'flac',
  '.gif': 'gif',
  '.webp': 'webp',
  '.jpg': 'poster',
  '.jpeg': 'poster',
  '.vtt': 'subtitles',
  '.srt': 'subtitles',
  '.ass': 'subtitles',
}

export const OUTPUT_OPTIONS = {
  output: { type: 'string', alias: 'o', valueHint: 'PATH' },
  preset: { type: 'string', alias: 'p', valueHint: 'NAME' },
} as const

/** What an output may have otherwise than its preset. */
export const RECIPE_OPTIONS = { ...QUALITY_OPTIONS, ...OVERRIDE_OPTIONS, ...TRACK_OPTIONS, ...SPLIT_OPTION } as const

type Asked = { output?: string; preset?: string; overrides: Overrides[] }

/**
 * Pairs `-o` and `--preset` in the order they were given: either begins another output once the current one has one of
 * its kind. Overrides belong to the output that they follow; those before the first hold for all. A missing preset is
 * taken from the extension of the path, unless paths are folders: then it is the usual one.
 *
 * @throws UsageError when an extension tells none, or an override has a value that is none.
 */
export function outputChoices(read: Arguments, { pathsAreFolders = false } = {}): OutputChoice[] {
  const forAll: Overrides[] = []
  const asked: Asked[] = []
  for (const { name, value } of read.options) {
    if (value === null) continue
    const { overrides } = asked.at(-1) ?? { overrides: forAll }
    if (OVERRIDES.has(name)) overrides.push(overrideOf(name, value))
    if (isQualityOption(name)) overrides.push(qualityOf(name, value))
    if (isTrackOption(name)) overrides.push(trackChoiceOf(name, value))
    if (name === 'split') overrides.push(splitOf(value))
    if (name !== 'output' && name !== 'preset') continue
    if (asked.at(-1)?.[name] !== undefined || asked.length === 0) asked.push({ overrides: [] })
    asked.at(-1)![name] = value
  }
  if (asked.length === 0) asked.push({ overrides: [] })
  return asked.map(({ output, preset, overrides }) => ({
    path: output ?? null,
    preset: preset ?? (pathsAreFolders ? DEFAULT_PRESET : presetOf(output)),
    overrides: mergeOverrides([...forAll, ...overrides]),
  }))
}

function presetOf(path: string | undefined): string {
  if (path === undefined) return DEFAULT_PRESET
  const extension = extname(path).toLowerCase()
  const preset = PRESET_OF_EXTENSION[extension]
  if (preset !== undefined) return preset
  const what = extension === '' ? 'has no extension' : `ends in ${extension}`
  throw new UsageError(`"${path}" ${what}, which tells no preset; name one with --preset.`)
}

/** Names of outputs in a job: the preset, counted where it occurs again. */
export function outputNames(choices: readonly Pick<OutputChoice, 'preset'>[]): string[] {
  const seen = new Map<string, number>()
  return choices.map(({ preset }) => {
    const n = (seen.get(preset) ?? 0) + 1
    seen.set(preset, n)
    return n === 1 ? preset : `${preset}-${n}`
  })
}
