/** The outputs that a command line asks for. */
import { extname } from 'node:path'
import { UsageError } from '../exit.js'
import type { Arguments } from './arguments.js'

/** One output: where to, where it was said, and by which preset. */
export type OutputChoice = { path: string | null; preset: string }

const DEFAULT_PRESET = 'h264-720p'
/** Every preset named here is shipped; a test holds on to that. */
export const PRESET_OF_EXTENSION: Record<string, string> = {
  '.mp4': DEFAULT_PRESET,
  '.webm': 'vp9-720p',
  '.mp3': 'mp3-192k',
  '.m4a': 'aac-128k',
  '.ogg': 'opus-96k',
  '.opus': 'opus-96k',
  '.flac': 'flac',
  '.jpg': 'poster',
  '.jpeg': 'poster',
}

export const OUTPUT_OPTIONS = {
  output: { type: 'string', alias: 'o', valueHint: 'PATH' },
  preset: { type: 'string', alias: 'p', valueHint: 'NAME' },
} as const

/**
 * Pairs `-o` and `--preset` in the order they were given: either begins another output once the current one has one of
 * its kind. A missing preset is taken from the extension of the path.
 *
 * @throws UsageError when an extension tells none.
 */
export function outputChoices(read: Arguments): OutputChoice[] {
  const pairs: { output?: string; preset?: string }[] = [{}]
  for (const { name, value } of read.options) {
    if ((name !== 'output' && name !== 'preset') || value === null) continue
    if (pairs.at(-1)![name] !== undefined) pairs.push({})
    pairs.at(-1)![name] = value
  }
  return pairs.map(({ output, preset }) => ({ path: output ?? null, preset: preset ?? presetOf(output) }))
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
export function outputNames(choices: readonly OutputChoice[]): string[] {
  const seen = new Map<string, number>()
  return choices.map(({ preset }) => {
    const n = (seen.get(preset) ?? 0) + 1
    seen.set(preset, n)
    return n === 1 ? preset : `${preset}-${n}`
  })
}
